//! The journal: an append-only log of all tasks. An entry is durable when [`Journal::append`] returns.
//!
//! It does not depend on Placement, policies or HTTP. [`Store`] hides where entries are stored: in SQLite, in PostgreSQL or
//! MariaDB, or in memory when the journal is turned off. Entries of one task are numbered from 0 without gaps; opening a journal checks this.

mod entry;
mod error;
mod memory;
mod outline;
mod retention;
mod server;
mod shared;
mod sqlite;
mod store;
#[cfg(test)]
pub(crate) mod tests;
mod writer;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

pub use entry::{Entry, Event, Opened, Resumed, Shadowed};
pub use error::{JournalError, OpenError};
pub use outline::Outline;
pub use retention::{Prune, Retention};
pub use server::{Dialect, Finding, ImportError, Imported, OptionsError, ServerOptions, check, import, sync};
pub use shared::{FAILURES, Lock, RunnerRow, of_kind};
pub use store::{PolicyMeta, Progress, State, StoredPolicy, Summary, TaskQuery};

use memory::Memory;
use server::Server;
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
    /// Opens the journal in this SQLite file, and creates the file if it does not exist. No other process may use it.
    ///
    /// # Errors
    /// [`OpenError::InUse`] if another process has the journal, [`OpenError::Newer`] if a newer program wrote it,
    /// [`OpenError::Damaged`] if a check fails. The file is then unchanged.
    pub async fn open(file: &Path) -> Result<Self, OpenError> {
        Ok(Self::on(Store::Sqlite(Sqlite::open(file).await?)))
    }

    /// Joins the runners that share the journal in this database. `url` is where the others reach this one; empty if nowhere.
    ///
    /// # Errors
    /// [`OpenError::Database`] if the database does not answer or refuses this user, [`OpenError::Schema`] if it has no
    /// journal of this version.
    pub async fn connect(database: &ServerOptions, url: &str) -> Result<Self, OpenError> {
        Ok(Self::on(Store::Server(Box::new(Server::open(database, url).await?))))
    }

    /// A journal in memory: its content is lost when the process ends.
    #[must_use]
    pub fn off() -> Self {
        Self::on(Store::Memory(Memory::default()))
    }

    fn on(store: Store) -> Self {
        let store = Arc::new(store);
        Self { writer: Writer::start(store.clone()), store }
    }

    /// Appends entries, all or none; they are durable when this returns. Fails if the disk is full, for example.
    pub async fn append(&self, entries: Vec<Entry>) -> Result<(), JournalError> {
        self.writer.append(entries, Vec::new()).await
    }

    /// Appends entries and takes these locks, all or none.
    ///
    /// # Errors
    /// As for [`append`](Self::append); [`JournalError::locked_by`] says so if another task has a lock.
    pub async fn append_locking(&self, entries: Vec<Entry>, locks: Vec<Lock>) -> Result<(), JournalError> {
        self.writer.append(entries, locks).await
    }

    /// The open tasks that this runner must continue, oldest first.
    pub async fn open_tasks(&self) -> Result<Vec<Summary>, JournalError> {
        self.store.open_tasks().await
    }

    /// Tasks, newest first.
    pub async fn tasks(&self, page: &TaskQuery) -> Result<Vec<Summary>, JournalError> {
        self.store.tasks(page).await
    }

    /// The task with this id.
    pub async fn task(&self, id: &str) -> Result<Option<Summary>, JournalError> {
        self.store.task(id).await
    }

    /// The task that was opened with this idempotency key.
    pub async fn task_of_key(&self, key: &str) -> Result<Option<Summary>, JournalError> {
        self.store.task_of_key(key).await
    }

    /// All entries of a task, in order. Entries that this program does not understand are included as
    /// [`Event::NotUnderstood`].
    pub async fn entries(&self, task: &str) -> Result<Vec<Entry>, JournalError> {
        self.store.entries(task).await
    }

    /// The answers with a lost write, and some others without one, in the newest tasks of a consumer but this one; so many tasks
    /// are searched.
    pub async fn unsure_answers(&self, consumer: &str, task: &str, tasks: u32) -> Result<Vec<Event>, JournalError> {
        self.store.unsure_answers(consumer, task, tasks).await
    }

    /// The task's line in a list; `None` if its first entry is not understood. The history is not read into memory.
    pub async fn outline(&self, task: &str) -> Result<Option<Outline>, JournalError> {
        self.store.outline(task).await
    }

    /// The consumers that a task names.
    pub async fn consumers(&self, task: &str) -> Result<Vec<String>, JournalError> {
        self.store.consumers(task).await
    }

    /// Stores a policy's component unless it is already stored.
    pub async fn store_policy(&self, policy: &StoredPolicy) -> Result<(), JournalError> {
        self.store.store_policy(policy).await
    }

    /// The policy with this digest.
    pub async fn policy(&self, digest: &str) -> Result<Option<StoredPolicy>, JournalError> {
        self.store.policy(digest).await
    }

    /// All policies without the bytes of their components, oldest first.
    pub async fn policies(&self) -> Result<Vec<PolicyMeta>, JournalError> {
        self.store.policies().await
    }

    /// Deletes a policy with its component; false if it is not stored.
    pub async fn forget_policy(&self, digest: &str) -> Result<bool, JournalError> {
        self.store.forget_policy(digest).await
    }

    /// The value of a setting; `None` if it is not set.
    pub async fn setting(&self, name: &str) -> Result<Option<String>, JournalError> {
        self.store.setting(name).await
    }

    /// All settings with their values.
    pub async fn settings(&self) -> Result<Vec<(String, String)>, JournalError> {
        self.store.settings().await
    }

    /// Changes settings, all or none; `None` removes one.
    pub async fn set(&self, settings: &[(&str, Option<String>)]) -> Result<(), JournalError> {
        self.store.set(settings).await
    }

    /// The approximate size of the used pages of a SQLite file, in bytes; 0 for other journals.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.store.bytes()
    }

    /// Measures that size now: it shrinks when tasks are deleted.
    pub async fn measure(&self) -> Result<u64, JournalError> {
        self.store.measure().await
    }

    /// Checks that a task can be written now: writes one and deletes it again.
    ///
    /// # Errors
    /// The disk is full, for example, or the journal's file was moved away.
    pub async fn ready(&self) -> Result<(), JournalError> {
        self.store.probe().await
    }

    /// Writes the entries that still wait, and closes the store.
    pub async fn close(&self) {
        self.writer.stop().await;
        self.store.close().await;
    }
}

/// The system clock in milliseconds since 1970. The clock may be set back, so nothing is ordered by this time.
#[must_use]
pub fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
