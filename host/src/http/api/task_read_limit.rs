//! Limits how many whole tasks with their histories are in memory for responses at the same time: one task takes up to
//! some megabytes, and many clients may ask.

use std::sync::Arc;

use tokio::sync::{Semaphore, SemaphorePermit};

const AT_ONCE: usize = 8;

/// Permits to read a whole task into memory. Clones share them.
#[derive(Debug, Clone)]
pub struct TaskReadLimit(Arc<Semaphore>);

impl Default for TaskReadLimit {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(AT_ONCE)))
    }
}

impl TaskReadLimit {
    /// Waits until one more may be read. The semaphore is never closed.
    pub(super) async fn permit(&self) -> Option<SemaphorePermit<'_>> {
        self.0.acquire().await.ok()
    }
}
