//! The interface between the journal and its storage, and the types that the storage returns.

use serde::{Deserialize, Serialize};

use super::memory::Memory;
use super::server::Server;
use super::sqlite::Sqlite;
use super::{Entry, Event, JournalError, Lock, Outline};

/// Where entries are kept.
#[derive(Debug)]
pub enum Store {
    Sqlite(Sqlite),
    Memory(Memory),
    Server(Box<Server>),
}

/// The state of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// The task has been accepted and has not ended; a running service can say more about it.
    Open,
    /// The task waits until it is resumed.
    Parked,
    /// The task has ended with an outcome.
    Finished,
    /// The task has ended without an outcome.
    Failed,
}

/// How far an open task is, as far as the store knows. Only a database that several runners share knows it: otherwise the
/// runner's memory does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// It has not locked its consumers yet.
    Queued,
    /// It runs.
    Running,
    /// It waits for a reply of its caller.
    Waiting,
}

/// A task without its history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// The task's id.
    pub id: String,
    /// The position in the order in which tasks were opened.
    pub number: i64,
    /// The state after the last entry.
    pub state: State,
    /// How far it is, while it is open.
    pub progress: Progress,
    /// The number of journal entries.
    pub entries: u32,
    /// When it was opened, in milliseconds since 1970.
    pub created_at: u64,
    /// When its last entry was written, in milliseconds since 1970.
    pub updated_at: u64,
}

/// Which tasks to list.
#[derive(Debug, Clone, Default)]
pub struct TaskQuery {
    /// Only tasks in one of these states; all if empty.
    pub states: Vec<State>,
    /// Only tasks that are this far, in a store that knows it.
    pub progress: Option<Progress>,
    /// Only tasks that concern this consumer.
    pub consumer: Option<String>,
    /// Only tasks that ended with an outcome of this kind, or with a failure that has this code.
    pub outcome: Option<String>,
    /// The largest number of tasks to return.
    pub limit: u32,
    /// Only tasks opened before the one with this number.
    pub before: Option<i64>,
}

/// A stored policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyMeta {
    /// SHA-256 of its component, in hexadecimal.
    pub digest: String,
    /// The name that the component reports.
    pub name: String,
    /// The version that the component reports.
    pub version: String,
    /// An ed25519 signature of the component, in base64.
    pub signature: Option<String>,
    /// When it was added, in milliseconds since 1970.
    pub added_at: u64,
}

/// A stored policy with its component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredPolicy {
    /// Everything but the component.
    pub meta: PolicyMeta,
    /// The bytes of the component.
    pub component: Vec<u8>,
}

impl State {
    /// The name that the store and the API use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Parked => "parked",
            Self::Finished => "finished",
            Self::Failed => "failed",
        }
    }

    /// The state with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::Open, Self::Parked, Self::Finished, Self::Failed].into_iter().find(|state| state.name() == name)
    }
}

impl Progress {
    /// The name that the store and the API use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Waiting => "waiting",
        }
    }

    /// The progress with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::Queued, Self::Running, Self::Waiting].into_iter().find(|progress| progress.name() == name)
    }
}

/// All kinds of store have these methods, with the same signatures.
macro_rules! either {
    ($($name:ident($($argument:ident: $type:ty),*) -> $result:ty;)*) => {
        impl Store {
            $(
                pub async fn $name(&self, $($argument: $type),*) -> Result<$result, JournalError> {
                    match self {
                        Self::Sqlite(sqlite) => sqlite.watched(sqlite.$name($($argument),*).await),
                        Self::Memory(memory) => memory.$name($($argument),*),
                        Self::Server(server) => server.$name($($argument),*).await,
                    }
                }
            )*
        }
    };
}

either! {
    append(batch: &[Entry], locks: &[Lock]) -> ();
    open_tasks() -> Vec<Summary>;
    tasks(page: &TaskQuery) -> Vec<Summary>;
    task(id: &str) -> Option<Summary>;
    task_of_key(key: &str) -> Option<Summary>;
    entries(task: &str) -> Vec<Entry>;
    unsure_answers(consumer: &str, task: &str, tasks: u32) -> Vec<Event>;
    outline(task: &str) -> Option<Outline>;
    consumers(task: &str) -> Vec<String>;
    store_policy(policy: &StoredPolicy) -> ();
    policy(digest: &str) -> Option<StoredPolicy>;
    policies() -> Vec<PolicyMeta>;
    forget_policy(digest: &str) -> bool;
    setting(name: &str) -> Option<String>;
    settings() -> Vec<(String, String)>;
    set(settings: &[(&str, Option<String>)]) -> ();
    probe() -> ();
    newest() -> Option<u64>;
    count_ended() -> u64;
    forget_first(most: u64) -> u64;
    forget_before(at: u64, most: u64) -> u64;
}

impl Store {
    /// How many batches of entries it commits at the same time.
    pub fn writers(&self) -> usize {
        match self {
            Self::Sqlite(_) | Self::Memory(_) => 1,
            Self::Server(_) => super::server::WRITERS,
        }
    }

    /// The size of the file; 0 if there is none.
    pub fn bytes(&self) -> u64 {
        match self {
            Self::Sqlite(sqlite) => sqlite.bytes(),
            Self::Memory(memory) => memory.bytes(),
            Self::Server(_) => 0,
        }
    }

    /// Measures that size again.
    pub async fn measure(&self) -> Result<u64, JournalError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.watched(sqlite.measure().await),
            Self::Memory(_) | Self::Server(_) => Ok(self.bytes()),
        }
    }

    pub async fn close(&self) {
        match self {
            Self::Sqlite(sqlite) => sqlite.close().await,
            Self::Server(server) => server.close().await,
            Self::Memory(_) => {}
        }
    }

    /// The store, if several runners share it.
    pub fn shared(&self) -> Option<&Server> {
        match self {
            Self::Server(server) => Some(server),
            Self::Sqlite(_) | Self::Memory(_) => None,
        }
    }
}
