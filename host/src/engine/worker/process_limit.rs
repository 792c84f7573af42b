//! Limits the number of worker processes at the same time, and the number of clients that wait for one.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::limits::{QUEUE, TURN};
use super::{WorkerError, WorkerLimits};

/// How long to wait for other work to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QueueWait {
    /// A limited time, or not at all if many wait already: for clients, which can retry.
    Briefly,
    /// Without a limit.
    Patiently,
}

/// The turns of worker processes. Cheap to clone; clones share the turns.
#[derive(Debug, Clone)]
pub struct ProcessLimit {
    at_work: Arc<Semaphore>,
    queue: Arc<Semaphore>,
}

/// The right to run one process, until it is dropped.
#[derive(Debug)]
pub struct ProcessPermit {
    _at_work: OwnedSemaphorePermit,
    _queued: Option<OwnedSemaphorePermit>,
}

impl ProcessLimit {
    /// As many turns as the limits allow.
    pub fn new(limits: &WorkerLimits) -> Self {
        let semaphore = |count: usize| Arc::new(Semaphore::new(count.min(Semaphore::MAX_PERMITS)));
        let at_once = limits.at_once.get();
        Self { at_work: semaphore(at_once), queue: semaphore(at_once.saturating_add(QUEUE)) }
    }

    /// Waits for a turn.
    pub async fn take(&self, wait: QueueWait) -> Result<ProcessPermit, WorkerError> {
        // Neither semaphore is ever closed.
        let permit = self.at_work.clone().acquire_owned();
        if wait == QueueWait::Patiently {
            return Ok(ProcessPermit { _at_work: permit.await.map_err(|_| WorkerError::Stopping)?, _queued: None });
        }
        let queued = self.queue.clone().try_acquire_owned().map_err(|_| WorkerError::Busy)?;
        let permit = timeout(TURN, permit).await.map_err(|_| WorkerError::Busy)?;
        Ok(ProcessPermit { _at_work: permit.map_err(|_| WorkerError::Stopping)?, _queued: Some(queued) })
    }
}
