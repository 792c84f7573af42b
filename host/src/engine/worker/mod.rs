//! Work on untrusted components: compiling them, and the promotion check. It runs in a separate process of this program
//! (`swaparoo policy-worker`). So a component cannot use more than limited time and memory in the compiler, ends
//! with its client, and never ends the service.
//!
//! [`Worker`] starts the process, [`serve`] runs inside it. The process reads a key and its input from standard input,
//! and writes one sealed answer to standard output.

mod child;
mod error;
mod limits;
mod process;
mod process_limit;
#[cfg(test)]
mod tests;

use std::time::Duration;

pub use child::{ProcessBounds, serve};
pub use error::WorkerError;
pub use limits::WorkerLimits;
pub use process::{Job, Worker, WorkerOutcome};
pub use process_limit::QueueWait;

/// Where work on untrusted components runs.
#[derive(Debug, Clone)]
pub enum Isolation {
    /// In this process, without limits of time and memory: for tests and for trusted components.
    InProcess,
    /// In a separate process.
    Worker(Worker),
}

impl Isolation {
    /// The processor time of one piece of work; in this process, for which there is no limit, the default of a worker's.
    #[must_use]
    pub fn time(&self) -> Duration {
        match self {
            Self::InProcess => WorkerLimits::default().time,
            Self::Worker(worker) => worker.limits().time,
        }
    }
}

/// Runs blocking work outside the asynchronous threads. A panic in it becomes an error of this work only.
pub async fn blocking<T: Send + 'static>(job: impl FnOnce() -> T + Send + 'static) -> Result<T, WorkerError> {
    tokio::task::spawn_blocking(job).await.map_err(|error| match error.try_into_panic() {
        Ok(panic) => WorkerError::Panicked { said: message(panic.as_ref()) },
        Err(_) => WorkerError::Stopping,
    })
}

/// The message of a panic.
pub fn message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "without a message".into());
    one_line(&text)
}

/// Text of another program for an error: in one line, with limited length.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(300).collect()
}
