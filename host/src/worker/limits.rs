//! What one piece of work may cost.

use std::num::NonZeroUsize;
use std::time::Duration;

/// The bounds of worker processes. The first two end one process, and what it was at; the third lets others wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorkerLimits {
    /// Processor time of one process. Default 30 s: compiling a policy of the largest size takes some ten, judging one by
    /// a thousand records a few.
    pub time: Duration,
    /// Memory of one process, in bytes: what it may write to and shares with no other process. Default 1 GiB; compiling
    /// the standard policy takes some 50 MiB.
    pub memory: usize,
    /// How many processes may be at work at once. Default 1: compiling and judging are never urgent, and tasks want the
    /// other processors.
    pub at_once: NonZeroUsize,
}

/// How long a client's work waits for its turn, and how many clients' may.
pub const TURN: Duration = Duration::from_secs(30);
pub const QUEUE: usize = 16;

/// The most bytes that a process may answer.
pub const ANSWER: usize = 64 << 20;

impl WorkerLimits {
    /// How long a process may take by the clock: half as long again as by its processor time, since it works at low
    /// priority. With a client's wait for its turn that is less than a request may take.
    #[must_use]
    pub fn clock(&self) -> Duration {
        self.time.saturating_mul(3) / 2
    }

    /// The processor time in whole seconds, as the system counts it.
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
