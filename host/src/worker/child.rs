//! The worker process, from the inside.

use std::io::{self, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};

use rustix::process::{Pid, Resource, Rlimit, Signal};

use super::message;
use super::process::{DONE, PANICKED, REFUSED, SEALED_AS};
use crate::seal::{Key, SEAL};

/// What the process allows itself.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Seconds of processor time.
    pub processor_seconds: u64,
    /// Bytes of memory.
    pub memory: u64,
    /// The process that asked, with which this one ends.
    pub parent: i32,
}

/// Does the work within these bounds, and answers.
///
/// # Errors
/// The system does not take the bounds, or nobody listens.
pub fn serve(bounds: Bounds, work: impl FnOnce(&Key, &mut dyn Read) -> Result<Vec<u8>, String>) -> io::Result<()> {
    bounds.set()?;
    let mut input = io::stdin().lock();
    let mut key = [0; SEAL];
    input.read_exact(&mut key)?;
    let key = Key::of(key);
    let (tag, said) = match catch_unwind(AssertUnwindSafe(|| work(&key, &mut input))) {
        Ok(Ok(done)) => (DONE, done),
        Ok(Err(refused)) => (REFUSED, refused.into_bytes()),
        Err(panic) => (PANICKED, message(panic.as_ref()).into_bytes()),
    };
    let answer = [&[tag], said.as_slice()].concat();
    let mut output = io::stdout().lock();
    output.write_all(&key.seal(SEALED_AS, &answer))?;
    output.write_all(&answer)?;
    output.flush()
}

impl Bounds {
    /// Sets them, for good.
    fn set(&self) -> io::Result<()> {
        rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
        // The one that asked may have ended before that was said.
        if rustix::process::getppid() != Pid::from_raw(self.parent) {
            return Err(io::Error::other("the process that asked has ended"));
        }
        let limit = |resource, current, maximum| {
            rustix::process::setrlimit(resource, Rlimit { current: Some(current), maximum: Some(maximum) })
        };
        limit(Resource::Core, 0, 0)?;
        // At the first the system says why it ends the process, at the second it ends one that does not hear.
        limit(Resource::Cpu, self.processor_seconds, self.processor_seconds.saturating_add(1))?;
        // Not RLIMIT_AS: an instance reserves gigabytes of addresses for each memory, which it never may write to, and
        // the program's own file is mapped, too. This one counts what can be written to and is not shared.
        limit(Resource::Data, self.memory, self.memory)?;
        // Tasks come first; where the system does not let it, the work only disturbs more.
        let _ = rustix::process::nice(10);
        Ok(())
    }
}
