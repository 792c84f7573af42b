//! The limits of one piece of work.

use std::num::NonZeroUsize;
use std::time::Duration;

/// The limits of worker processes. The first two end a process and its work; the third makes other work wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorkerLimits {
    /// Processor time of one process. Default 30 s: compiling a policy of the largest size takes about 10 s, a
    /// promotion check with a thousand records a few seconds.
    pub time: Duration,
    /// Private memory of one process that it may write to, in bytes. Default 1 GiB; compiling the standard policy takes
    /// about 50 MiB.
    pub memory: usize,
    /// The number of processes at the same time. Default 1: compiling and checking are never urgent, and tasks need the
    /// other processors.
    pub at_once: NonZeroUsize,
}

/// How long the work of a client waits for its turn, and how many clients may wait.
pub const TURN: Duration = Duration::from_secs(30);
pub const QUEUE: usize = 16;

/// The maximum size of an answer in bytes.
pub const ANSWER: usize = 64 << 20;

impl WorkerLimits {
    /// The maximum wall clock time of a process: one and a half times its processor time, because it runs at low
    /// priority. Together with a client's wait for its turn, this is shorter than the time limit of a request.
    #[must_use]
    pub fn clock(&self) -> Duration {
        self.time.saturating_mul(3) / 2
    }

    /// The processor time in whole seconds, the unit of the system's limit.
    #[must_use]
    pub fn processor_seconds(&self) -> u64 {
        u64::try_from(self.time.as_millis().div_ceil(1_000)).unwrap_or(u64::MAX).max(1)
    }
}

impl Default for WorkerLimits {
    fn default() -> Self {
        Self { time: Duration::from_secs(30), memory: 1 << 30, at_once: NonZeroUsize::MIN }
    }
}
