//! Starts worker processes. Each does one piece of work and ends with it, or when its client disappears.

use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};

use rustix::process::Signal;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

use super::limits::ANSWER;
use super::process_limit::{ProcessLimit, ProcessPermit, QueueWait};
use super::{WorkerError, WorkerLimits, one_line};
use crate::engine::seal::{Checked, Key};

/// The first byte of an answer.
pub const DONE: u8 = 0;
pub const REFUSED: u8 = 1;
pub const PANICKED: u8 = 2;
/// The exit code of a process that the machine hinders: `EX_TEMPFAIL` of sysexits.h.
const HINDERED: i32 = 75;
/// The name under which an answer is sealed.
pub const SEALED_AS: &str = "answer";

/// The beginning of Rust's last message when it cannot allocate memory.
const OUT_OF_MEMORY: &str = "memory allocation of ";
/// The signals that one process sends to another. The system sends KILL when the machine has no memory left.
const OF_OTHERS: [Signal; 5] = [Signal::KILL, Signal::TERM, Signal::INT, Signal::HUP, Signal::QUIT];
/// The maximum number of bytes that are read from a process's standard error.
const SAID: u64 = 64 << 10;

/// Starts worker processes. Cheap to clone; clones share the limits.
#[derive(Debug, Clone)]
pub struct Worker {
    program: PathBuf,
    limits: WorkerLimits,
    process_limit: ProcessLimit,
}

/// The kind of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Job {
    /// Compiles a component; the answer is its compiled form.
    Compile,
    /// Runs the promotion check of a compiled policy with records; the answer is the report.
    Judge,
}

/// The result of the work.
#[derive(Debug)]
pub enum WorkerOutcome {
    /// The work is done, with this result.
    Done(Checked),
    /// The component is faulty; the text says why.
    Refused(String),
}

impl Job {
    /// The argument for the process.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Compile => "compile",
            Self::Judge => "judge",
        }
    }
}

impl Worker {
    /// Starts this program, with these limits.
    #[must_use]
    pub fn new(program: &Path, limits: WorkerLimits) -> Self {
        Self { program: program.to_owned(), limits, process_limit: ProcessLimit::new(&limits) }
    }

    /// The limits of each process.
    #[must_use]
    pub fn limits(&self) -> WorkerLimits {
        self.limits
    }

    /// Starts the running program itself, even if its file has been replaced in the meantime.
    #[must_use]
    pub fn of_this_program(limits: WorkerLimits) -> Self {
        Self::new(Path::new("/proc/self/exe"), limits)
    }

    /// Runs this work. `input` creates the input for the key that the process gets, piece by piece as the process reads
    /// it. The process ends when this future is dropped.
    pub async fn run<I>(
        &self,
        job: Job,
        wait: QueueWait,
        input: impl FnOnce(&Key) -> I,
    ) -> Result<WorkerOutcome, WorkerError>
    where
        I: Iterator<Item = Vec<u8>> + Send,
    {
        let permit = self.process_limit.take(wait).await?;
        let key = Key::random().map_err(WorkerError::NotStarted)?;
        let child = self.command(job).spawn().map_err(WorkerError::NotStarted)?;
        let mut process = Process(Some((child, permit)));
        let limit = self.limits.clock;
        let talk = process.talk(&key, input(&key));
        let (answer, said, status) = timeout(limit, talk).await.map_err(|_| WorkerError::Time { limit })??;
        if !status.success() {
            return Err(self.died(status, &said));
        }
        read(key.open(SEALED_AS, answer)?)
    }

    fn command(&self, job: Job) -> Command {
        let mut command = Command::new(&self.program);
        command.arg0("swaparoo").args(["policy-worker", job.name(), "--processor-seconds"]);
        command.arg(self.limits.processor_seconds().to_string());
        command.arg("--memory").arg(self.limits.memory.to_string());
        command.arg("--parent").arg(std::process::id().to_string());
        // Even if a component takes over the process, it finds no token and no password.
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
        let last = said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("no output");
        if status.code() == Some(HINDERED) {
            return WorkerError::Hindered { said: one_line(last.strip_prefix("error: ").unwrap_or(last)) };
        }
        WorkerError::Died { how: status.to_string(), said: one_line(last) }
    }
}

type Talked = (Vec<u8>, Vec<u8>, ExitStatus);

/// A process and its turn. The turn ends only after the process, because a killed process may need time to free memory.
struct Process(Option<(Child, ProcessPermit)>);

impl Process {
    async fn talk(&mut self, key: &Key, input: impl Iterator<Item = Vec<u8>> + Send) -> Result<Talked, WorkerError> {
        let gone = || WorkerError::NotStarted(io::Error::other("it has ended already"));
        let (child, _) = self.0.as_mut().ok_or_else(gone)?;
        let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let sending = async {
            send_input(stdin, key, input).await;
            Ok(())
        };
        let said = async { Ok(read_stderr(stderr).await) };
        let ((), answer, said) = tokio::try_join!(sending, answer(stdout), said)?;
        let status = child.wait().await.map_err(WorkerError::NotStarted)?;
        self.0 = None;
        Ok((answer, said, status))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let Some((mut child, permit)) = self.0.take() else { return };
        // Without a runtime the program is ending; the child then ends by itself.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        runtime.spawn(async move {
            if let Err(error) = child.kill().await {
                tracing::warn!("a worker process cannot be ended: {error}");
            }
            drop(permit);
        });
    }
}

/// Writes the input. If the process ends before it has read everything, its exit status shows why.
async fn send_input(stdin: Option<ChildStdin>, key: &Key, input: impl Iterator<Item = Vec<u8>> + Send) {
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
        // If reading fails, bytes are missing and the check of the seal fails later.
        let _: io::Result<usize> = from.take(most).read_to_end(&mut bytes).await;
    }
    if bytes.len() > ANSWER { Err(WorkerError::TooLarge { limit: ANSWER }) } else { Ok(bytes) }
}

/// Reads the beginning of standard error. The rest is discarded, so that the process does not block.
async fn read_stderr(from: Option<ChildStderr>) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Some(mut from) = from {
        let _: io::Result<usize> = (&mut from).take(SAID).read_to_end(&mut bytes).await;
        let _: io::Result<u64> = tokio::io::copy(&mut from, &mut tokio::io::sink()).await;
    }
    bytes
}

pub(super) fn read(answer: Checked) -> Result<WorkerOutcome, WorkerError> {
    let text = |said: &Checked| one_line(&String::from_utf8_lossy(said.bytes()));
    match answer.split_first() {
        Some((DONE, done)) => Ok(WorkerOutcome::Done(done)),
        Some((REFUSED, said)) => Ok(WorkerOutcome::Refused(text(&said))),
        Some((PANICKED, said)) => Err(WorkerError::Panicked { said: text(&said) }),
        _ => Err(WorkerError::NotSealed(crate::engine::seal::SealError::Wrong)),
    }
}
