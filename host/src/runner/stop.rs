//! Stopping: first no new tasks, so that requests at work are answered; then those that run stop where nothing is on its
//! way.

use std::time::Duration;

use tokio::sync::watch;

use super::Runner;
use super::live::Live;

/// Whether the service stops.
#[derive(Debug)]
pub struct Stop {
    asked: watch::Sender<bool>,
    /// Tasks at work.
    working: watch::Sender<usize>,
}

/// A task at work, until this is dropped.
#[derive(Debug)]
pub struct AtWork(watch::Sender<usize>);

impl Default for Stop {
    fn default() -> Self {
        Self { asked: watch::Sender::new(false), working: watch::Sender::new(0) }
    }
}

impl Stop {
    /// Returns when it is asked for.
    pub async fn coming(&self) {
        // The sender is in `self`.
        let _ = self.asked.subscribe().wait_for(|asked| *asked).await;
    }

    pub fn at_work(&self) -> AtWork {
        self.working.send_modify(|working| *working += 1);
        AtWork(self.working.clone())
    }

    /// Returns when the service stops and this task has no write on its way.
    pub async fn here(&self, live: &Live) {
        self.coming().await;
        live.between_writes().await;
    }
}

impl Drop for AtWork {
    fn drop(&mut self) {
        self.0.send_modify(|working| *working -= 1);
    }
}

impl Runner {
    /// Accepts no more tasks, lets writes be answered, and leaves the rest to the next start. Tells how many tasks were
    /// in mid-write when the patience was at an end; what became of their writes the next start finds out.
    pub async fn stop(&self, patience: Duration) -> usize {
        let stop = &self.0.stop;
        stop.asked.send_replace(true);
        let mut working = stop.working.subscribe();
        let _ = tokio::time::timeout(patience, working.wait_for(|working| *working == 0)).await;
        *working.borrow()
    }

    /// Returns when it has been told to stop.
    pub async fn stopping(&self) {
        self.0.stop.coming().await;
    }

    /// Whether it has been told to stop; it accepts no more tasks then.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        *self.0.stop.asked.borrow()
    }
}
