//! Who is killed.

use std::sync::Arc;

use tokio::sync::watch;

use super::super::serve::Process;

/// One life of the service. A moment may be arranged before it has begun, since what is open goes on at once then.
#[derive(Clone, Default)]
pub struct Victim(Arc<Known>);

#[derive(Default)]
struct Known {
    process: watch::Sender<Option<Process>>,
    killed: watch::Sender<bool>,
}

impl Victim {
    /// This is its process.
    pub fn is(&self, process: Process) {
        self.0.process.send_replace(Some(process));
    }

    /// kill -9, and waits until it is dead.
    pub async fn kill(self) {
        let process = self.0.process.subscribe().wait_for(Option::is_some).await.unwrap().clone().unwrap();
        self.0.killed.send_replace(true);
        tokio::task::spawn_blocking(move || process.kill()).await.unwrap();
    }

    /// Whether its moment has come.
    pub fn was_killed(&self) -> bool {
        *self.0.killed.borrow()
    }
}
