//! The code that runs inside the worker process.

use std::io::{self, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};

use rustix::process::{Pid, Resource, Rlimit, Signal};

use super::message;
use super::process::{DONE, PANICKED, REFUSED, SEALED_AS};
use crate::engine::seal::{Key, SEAL};

/// The limits that the process sets for itself.
#[derive(Debug, Clone, Copy)]
pub struct ProcessBounds {
    /// Maximum processor time in seconds.
    pub processor_seconds: u64,
    /// Maximum memory in bytes.
    pub memory: u64,
    /// The process id of the parent. When the parent ends, this process ends too.
    pub parent: i32,
}

/// Does the work within these limits, and writes the answer.
///
/// # Errors
/// The system refuses a limit, the parent has ended, or standard input or output is closed.
pub fn serve(
    bounds: ProcessBounds,
    job: impl FnOnce(&Key, &mut dyn Read) -> Result<Vec<u8>, String>,
) -> io::Result<()> {
    bounds.set()?;
    let mut input = io::stdin().lock();
    let mut key = [0; SEAL];
    input.read_exact(&mut key)?;
    let key = Key::of(key);
    let (tag, said) = match catch_unwind(AssertUnwindSafe(|| job(&key, &mut input))) {
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

impl ProcessBounds {
    /// Sets the limits for the rest of the process's life.
    fn set(&self) -> io::Result<()> {
        rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
        // The parent may have ended before the death signal was set.
        if rustix::process::getppid() != Pid::from_raw(self.parent) {
            return Err(io::Error::other("the parent process has ended"));
        }
        let limit = |resource, current, maximum| {
            let set = rustix::process::setrlimit(resource, Rlimit { current: Some(current), maximum: Some(maximum) });
            set.map_err(|error| io::Error::other(format!("its limit {resource:?} cannot be {maximum}: {error}")))
        };
        limit(Resource::Core, 0, 0)?;
        // At the first limit the process gets SIGXCPU, which shows the reason; at the second it is killed.
        limit(Resource::Cpu, self.processor_seconds, self.processor_seconds.saturating_add(1))?;
        // Not RLIMIT_AS: an instance reserves gigabytes of address space for each memory, most of which it may never
        // write to, and the program file is mapped too. RLIMIT_DATA counts only private memory that can be written to.
        limit(Resource::Data, self.memory, self.memory)?;
        // Tasks have priority. If the system refuses, the work only disturbs them more.
        let _ = rustix::process::nice(10);
        Ok(())
    }
}
