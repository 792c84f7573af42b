//! The seam: what a place for journals must do, and what it tells.

use serde::{Deserialize, Serialize};

use super::memory::Memory;
use super::sqlite::Sqlite;
use super::{Entry, JournalError, Outline};

/// Where entries are kept.
#[derive(Debug)]
pub enum Store {
    Sqlite(Sqlite),
    Memory(Memory),
}

/// Where a task is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// It has been accepted and has not ended; a running service says more of it.
    Open,
    /// It goes on no further until it is resumed.
    Parked,
    /// It has ended with an outcome.
    Finished,
    /// It has ended without one.
    Failed,
}

/// A task without its history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// Its id.
    pub id: String,
    /// Its place in the order of opening.
    pub number: i64,
    /// Where it is.
    pub state: State,
    /// How many entries it has.
    pub entries: u32,
    /// When it was opened, in milliseconds since 1970.
    pub created_at: u64,
    /// When its last entry was written.
    pub updated_at: u64,
}

/// Which tasks to tell.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// Only tasks that are so.
    pub states: Vec<State>,
    /// Only tasks of this consumer.
    pub consumer: Option<String>,
    /// Only tasks that ended with an outcome of this kind, or a failure of this code.
    pub outcome: Option<String>,
    /// At most this many.
    pub limit: u32,
    /// Only tasks opened before the one with this number.
    pub before: Option<i64>,
}

/// A policy that was ever used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// SHA-256 of its component, in hexadecimal.
    pub digest: String,
    /// By its own words.
    pub name: String,
    /// By its own words.
    pub version: String,
    /// Who vouches for it: an ed25519 signature of the component, in base64.
    pub signature: Option<String>,
    /// When it came, in milliseconds since 1970.
    pub added_at: u64,
}

/// The same with its component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptPolicy {
    /// What is known of it.
    pub kept: Kept,
    /// The component file.
    pub component: Vec<u8>,
}

impl State {
    /// As it is kept.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Parked => "parked",
            Self::Finished => "finished",
            Self::Failed => "failed",
        }
    }

    /// The state of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::Open, Self::Parked, Self::Finished, Self::Failed].into_iter().find(|state| state.name() == name)
    }
}

/// Each of these is the same in both kinds.
macro_rules! either {
    ($($name:ident($($argument:ident: $type:ty),*) -> $result:ty;)*) => {
        impl Store {
            $(
                pub async fn $name(&self, $($argument: $type),*) -> Result<$result, JournalError> {
                    match self {
                        Self::Sqlite(sqlite) => sqlite.$name($($argument),*).await,
                        Self::Memory(memory) => memory.$name($($argument),*),
                    }
                }
            )*
        }
    };
}

either! {
    append(batch: &[Entry]) -> ();
    open_tasks() -> Vec<Summary>;
    tasks(page: &Page) -> Vec<Summary>;
    task(id: &str) -> Option<Summary>;
    task_of_key(key: &str) -> Option<Summary>;
    entries(task: &str) -> Vec<Entry>;
    outline(task: &str) -> Option<Outline>;
    consumers(task: &str) -> Vec<String>;
    keep_policy(policy: &KeptPolicy) -> ();
    policy(digest: &str) -> Option<KeptPolicy>;
    policies() -> Vec<Kept>;
    setting(name: &str) -> Option<String>;
    set(settings: &[(&str, Option<String>)]) -> ();
    probe() -> ();
    measure() -> u64;
    newest() -> Option<u64>;
    ended() -> u64;
    forget_first(most: u64) -> u64;
    forget_before(at: u64, most: u64) -> u64;
}

impl Store {
    pub fn bytes(&self) -> u64 {
        match self {
            Self::Sqlite(sqlite) => sqlite.bytes(),
            Self::Memory(memory) => memory.bytes(),
        }
    }

    pub async fn close(&self) {
        if let Self::Sqlite(sqlite) = self {
            sqlite.close().await;
        }
    }
}
