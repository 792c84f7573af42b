//! Whether a move is the swap at the start of a migration, or the way back after one. nova's requests for both look the
//! same.

use super::Proxy;
use super::move_request::MoveRequest;
use crate::clients::cloud::Cloud;
use crate::contract::{ServerState, Task};
use crate::journal::{JournalError, TaskQuery};
use crate::runner::{Reader, Runner};

/// The newest tasks of a consumer that are looked at. A server has a few in a migration.
const TASKS: u32 = 64;

/// The direction of a move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// A server's allocations go to its migration record, or it is not known and the target holds nothing.
    Swap,
    /// A migration record's allocations go back to its server.
    Back,
    /// It is not known, and the target holds something.
    Unknown,
}

impl Proxy {
    /// By the swaps that this process has seen; then by the journal's tasks; then by nova. A pair that is not known is a swap if
    /// the target holds nothing: the rules then do what the client asks for.
    pub(super) async fn direction(&self, asked: &MoveRequest) -> Direction {
        let known = match self.0.seen.target_is_new(&asked.source, &asked.target) {
            Some(known) => Some(known),
            None => self.by_tasks_or_nova(asked).await,
        };
        let known = match known {
            // The rules would take a consumer of another service, which nova has never had, for a deleted server.
            Some(false) if !self.nova_may_know(&asked.target).await => None,
            known => known,
        };
        match known {
            Some(true) => Direction::Swap,
            Some(false) => Direction::Back,
            None if asked.target_generation.is_none() => Direction::Swap,
            None => Direction::Unknown,
        }
    }

    /// Whether a consumer is, was or may be a server of nova's.
    async fn nova_may_know(&self, server: &str) -> bool {
        let Some(cloud) = self.0.runner.upstream().now().ok().and_then(|connected| connected.nova) else { return true };
        let is_gone = cloud.find_server(server, false).await.is_ok_and(|answer| answer.state == ServerState::Gone);
        if !is_gone {
            return true;
        }
        let migrations = cloud.migrations_of(server).await;
        migrations.is_ok_and(|all| !all.known.is_empty()) || cloud.has_deleted(server).await.unwrap_or(true)
    }

    async fn by_tasks_or_nova(&self, asked: &MoveRequest) -> Option<bool> {
        match by_tasks(&self.0.runner, asked).await {
            Ok(Some(known)) => return Some(known),
            Ok(None) => {}
            Err(error) => tracing::warn!("earlier moves of {} are not known: {error}", asked.source),
        }
        let cloud = self.0.runner.upstream().now().ok()?.nova?;
        by_nova(&cloud, asked).await
    }
}

/// By a move between the two in the journal.
async fn by_tasks(runner: &Runner, asked: &MoveRequest) -> Result<Option<bool>, JournalError> {
    let query = TaskQuery { consumer: Some(asked.source.clone()), limit: TASKS, ..TaskQuery::default() };
    for summary in runner.journal().tasks(&query).await? {
        let Some(view) = runner.task(&summary.id, Reader::Observer).await? else { continue };
        if let Some(known) = of_task(&view.task, asked) {
            return Ok(Some(known));
        }
    }
    Ok(None)
}

/// What an earlier task says of a move between the same two.
fn of_task(task: &Task, asked: &MoveRequest) -> Option<bool> {
    let (from, to, is_new) = match task {
        Task::Move(task) => (&task.source, &task.target, task.target_is_new),
        Task::Replace(task) => (&task.server, &task.migration, true),
        Task::Revert(task) => (&task.migration, &task.server, false),
        _ => return None,
    };
    if (from, to) == (&asked.source, &asked.target) {
        return Some(is_new);
    }
    ((to, from) == (&asked.source, &asked.target)).then_some(!is_new)
}

/// By whether nova has the source or the target as a server, or knows one as the other's migration record.
async fn by_nova(cloud: &Cloud, asked: &MoveRequest) -> Option<bool> {
    let (source, target) =
        tokio::join!(cloud.find_server(&asked.source, false), cloud.find_server(&asked.target, false));
    let exists = |state| matches!(state, ServerState::Present | ServerState::Deleting);
    match (source.ok()?.state, target.ok()?.state) {
        (source, target) if exists(source) != exists(target) => return Some(exists(source)),
        _ => {}
    }
    let has = async |server: &str, migration: &str| {
        let known = cloud.migrations_of(server).await.map(|all| all.known).unwrap_or_default();
        known.iter().any(|known| known.uuid.as_str() == migration)
    };
    if has(&asked.target, &asked.source).await {
        return Some(false);
    }
    has(&asked.source, &asked.target).await.then_some(true)
}
