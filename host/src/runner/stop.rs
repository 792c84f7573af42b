//! Stopping: first no new tasks, so that requests at work are answered; then those that run stop where nothing is on its
//! way.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::watch;

use super::Runner;
use super::live::Live;

/// Whether the service stops.
#[derive(Debug)]
pub struct Stop {
    /// No new tasks.
    closed: AtomicBool,
    asked: watch::Sender<bool>,
    /// Tasks at work.
    working: watch::Sender<usize>,
}

/// A task at work, until this is dropped.
#[derive(Debug)]
pub struct AtWork(watch::Sender<usize>);

impl Default for Stop {
    fn default() -> Self {
        Self { closed: AtomicBool::new(false), asked: watch::Sender::new(false), working: watch::Sender::new(0) }
    }
}

impl Stop {
    pub fn at_work(&self) -> AtWork {
        self.working.send_modify(|working| *working += 1);
        AtWork(self.working.clone())
    }

    /// Returns when the service stops and this task has no write on its way.
    pub async fn here(&self, live: &Live) {
        let _ = self.asked.subscribe().wait_for(|asked| *asked).await;
        live.between_writes().await;
    }
}

impl Drop for AtWork {
    fn drop(&mut self) {
        self.0.send_modify(|working| *working -= 1);
    }
}

impl Runner {
    /// Accepts no more tasks from here on. Those that run go on, as long as somebody may wait for them.
    pub fn close(&self) {
        self.0.stop.closed.store(true, Ordering::Relaxed);
    }

    /// Accepts no more tasks, lets writes be answered, and leaves the rest to the next start. Tells how many tasks were
    /// in mid-write when the patience was at an end; what became of their writes the next start finds out.
    pub async fn stop(&self, patience: Duration) -> usize {
        self.close();
        let stop = &self.0.stop;
        stop.asked.send_replace(true);
        let mut working = stop.working.subscribe();
        let _ = tokio::time::timeout(patience, working.wait_for(|working| *working == 0)).await;
        *working.borrow()
    }

    /// Whether it accepts no more tasks, as the service is about to end.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        self.0.stop.closed.load(Ordering::Relaxed)
    }
}
