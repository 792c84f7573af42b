//! The beat of this runner, by which others see that it lives.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};

use super::connections::Connections;
use super::failure::Known;
use super::membership::uptime;
use super::statement::Statement;

/// A runner is taken for dead after 15 beats.
const EVERY: Duration = Duration::from_secs(1);
const BEAT: &str = "UPDATE runners SET beat = beat + 1 WHERE id = ? AND state = 'alive'";

/// A runner that has not beaten for so long may soon be taken for dead: it shows no questions any more.
const FRESH: Duration = Duration::from_secs(10);

/// Beats until it is dropped.
#[derive(Debug)]
pub struct Beat {
    beating: Mutex<Option<JoinHandle<()>>>,
    /// When the last beat that succeeded was begun, in milliseconds of uptime.
    last: Arc<AtomicU64>,
}

impl Beat {
    /// Starts; `lost` becomes true when other runners have taken this one for dead.
    pub fn start(connections: Arc<Connections>, me: String, lost: watch::Sender<bool>) -> Self {
        let last = Arc::new(AtomicU64::new(now()));
        let beating = tokio::spawn(beat(connections, me, lost, last.clone()));
        Self { beating: Mutex::new(Some(beating)), last }
    }

    /// Whether others have heard of this runner so lately that none can have taken its tasks.
    pub fn is_fresh(&self) -> bool {
        Duration::from_millis(now().saturating_sub(self.last.load(Ordering::Relaxed))) < FRESH
    }

    /// Returns when the last beat has ended.
    pub async fn stop(&self) {
        let beating = self.beating.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(beating) = beating {
            beating.abort();
            let _ = beating.await;
        }
    }
}

impl Drop for Beat {
    fn drop(&mut self) {
        if let Some(beating) = self.beating.lock().unwrap_or_else(PoisonError::into_inner).take() {
            beating.abort();
        }
    }
}

async fn beat(connections: Arc<Connections>, me: String, lost: watch::Sender<bool>, last: Arc<AtomicU64>) {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let beat = Statement::new(BEAT).bind(me.as_str()).must_find(1);
        let begun = now();
        match connections.transaction(&[beat]).await {
            Err(failure) if failure.known() == Known::Changed => {
                tracing::error!("other runners have taken the tasks of this one, because it was silent for long");
                lost.send_replace(true);
                return;
            }
            Err(failure) => tracing::warn!("the journal's database: {failure}"),
            Ok(_) => last.store(begun, Ordering::Relaxed),
        }
    }
}

fn now() -> u64 {
    u64::try_from(uptime().as_millis()).unwrap_or(u64::MAX)
}
