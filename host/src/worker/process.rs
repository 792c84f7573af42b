//! The worker process, from the outside: started for one piece of work, and ended with it, or with who asked for it.

use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;

use rustix::process::Signal;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

use super::limits::{ANSWER, QUEUE, TURN};
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
/// The most that is heard of what a process says of itself.
const SAID: u64 = 64 << 10;

/// Starts worker processes. Cheap to clone; clones share the limits.
#[derive(Debug, Clone)]
pub struct Worker {
    program: PathBuf,
    limits: WorkerLimits,
    turns: Arc<Semaphore>,
    queue: Arc<Semaphore>,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// A component comes in, its compiled form goes out.
    Compile,
    /// A compiled policy and records come in, the gate's report goes out.
    Judge,
}

/// How long to wait for others' work to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// Some time, and not at all where many wait already: for clients, who can come again.
    Briefly,
    /// As long as it takes.
    Patiently,
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
        let turns = limits.at_once.get();
        let queue = Arc::new(Semaphore::new(turns.saturating_add(QUEUE).min(Semaphore::MAX_PERMITS)));
        let turns = Arc::new(Semaphore::new(turns.min(Semaphore::MAX_PERMITS)));
        Self { program: program.to_owned(), limits, turns, queue }
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
        let _turn = self.turn(wait).await?;
        let key = Key::random().map_err(WorkerError::NotStarted)?;
        let mut child = self.command(work).spawn().map_err(WorkerError::NotStarted)?;
        let input = input(&key);
        let limit = self.limits.clock();
        let talk = talk(&mut child, &key, input);
        let (answer, said, status) = timeout(limit, talk).await.map_err(|_| WorkerError::Time { limit })??;
        if !status.success() {
            return Err(self.died(status, &said));
        }
        read(key.open(SEALED_AS, answer)?)
    }

    async fn turn(&self, wait: Wait) -> Result<(SemaphorePermit<'_>, Option<SemaphorePermit<'_>>), WorkerError> {
        // Neither semaphore is ever closed.
        if wait == Wait::Patiently {
            return Ok((self.turns.acquire().await.map_err(|_| WorkerError::Stopping)?, None));
        }
        let queued = self.queue.try_acquire().map_err(|_| WorkerError::Busy)?;
        match timeout(TURN, self.turns.acquire()).await {
            Ok(turn) => Ok((turn.map_err(|_| WorkerError::Stopping)?, Some(queued))),
            Err(_) => Err(WorkerError::Busy),
        }
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
        let last = said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it said nothing");
        WorkerError::Died { how: status.to_string(), said: one_line(last) }
    }
}

type Talked = (Vec<u8>, Vec<u8>, ExitStatus);

async fn talk(
    child: &mut Child,
    key: &Key,
    input: impl Iterator<Item = Vec<u8>> + Send,
) -> Result<Talked, WorkerError> {
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let told = async { Ok(tell(stdin, key, input).await) };
    let said = async { Ok(said(stderr).await) };
    let ((), answer, said) = tokio::try_join!(told, answer(stdout), said)?;
    let status = child.wait().await.map_err(WorkerError::NotStarted)?;
    Ok((answer, said, status))
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
