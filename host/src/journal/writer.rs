//! Writers for all tasks: one for a file, some for a database, which commits them at the same time. A task always has the same
//! writer, so its entries stay in order. Entries that arrive during a commit of their writer go together into its next one, so
//! that any number of tasks share one sync of the disk.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Instant;

use tokio::sync::{mpsc, oneshot};

use super::store::Store;
use super::{Entry, JournalError, Lock};

/// Groups of entries that can wait; further callers wait until there is room.
const WAITING: usize = 4096;
/// The most groups in one commit.
const TOGETHER: usize = 1024;

/// Sends entries to the writers.
#[derive(Debug, Clone)]
pub struct Writer(Arc<[mpsc::Sender<Order>]>);

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
        let writers = (0..store.writers()).map(|_| {
            let (orders, incoming) = mpsc::channel(WAITING);
            tokio::spawn(write(store.clone(), incoming));
            orders
        });
        Self(writers.collect())
    }

    pub async fn append(&self, entries: Vec<Entry>, locks: Vec<Lock>) -> Result<(), JournalError> {
        let stopped = || JournalError::new("it has been closed");
        let (done, result) = oneshot::channel();
        let writer = self.of(&entries, &locks).ok_or_else(stopped)?;
        writer.send(Order::Write(entries, locks, done)).await.map_err(|_| stopped())?;
        result.await.map_err(|_| stopped())?
    }

    /// The writer of the task of these entries, or of these locks.
    fn of(&self, entries: &[Entry], locks: &[Lock]) -> Option<&mpsc::Sender<Order>> {
        let mut hasher = DefaultHasher::new();
        let task = entries.first().map(|entry| entry.task.as_str());
        task.or_else(|| locks.first().map(Lock::task)).hash(&mut hasher);
        let writers = self.0.len() as u64;
        self.0.get(usize::try_from(hasher.finish().checked_rem(writers)?).ok()?)
    }

    /// Returns when all entries submitted before have been written.
    pub async fn stop(&self) {
        for writer in self.0.iter() {
            let (done, stopped) = oneshot::channel();
            if writer.send(Order::Stop(done)).await.is_ok() {
                let _ = stopped.await;
            }
        }
    }
}

async fn write(store: Arc<Store>, mut incoming: mpsc::Receiver<Order>) {
    let mut orders = Vec::with_capacity(TOGETHER);
    while incoming.recv_many(&mut orders, TOGETHER).await > 0 {
        let (mut batch, mut stop) = (Batch::default(), None);
        for order in orders.drain(..) {
            match order {
                Order::Write(entries, locks, done) => batch.add(entries, locks, done),
                Order::Stop(done) => stop = Some(done),
            }
        }
        batch.commit(&store).await;
        if let Some(done) = stop {
            let _ = done.send(());
            return;
        }
    }
}

impl Batch {
    fn add(&mut self, entries: Vec<Entry>, locks: Vec<Lock>, done: oneshot::Sender<Result<(), JournalError>>) {
        self.groups.push(Group { entries: entries.len(), locks: locks.len(), done });
        self.entries.extend(entries);
        self.locks.extend(locks);
    }

    /// Commits all groups at once. If that fails, commits each group alone, so that one bad group does not fail the others. If
    /// a database did not answer, it would not answer for each of them, either.
    async fn commit(self, store: &Store) {
        let Self { entries, locks, groups } = self;
        let began = Instant::now();
        let together = if entries.is_empty() { Ok(()) } else { store.append(&entries, &locks).await };
        metrics::histogram!("swaparoo_journal_commit_seconds").record(began.elapsed().as_secs_f64());
        let alone = together.as_ref().is_err_and(|error| !error.is_unknown()) && groups.len() > 1;
        let (mut entries, mut locks) = (entries.as_slice(), locks.as_slice());
        for group in groups {
            let (own, own_locks) = (first(&mut entries, group.entries), first(&mut locks, group.locks));
            let result = if alone { store.append(own, own_locks).await } else { together.clone() };
            if result.as_ref().is_err_and(|error| error.locked_by().is_none()) {
                metrics::counter!("swaparoo_journal_errors_total").increment(1);
            }
            let _ = group.done.send(result);
        }
    }
}

/// Takes the first so many of these.
fn first<'a, T>(rest: &mut &'a [T], count: usize) -> &'a [T] {
    let (first, others) = rest.split_at(count.min(rest.len()));
    *rest = others;
    first
}
