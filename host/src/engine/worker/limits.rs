//! The limits of one piece of work.

use std::num::NonZeroUsize;
use std::time::Duration;

/// The limits of worker processes. The first three end a process and its work; the last one makes other work wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorkerLimits {
    /// Processor time of one process. Default 30 s: compiling a policy of the largest size takes about 10 s, a
    /// promotion check with a thousand records a few seconds.
    pub time: Duration,
    /// Private memory of one process that it may write to, in bytes. Default 1 GiB; compiling the standard policy takes
    /// about 50 MiB.
    pub memory: usize,
    /// Wall clock time of one process, which has a low priority. Default 45 s: together with a client's wait for its turn, it is
    /// shorter than the time limit of a request.
    pub clock: Duration,
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
    /// With this processor time, and one and a half times as much by the clock.
    #[must_use]
    pub fn within(time: Duration) -> Self {
        Self { time, clock: time.saturating_mul(3) / 2, ..Self::default() }
    }

    /// The same for a command, whose user may wait on a busy machine, or end it.
    #[must_use]
    pub fn of_a_command(self) -> Self {
        Self { clock: self.time.saturating_mul(10), ..self }
    }

    /// The processor time in whole seconds, the unit of the system's limit.
    #[must_use]
    pub fn processor_seconds(&self) -> u64 {
        u64::try_from(self.time.as_millis().div_ceil(1_000)).unwrap_or(u64::MAX).max(1)
    }
}

impl Default for WorkerLimits {
    fn default() -> Self {
        let [time, clock] = [30, 45].map(Duration::from_secs);
        Self { time, memory: 1 << 30, clock, at_once: NonZeroUsize::MIN }
    }
}
