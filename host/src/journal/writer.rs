//! One writer for all tasks. Entries that arrive during a commit go together into the next one, so that any number of
//! tasks share one sync of the disk. A database can commit several batches at the same time: while few entries are on their
//! way, further ones do not wait for them. No caller has two groups of one task on their way, so each task's entries stay in order.

use std::sync::Arc;
use std::time::Instant;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::sync::{mpsc, oneshot};

use super::store::Store;
use super::{Entry, JournalError, Lock};

/// Groups of entries that can wait; further callers wait until there is room.
const WAITING: usize = 4096;
/// The most groups in one commit.
const TOGETHER: usize = 1024;
/// With so many groups on their way, further ones wait and share a commit: it then costs less than it takes longer.
const MANY: usize = 8;

/// Sends entries to the task that writes them.
#[derive(Debug, Clone)]
pub struct Writer(mpsc::Sender<Order>);

#[derive(Debug)]
enum Order {
    Write(Vec<Entry>, Vec<Lock>, oneshot::Sender<Result<(), JournalError>>),
    Stop(oneshot::Sender<()>),
}

/// The entries and locks of one caller, as numbers of the batch's, and where the result goes.
#[derive(Debug)]
struct Group {
    entries: usize,
    locks: usize,
    done: oneshot::Sender<Result<(), JournalError>>,
}

/// Groups that are committed together.
#[derive(Debug, Default)]
struct Batch {
    entries: Vec<Entry>,
    locks: Vec<Lock>,
    groups: Vec<Group>,
}

impl Writer {
    pub fn start(store: Arc<Store>) -> Self {
        let (orders, incoming) = mpsc::channel(WAITING);
        tokio::spawn(write(store, incoming));
        Self(orders)
    }

    pub async fn append(&self, entries: Vec<Entry>, locks: Vec<Lock>) -> Result<(), JournalError> {
        let stopped = || JournalError::new("it has been closed");
        let (done, result) = oneshot::channel();
        self.0.send(Order::Write(entries, locks, done)).await.map_err(|_| stopped())?;
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
    let stop = write_until_stop(&store, &mut incoming).await;
    // The caller may open the file again when it hears of the end.
    drop(store);
    let _ = stop.map(|done| done.send(()));
}

/// Returns who waits for the end, when all entries are written.
async fn write_until_stop(store: &Store, incoming: &mut mpsc::Receiver<Order>) -> Option<oneshot::Sender<()>> {
    let mut orders = Vec::with_capacity(TOGETHER);
    let (mut commits, mut on_their_way) = (FuturesUnordered::new(), 0);
    loop {
        let may_begin = commits.is_empty() || (commits.len() < store.writers() && on_their_way < MANY);
        tokio::select! {
            Some(groups) = commits.next(), if !commits.is_empty() => on_their_way -= groups,
            received = incoming.recv_many(&mut orders, TOGETHER), if may_begin => {
                let (batch, stop) = Batch::of(orders.drain(..));
                on_their_way += batch.groups.len();
                commits.push(batch.commit(store));
                if received == 0 || stop.is_some() {
                    while commits.next().await.is_some() {}
                    return stop;
                }
            }
        }
    }
}

impl Batch {
    /// The groups of these orders, and who waits for the end.
    fn of(orders: impl Iterator<Item = Order>) -> (Self, Option<oneshot::Sender<()>>) {
        let (mut batch, mut stop) = (Self::default(), None);
        for order in orders {
            match order {
                Order::Write(entries, locks, done) => batch.add(entries, locks, done),
                Order::Stop(done) => stop = Some(done),
            }
        }
        (batch, stop)
    }

    fn add(&mut self, entries: Vec<Entry>, locks: Vec<Lock>, done: oneshot::Sender<Result<(), JournalError>>) {
        self.groups.push(Group { entries: entries.len(), locks: locks.len(), done });
        self.entries.extend(entries);
        self.locks.extend(locks);
    }

    /// Commits all groups at once, and returns how many they are. If that fails, commits each group alone, so that one bad group does not fail the others. If
    /// a database did not answer, it would not answer for each of them, either.
    async fn commit(self, store: &Store) -> usize {
        let Self { entries, locks, groups } = self;
        let began = Instant::now();
        let together = if entries.is_empty() { Ok(()) } else { store.append(&entries, &locks).await };
        metrics::histogram!("swaparoo_journal_commit_seconds").record(began.elapsed().as_secs_f64());
        let alone = together.as_ref().is_err_and(|error| !error.is_unknown()) && groups.len() > 1;
        let (mut entries, mut locks, number) = (entries.as_slice(), locks.as_slice(), groups.len());
        for group in groups {
            let (own, own_locks) = (first(&mut entries, group.entries), first(&mut locks, group.locks));
            let result = if alone { store.append(own, own_locks).await } else { together.clone() };
            if result.as_ref().is_err_and(|error| error.locked_by().is_none()) {
                metrics::counter!("swaparoo_journal_errors_total").increment(1);
            }
            let _ = group.done.send(result);
        }
        number
    }
}

/// Takes the first so many of these.
fn first<'a, T>(rest: &mut &'a [T], count: usize) -> &'a [T] {
    let (first, others) = rest.split_at(count.min(rest.len()));
    *rest = others;
    first
}
