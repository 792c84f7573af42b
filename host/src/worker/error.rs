//! Why work in a process of its own came to nothing.

use std::time::Duration;

/// What ended a piece of work. Most of it is of the work's own making.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    /// It used up its processor time.
    #[error("it takes more than {limit:?} of processor time (policies.worker_time)")]
    ProcessorTime {
        /// [`WorkerLimits::time`](super::WorkerLimits::time).
        limit: Duration,
    },
    /// It was not done in time.
    #[error(
        "it takes more than {limit:?} (one and a half times policies.worker_time): give it more, or try again when the \
         machine has time"
    )]
    Time {
        /// [`WorkerLimits::clock`](super::WorkerLimits::clock).
        limit: Duration,
    },
    /// It wanted more memory than it may have.
    #[error("it takes more than {limit} bytes of memory (policies.worker_memory)")]
    Memory {
        /// [`WorkerLimits::memory`](super::WorkerLimits::memory).
        limit: usize,
    },
    /// Its result is larger than the program takes.
    #[error("its result has more than {limit} bytes")]
    TooLarge {
        /// How many it may have.
        limit: usize,
    },
    /// A fault of the compiler, or of what runs policies.
    #[error("it makes the program panic: {said}")]
    Panicked {
        /// The panic's message.
        said: String,
    },
    /// The process ended otherwise.
    #[error("it ends its worker process by {how}: {said}")]
    Died {
        /// Its exit status, or the signal.
        how: String,
        /// The last that it said.
        said: String,
    },
    /// Somebody else ended the process: an operator, or the system when the machine had no memory left.
    #[error(
        "its worker process was ended from outside by {how}: try again; the system's log says if the machine ran out of \
         memory"
    )]
    Ended {
        /// The signal.
        how: String,
    },
    /// Others' work is before it.
    #[error("other policies are being compiled or judged: try again later")]
    Busy,
    /// The system does not give a process.
    #[error("no worker process can be started")]
    NotStarted(#[source] std::io::Error),
    /// The process did not answer as this program does.
    #[error("the answer of its worker process is not sealed: {0}")]
    NotSealed(#[from] crate::seal::SealError),
    /// The program ends.
    #[error("interrupted: the service is stopping")]
    Stopping,
}

impl WorkerError {
    /// Whether the work itself is the cause, so that another attempt would end the same way.
    #[must_use]
    pub fn is_of_the_work(&self) -> bool {
        !matches!(self, Self::Ended { .. } | Self::Busy | Self::NotStarted(_) | Self::NotSealed(_) | Self::Stopping)
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
