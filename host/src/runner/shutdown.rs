//! Stops the runner: first it accepts no new tasks, while HTTP requests are still answered; then running tasks stop
//! when they have no write in progress.

use std::time::Duration;

use tokio::sync::watch;

use super::Runner;
use super::task_handle::TaskHandle;

/// The state of stopping.
#[derive(Debug)]
pub struct Shutdown {
    requested: watch::Sender<bool>,
    /// The number of running tasks.
    running: watch::Sender<usize>,
}

/// Counts a running task until it is dropped.
#[derive(Debug)]
pub struct RunningTask(watch::Sender<usize>);

impl Default for Shutdown {
    fn default() -> Self {
        Self { requested: watch::Sender::new(false), running: watch::Sender::new(0) }
    }
}

impl Shutdown {
    /// Returns when stopping is requested.
    pub async fn requested(&self) {
        // This cannot fail: the sender is in `self`.
        let _ = self.requested.subscribe().wait_for(|requested| *requested).await;
    }

    pub fn task_running(&self) -> RunningTask {
        self.running.send_modify(|running| *running += 1);
        RunningTask(self.running.clone())
    }

    /// Returns when the service stops and this task has no write in progress.
    pub async fn safe_point(&self, handle: &TaskHandle) {
        self.requested().await;
        handle.between_writes().await;
    }
}

impl Drop for RunningTask {
    fn drop(&mut self) {
        self.0.send_modify(|running| *running -= 1);
    }
}

impl Runner {
    /// Accepts no more tasks, waits for the answers to writes, and leaves open tasks to the next start. Returns how
    /// many tasks still had a write in progress after `patience`; the next start finds out the results of these writes.
    pub async fn stop(&self, patience: Duration) -> usize {
        let shutdown = &self.0.shutdown;
        shutdown.requested.send_replace(true);
        let mut running = shutdown.running.subscribe();
        let _ = tokio::time::timeout(patience, running.wait_for(|running| *running == 0)).await;
        *running.borrow()
    }

    /// Returns when the runner is stopping.
    pub async fn stopping(&self) {
        self.0.shutdown.requested().await;
    }

    /// Whether the runner is stopping and accepts no more tasks.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        *self.0.shutdown.requested.borrow()
    }
}
