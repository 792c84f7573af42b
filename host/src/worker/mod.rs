//! Work on components that nobody vouches for: compiling one, and judging what it decides. It is done in a process of
//! its own, which is this program again (`swaparoo policy-worker`), so that whatever a component does to the compiler,
//! it costs bounded time and memory, ends with its client, and never ends the service.
//!
//! [`Worker`] is the side that asks, [`serve`] the side that works. The process gets a key and its input on standard
//! input, and gives one sealed answer on standard output.

mod child;
mod error;
mod limits;
mod process;
#[cfg(test)]
mod tests;
mod turns;

pub use child::{Bounds, serve};
pub use error::WorkerError;
pub use limits::WorkerLimits;
pub use process::{Answer, Work, Worker};
pub use turns::Wait;

/// Where such work is done.
#[derive(Debug, Clone)]
pub enum Isolation {
    /// In this process, without bounds of time and memory: for tests, and for who trusts the components.
    InProcess,
    /// In a process of its own.
    Worker(Worker),
}

/// Runs work that blocks beside the asynchronous threads; a panic of it is an error of it, and of nothing else.
pub async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, WorkerError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| match error.try_into_panic() {
        Ok(panic) => WorkerError::Panicked { said: message(panic.as_ref()) },
        Err(_) => WorkerError::Stopping,
    })
}

/// A panic's message.
pub fn message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "without a message".into());
    one_line(&text)
}

/// Text of another program for an error: in one line, and not too long.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(300).collect()
}
