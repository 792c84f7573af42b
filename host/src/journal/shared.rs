//! What several runners on one database do with the journal, besides what each runner does. A journal that belongs to one
//! runner has no other runners, and its locks are in the runner's memory.

use std::borrow::Cow;

use super::{Entry, Journal, JournalError, Summary};
use crate::contract::TaskKind;

/// The setting with a policy's digest and how often it has failed in a row, at all runners. A kind of task that is counted by
/// itself has one of its own, which the change of the roles makes.
pub const FAILURES: &str = "failures";

/// The name of a setting of this kind of task, or, without a kind, of all that have none of their own.
#[must_use]
pub fn of_kind(name: &str, kind: Option<TaskKind>) -> Cow<'_, str> {
    kind.map_or(Cow::Borrowed(name), |kind| Cow::Owned(format!("{name}/{}", kind.name())))
}

/// A request for locks of consumers, in the transaction of the entries with which it is sent. If they cannot be taken,
/// nothing is written. One runner alone keeps its locks in memory, and its store ignores this.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lock {
    /// All consumers of a task that is opened, unless an older task holds one or waits for one.
    InTurn {
        /// The task.
        task: String,
    },
    /// A consumer that a running task learns of, before the tasks that wait for it.
    Ahead {
        /// The task.
        task: String,
        /// The consumer.
        consumer: String,
    },
}

/// A runner, as the others see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunnerRow {
    /// Its id, new at each start.
    pub id: String,
    /// Its machine and process.
    pub name: String,
    /// Where other runners reach it; empty if nowhere.
    pub url: String,
    /// `alive`, `stopped` or `dead`.
    pub state: String,
    /// How many of its tasks others have taken.
    pub taken: u64,
    /// How many open tasks belong to it.
    pub tasks: u64,
    /// Whether it is this one.
    pub is_this: bool,
}

impl Lock {
    /// The task, if it is opened.
    #[must_use]
    pub fn task_in_turn(&self) -> Option<&str> {
        match self {
            Self::InTurn { task } => Some(task),
            Self::Ahead { .. } => None,
        }
    }
}

impl Journal {
    /// Whether other runners may use the journal.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        self.store.shared().is_some()
    }

    /// A task with all its entries, in order.
    pub async fn whole(&self, task: &str) -> Result<Option<(Summary, Vec<Entry>)>, JournalError> {
        if let Some(server) = self.store.shared() {
            return server.whole(task).await;
        }
        match self.task(task).await? {
            Some(summary) => Ok(Some((summary, self.entries(task).await?))),
            None => Ok(None),
        }
    }

    /// Locks all consumers of an open task that has no locks yet. Returns the task that must end first, if one must.
    pub async fn lock(&self, task: &str) -> Result<Option<String>, JournalError> {
        match self.store.shared() {
            Some(server) => server.lock(task).await,
            None => Ok(None),
        }
    }

    /// Takes the open tasks of runners that have stopped, or that were silent for long. Returns whether
    /// [`open_tasks`](Self::open_tasks) may have tasks that this runner does not know.
    pub async fn take_over(&self) -> Result<bool, JournalError> {
        match self.store.shared() {
            Some(server) => server.take_over().await,
            None => Ok(false),
        }
    }

    /// All runners; none if only this one can use the journal.
    pub async fn runners(&self) -> Result<Vec<RunnerRow>, JournalError> {
        match self.store.shared() {
            Some(server) => server.runners().await,
            None => Ok(Vec::new()),
        }
    }

    /// The other runner to which this open task belongs; `None` if it is this one, or the task has ended.
    pub async fn other_runner_of(&self, task: &str) -> Result<Option<RunnerRow>, JournalError> {
        match self.store.shared() {
            Some(server) => server.other_runner_of(task).await,
            None => Ok(None),
        }
    }

    /// The version of the policies' roles, which each change of them changes.
    pub async fn roles_version(&self) -> Result<String, JournalError> {
        match self.store.shared() {
            Some(server) => server.roles_version().await,
            None => Ok(String::new()),
        }
    }

    /// Changes the settings that are the roles of policies. Returns the new version; `None` if another runner has changed the
    /// roles since they had this version.
    pub async fn set_roles(
        &self,
        version: &str,
        settings: &[(&str, Option<String>)],
    ) -> Result<Option<String>, JournalError> {
        match self.store.shared() {
            Some(server) => server.set_roles(version, settings).await,
            None => self.set(settings).await.map(|()| Some(String::new())),
        }
    }

    /// Deletes a policy with its component. Returns the new version of the roles; `None` if another runner has changed the roles
    /// since they had this version.
    pub async fn remove_policy(&self, version: &str, digest: &str) -> Result<Option<String>, JournalError> {
        match self.store.shared() {
            Some(server) => server.remove_policy(version, digest).await,
            None => self.store.forget_policy(digest).await.map(|_| Some(String::new())),
        }
    }

    /// How often this policy has failed in a row at all runners, in tasks of this kind if it is counted by itself; `None` if only
    /// this runner can use the journal.
    pub async fn failures(&self, kind: Option<TaskKind>, digest: &str) -> Result<Option<u32>, JournalError> {
        match self.store.shared() {
            Some(server) => server.failures(kind, digest).await.map(Some),
            None => Ok(None),
        }
    }

    /// Counts one more failure of this policy. Returns how often it has failed in a row at all runners; `None` if only this one
    /// can use the journal.
    pub async fn add_failure(&self, kind: Option<TaskKind>, digest: &str) -> Result<Option<u32>, JournalError> {
        match self.store.shared() {
            Some(server) => server.add_failure(kind, digest).await.map(Some),
            None => Ok(None),
        }
    }

    /// Forgets the failures of a policy, after a task that ended well.
    pub async fn forget_failures(&self, kind: Option<TaskKind>) -> Result<(), JournalError> {
        match self.store.shared() {
            Some(server) => server.forget_failures(kind).await,
            None => Ok(()),
        }
    }

    /// Checks that no other runner can have taken the tasks, so that what is in memory may be shown as their state.
    pub fn check_held(&self) -> Result<(), JournalError> {
        let away = || JournalError::new("its database was not heard of for long, so another runner may have its tasks");
        self.store.shared().is_none_or(|server| server.is_held()).then_some(()).ok_or_else(away)
    }

    /// Returns when other runners have taken this one for dead. It must then end, without any further write.
    pub async fn lost(&self) {
        match self.store.shared() {
            Some(server) => server.lost().await,
            None => std::future::pending().await,
        }
    }
}
