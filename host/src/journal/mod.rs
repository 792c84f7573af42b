//! The journal: what the service must not forget. Append-only; an entry is durable when [`Journal::append`] returns.
//!
//! It knows nothing of Placement, policies or HTTP. Where entries are kept is behind one small seam, [`Store`]: SQLite,
//! or memory for those who do without a journal. Entries of one task are numbered from 0 without gaps; whoever opens a
//! journal finds out whether that is so.

mod entry;
mod error;
mod memory;
mod outline;
mod retention;
mod sqlite;
mod store;
#[cfg(test)]
mod tests;
mod writer;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

pub use entry::{Entry, Event, Opened, Resumed, Shadowed};
pub use error::{JournalError, OpenError};
pub use outline::Outline;
pub use retention::{Prune, Retention};
pub use store::{Kept, KeptPolicy, Page, State, Summary};

use memory::Memory;
use sqlite::Sqlite;
use store::Store;
use writer::Writer;

/// A journal. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Journal {
    store: Arc<Store>,
    writer: Writer,
}

impl Journal {
    /// The journal in this SQLite file, which is made if it is not there. No other process may have it open.
    ///
    /// # Errors
    /// It cannot be opened, is another's, is of a newer version, or is damaged.
    pub async fn open(file: &Path) -> Result<Self, OpenError> {
        Ok(Self::on(Store::Sqlite(Sqlite::open(file).await?)))
    }

    /// A journal that is forgotten at the end of the process.
    #[must_use]
    pub fn off() -> Self {
        Self::on(Store::Memory(Memory::default()))
    }

    fn on(store: Store) -> Self {
        let store = Arc::new(store);
        Self { writer: Writer::start(store.clone()), store }
    }

    /// Appends entries, all or none; they are durable when this returns.
    ///
    /// # Errors
    /// They could not be kept: the disk is full, say.
    pub async fn append(&self, entries: Vec<Entry>) -> Result<(), JournalError> {
        self.writer.append(entries).await
    }

    /// The tasks that have not ended, in the order in which they were opened.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn open_tasks(&self) -> Result<Vec<Summary>, JournalError> {
        self.store.open_tasks().await
    }

    /// Tasks, newest first.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn tasks(&self, page: &Page) -> Result<Vec<Summary>, JournalError> {
        self.store.tasks(page).await
    }

    /// One task.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn task(&self, id: &str) -> Result<Option<Summary>, JournalError> {
        self.store.task(id).await
    }

    /// The task that was opened under this idempotency key.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn task_of_key(&self, key: &str) -> Result<Option<Summary>, JournalError> {
        self.store.task_of_key(key).await
    }

    /// All entries of a task, in order; one that this program does not understand is among them as such.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn entries(&self, task: &str) -> Result<Vec<Entry>, JournalError> {
        self.store.entries(task).await
    }

    /// What a list tells of a task; none if its beginning is not understood. Its history is not read into memory.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn outline(&self, task: &str) -> Result<Option<Outline>, JournalError> {
        self.store.outline(task).await
    }

    /// The consumers that a task names.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn consumers(&self, task: &str) -> Result<Vec<String>, JournalError> {
        self.store.consumers(task).await
    }

    /// Keeps a policy's component, unless it is there.
    ///
    /// # Errors
    /// The store does not take it.
    pub async fn keep_policy(&self, policy: &KeptPolicy) -> Result<(), JournalError> {
        self.store.keep_policy(policy).await
    }

    /// The policy of that digest.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn policy(&self, digest: &str) -> Result<Option<KeptPolicy>, JournalError> {
        self.store.policy(digest).await
    }

    /// All policies without their components' bytes, oldest first.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn policies(&self) -> Result<Vec<Kept>, JournalError> {
        self.store.policies().await
    }

    /// A setting by name.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn setting(&self, name: &str) -> Result<Option<String>, JournalError> {
        self.store.setting(name).await
    }

    /// Changes settings, all or none; `None` removes one.
    ///
    /// # Errors
    /// The store does not take them.
    pub async fn set(&self, settings: &[(&str, Option<String>)]) -> Result<(), JournalError> {
        self.store.set(settings).await
    }

    /// How many bytes its pages take, about.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.store.bytes()
    }

    /// The same, measured now: what was forgotten makes room.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn measure(&self) -> Result<u64, JournalError> {
        self.store.measure().await
    }

    /// Whether a task can be written down now: one is, and is taken away again.
    ///
    /// # Errors
    /// It cannot: the disk is full, say, or the journal's file was moved away.
    pub async fn ready(&self) -> Result<(), JournalError> {
        self.store.probe().await
    }

    /// Writes what is still to be written and closes the store.
    pub async fn close(&self) {
        self.writer.stop().await;
        self.store.close().await;
    }
}

/// Milliseconds since 1970, for entries: the system's clock, which may be set back; nothing is ordered by it.
#[must_use]
pub fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
