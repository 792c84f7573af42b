//! The worker process, from the outside: started for one piece of work, and ended with it, or with who asked for it.

use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};

use rustix::process::Signal;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

use super::limits::ANSWER;
use super::turns::{Turn, Turns, Wait};
use super::{WorkerError, WorkerLimits, one_line};
use crate::seal::{Checked, Key};

/// How an answer begins.
pub const DONE: u8 = 0;
pub const REFUSED: u8 = 1;
pub const PANICKED: u8 = 2;
/// What an answer is sealed as.
pub const SEALED_AS: &str = "answer";

/// What Rust says last when the system gives it no more memory.
const OUT_OF_MEMORY: &str = "memory allocation of ";
/// The signals that a process sends to another one. The system sends KILL when the machine has no memory left.
const OF_OTHERS: [Signal; 5] = [Signal::KILL, Signal::TERM, Signal::INT, Signal::HUP, Signal::QUIT];
/// The most that is heard of what a process says of itself.
const SAID: u64 = 64 << 10;

/// Starts worker processes. Cheap to clone; clones share the limits.
#[derive(Debug, Clone)]
pub struct Worker {
    program: PathBuf,
    limits: WorkerLimits,
    turns: Turns,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// A component comes in, its compiled form goes out.
    Compile,
    /// A compiled policy and records come in, the gate's report goes out.
    Judge,
}

/// What came of the work.
#[derive(Debug)]
pub enum Answer {
    /// Its result.
    Done(Checked),
    /// The component is at fault, in words.
    Refused(String),
}

impl Work {
    /// As the process is told it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Compile => "compile",
            Self::Judge => "judge",
        }
    }
}

impl Worker {
    /// Processes of that program, within these limits.
    #[must_use]
    pub fn new(program: &Path, limits: WorkerLimits) -> Self {
        Self { program: program.to_owned(), limits, turns: Turns::new(&limits) }
    }

    /// Processes of the program that runs: the very same, also when its file has been replaced meanwhile.
    #[must_use]
    pub fn of_this_program(limits: WorkerLimits) -> Self {
        Self::new(Path::new("/proc/self/exe"), limits)
    }

    /// Has this work done. The input is made for the key that the process gets, piece by piece as it takes it. The
    /// process ends when this future is dropped.
    ///
    /// # Errors
    /// See [`WorkerError`].
    pub async fn run<I>(&self, work: Work, wait: Wait, input: impl FnOnce(&Key) -> I) -> Result<Answer, WorkerError>
    where
        I: Iterator<Item = Vec<u8>> + Send,
    {
        let turn = self.turns.take(wait).await?;
        let key = Key::random().map_err(WorkerError::NotStarted)?;
        let child = self.command(work).spawn().map_err(WorkerError::NotStarted)?;
        let mut process = Process(Some((child, turn)));
        let limit = self.limits.clock();
        let talk = process.talk(&key, input(&key));
        let (answer, said, status) = timeout(limit, talk).await.map_err(|_| WorkerError::Time { limit })??;
        if !status.success() {
            return Err(self.died(status, &said));
        }
        read(key.open(SEALED_AS, answer)?)
    }

    fn command(&self, work: Work) -> Command {
        let mut command = Command::new(&self.program);
        command.arg0("swaparoo").args(["policy-worker", work.name(), "--processor-seconds"]);
        command.arg(self.limits.processor_seconds().to_string());
        command.arg("--memory").arg(self.limits.memory.to_string());
        command.arg("--parent").arg(std::process::id().to_string());
        // Whatever a component makes of it: it has no token and no password.
        command.env_clear();
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        command
    }

    fn died(&self, status: ExitStatus, said: &[u8]) -> WorkerError {
        let said = String::from_utf8_lossy(said);
        if status.signal() == Some(Signal::XCPU.as_raw()) {
            return WorkerError::ProcessorTime { limit: self.limits.time };
        }
        if said.contains(OUT_OF_MEMORY) {
            return WorkerError::Memory { limit: self.limits.memory };
        }
        if status.signal().is_some_and(|signal| OF_OTHERS.iter().any(|other| other.as_raw() == signal)) {
            return WorkerError::Ended { how: status.to_string() };
        }
        let last = said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it said nothing");
        WorkerError::Died { how: status.to_string(), said: one_line(last) }
    }
}

type Talked = (Vec<u8>, Vec<u8>, ExitStatus);

/// A process and its turn, which ends when the process has: one that is killed may take a while to give its memory back.
struct Process(Option<(Child, Turn)>);

impl Process {
    async fn talk(&mut self, key: &Key, input: impl Iterator<Item = Vec<u8>> + Send) -> Result<Talked, WorkerError> {
        let gone = || WorkerError::NotStarted(io::Error::other("it has ended already"));
        let (child, _) = self.0.as_mut().ok_or_else(gone)?;
        let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let told = async {
            tell(stdin, key, input).await;
            Ok(())
        };
        let said = async { Ok(said(stderr).await) };
        let ((), answer, said) = tokio::try_join!(told, answer(stdout), said)?;
        let status = child.wait().await.map_err(WorkerError::NotStarted)?;
        self.0 = None;
        Ok((answer, said, status))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let Some((mut child, turn)) = self.0.take() else { return };
        // Without a runtime the program ends, and the child by its own.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        runtime.spawn(async move {
            if let Err(error) = child.kill().await {
                tracing::warn!("a worker process cannot be ended: {error}");
            }
            drop(turn);
        });
    }
}

/// Who ends before it has heard everything tells by its end why.
async fn tell(stdin: Option<ChildStdin>, key: &Key, input: impl Iterator<Item = Vec<u8>> + Send) {
    let Some(mut stdin) = stdin else { return };
    if stdin.write_all(key.bytes()).await.is_err() {
        return;
    }
    for piece in input {
        if stdin.write_all(&piece).await.is_err() {
            return;
        }
    }
}

async fn answer(from: Option<ChildStdout>) -> Result<Vec<u8>, WorkerError> {
    let mut bytes = Vec::new();
    if let Some(from) = from {
        let most = u64::try_from(ANSWER).unwrap_or(u64::MAX).saturating_add(1);
        // What cannot be read is missing below, where the seal is checked.
        let _: io::Result<usize> = from.take(most).read_to_end(&mut bytes).await;
    }
    if bytes.len() > ANSWER { Err(WorkerError::TooLarge { limit: ANSWER }) } else { Ok(bytes) }
}

/// The first that it says of itself; the rest is read, so that it does not wait for a reader.
async fn said(from: Option<ChildStderr>) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Some(mut from) = from {
        let _: io::Result<usize> = (&mut from).take(SAID).read_to_end(&mut bytes).await;
        let _: io::Result<u64> = tokio::io::copy(&mut from, &mut tokio::io::sink()).await;
    }
    bytes
}

pub(super) fn read(answer: Checked) -> Result<Answer, WorkerError> {
    let text = |said: &Checked| one_line(&String::from_utf8_lossy(said.bytes()));
    match answer.split_first() {
        Some((DONE, done)) => Ok(Answer::Done(done)),
        Some((REFUSED, said)) => Ok(Answer::Refused(text(&said))),
        Some((PANICKED, said)) => Err(WorkerError::Panicked { said: text(&said) }),
        _ => Err(WorkerError::NotSealed(crate::seal::SealError::Wrong)),
    }
}
