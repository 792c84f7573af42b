//! One writer for all tasks. Entries that arrive during a commit go together into the next one, so that any number of
//! tasks share one sync of the disk.

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::{mpsc, oneshot};

use super::store::Store;
use super::{Entry, JournalError};

/// Groups of entries that can wait; further callers wait until there is room.
const WAITING: usize = 4096;
/// The most groups in one commit.
const TOGETHER: usize = 1024;

/// Sends entries to the task that writes them.
#[derive(Debug, Clone)]
pub struct Writer(mpsc::Sender<Order>);

#[derive(Debug)]
enum Order {
    Write(Vec<Entry>, oneshot::Sender<Result<(), JournalError>>),
    Stop(oneshot::Sender<()>),
}

impl Writer {
    pub fn start(store: Arc<Store>) -> Self {
        let (orders, incoming) = mpsc::channel(WAITING);
        tokio::spawn(write(store, incoming));
        Self(orders)
    }

    pub async fn append(&self, entries: Vec<Entry>) -> Result<(), JournalError> {
        let stopped = || JournalError::new("it has been closed");
        let (done, result) = oneshot::channel();
        self.0.send(Order::Write(entries, done)).await.map_err(|_| stopped())?;
        result.await.map_err(|_| stopped())?
    }

    /// Returns when all entries submitted before have been written.
    pub async fn stop(&self) {
        let (done, stopped) = oneshot::channel();
        if self.0.send(Order::Stop(done)).await.is_ok() {
            let _ = stopped.await;
        }
    }
}

async fn write(store: Arc<Store>, mut incoming: mpsc::Receiver<Order>) {
    let mut orders = Vec::with_capacity(TOGETHER);
    while incoming.recv_many(&mut orders, TOGETHER).await > 0 {
        let (mut batch, mut groups, mut stop) = (Vec::new(), Vec::new(), None);
        for order in orders.drain(..) {
            match order {
                Order::Write(entries, done) => {
                    groups.push((entries.len(), done));
                    batch.extend(entries);
                }
                Order::Stop(done) => stop = Some(done),
            }
        }
        commit(&store, &batch, groups).await;
        if let Some(done) = stop {
            let _ = done.send(());
            return;
        }
    }
}

/// Commits all groups at once. If that fails, commits each group alone, so that one bad group does not fail the others. If a
/// database did not answer, it would not answer for each of them, either.
async fn commit(store: &Store, batch: &[Entry], groups: Vec<(usize, oneshot::Sender<Result<(), JournalError>>)>) {
    let began = Instant::now();
    let together = if batch.is_empty() { Ok(()) } else { store.append(batch).await };
    metrics::histogram!("swaparoo_journal_commit_seconds").record(began.elapsed().as_secs_f64());
    let alone = together.as_ref().is_err_and(|error| !error.is_unknown()) && groups.len() > 1;
    let mut rest = batch;
    for (length, done) in groups {
        let (group, others) = rest.split_at(length.min(rest.len()));
        rest = others;
        let result = if alone { store.append(group).await } else { together.clone() };
        if result.is_err() {
            metrics::counter!("swaparoo_journal_errors_total").increment(1);
        }
        let _ = done.send(result);
    }
}
