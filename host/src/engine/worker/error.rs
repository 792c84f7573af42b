//! Why work in a worker process failed.

use std::time::Duration;

/// Why a piece of work ended. In most cases the work itself is the cause.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    /// It used up its processor time.
    #[error("it takes more than {limit:?} of processor time (policies.worker_time)")]
    ProcessorTime {
        /// [`WorkerLimits::time`](super::WorkerLimits::time).
        limit: Duration,
    },
    /// It was not finished in time.
    #[error(
        "it takes more than {limit:?} by the clock: raise policies.worker_time, or try again when the machine has time"
    )]
    Time {
        /// [`WorkerLimits::clock`](super::WorkerLimits::clock).
        limit: Duration,
    },
    /// It needed more memory than allowed.
    #[error("it takes more than {limit} bytes of memory (policies.worker_memory)")]
    Memory {
        /// [`WorkerLimits::memory`](super::WorkerLimits::memory).
        limit: usize,
    },
    /// Its result is larger than the program accepts.
    #[error("its result has more than {limit} bytes")]
    TooLarge {
        /// The maximum number of bytes.
        limit: usize,
    },
    /// The compiler or the code that runs policies panicked.
    #[error("it makes the program panic: {said}")]
    Panicked {
        /// The message of the panic.
        said: String,
    },
    /// The process ended in another way.
    #[error("it ends its worker process with {how}: {said}")]
    Died {
        /// Its exit status or the signal.
        how: String,
        /// The last line of its standard error.
        said: String,
    },
    /// The process was ended from outside: by an operator, or by the system when the machine had no memory left.
    #[error(
        "its worker process was ended from outside by {how}: try again; the system's log says if the machine ran out of \
         memory"
    )]
    Ended {
        /// The signal.
        how: String,
    },
    /// The machine does not let the process work.
    #[error(
        "its worker process cannot work on this machine: {said}; raise the limits of the service's process, or lower \
         policies.worker_memory or policies.worker_time"
    )]
    Hindered {
        /// The last line of its standard error.
        said: String,
    },
    /// Too much other work is waiting.
    #[error("other policies are being compiled or judged: try again later")]
    Busy,
    /// The system could not start a process.
    #[error("no worker process can be started")]
    NotStarted(#[source] std::io::Error),
    /// The answer was not sealed by this program.
    #[error("the answer of its worker process is not sealed: {0}")]
    NotSealed(#[from] crate::engine::seal::SealError),
    /// The program is stopping.
    #[error("interrupted: the service is stopping")]
    Stopping,
}

impl WorkerError {
    /// True if the work itself is the cause, so that another attempt would end the same way.
    #[must_use]
    pub fn is_of_the_work(&self) -> bool {
        !matches!(
            self,
            Self::Ended { .. }
                | Self::Hindered { .. }
                | Self::Busy
                | Self::NotStarted(_)
                | Self::NotSealed(_)
                | Self::Stopping
        )
    }

    /// Whether the system ended the process or did not start it, so that another attempt may succeed at once.
    #[must_use]
    pub fn is_of_the_system(&self) -> bool {
        matches!(self, Self::Ended { .. } | Self::NotStarted(_))
    }

    /// Whether the error may go away by itself. A process takes longer by the clock when the machine is busy.
    #[must_use]
    pub fn passes(&self) -> bool {
        !self.is_of_the_work() || matches!(self, Self::Time { .. })
    }
}
