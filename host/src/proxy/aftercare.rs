//! Migration records that may be left holding allocations: their server was deleted, or the client of the swap did not get
//! its answer, also because the service stopped. Each becomes a task `release`, whose rules ask nova again.

use std::time::Duration;

use super::Proxy;
use super::answer::Ended;
use crate::contract::{ReleaseTask, Task};
use crate::http::RequestId;
use crate::journal::{JournalError, State, TaskQuery};
use crate::runner::{Reader, Submission};

/// The newest tasks of a server that are looked at.
const TASKS: u32 = 8;
/// The newest open tasks that are looked at after a start; `tasks.open` is 10,000 by default.
const OPEN: u32 = 10_000;
/// How long such a task may take to its end.
const TO_THE_END: Duration = Duration::from_secs(10 * 60);

impl Proxy {
    /// The allocations of this consumer were deleted, as nova does at the end of a server.
    pub(super) fn look_after_deleted(&self, consumer: String, after: Duration) {
        let proxy = self.clone();
        tokio::spawn(async move {
            let migration = match proxy.0.seen.migration_of(&consumer) {
                Some(migration) => Some(migration),
                None => proxy.migration_in_journal(&consumer).await.unwrap_or_else(|error| {
                    tracing::warn!("the migrations of the deleted {consumer} are not known: {error}");
                    None
                }),
            };
            if let Some(migration) = migration {
                proxy.look_after(consumer, migration, after);
            }
        });
    }

    /// Looks at the record of a migration after this time.
    pub(super) fn look_after(&self, server: String, migration: String, after: Duration) {
        let proxy = self.clone();
        tokio::spawn(async move {
            tokio::select! {
                () = tokio::time::sleep(after) => proxy.release(server, migration).await,
                () = proxy.0.runner.stopping() => {}
            }
        });
    }

    /// The clients of the swaps that are open at the start of the service have lost their connections, and take them for failed.
    pub(super) async fn look_after_open(&self) {
        let (runner, query) =
            (&self.0.runner, TaskQuery { states: vec![State::Open], limit: OPEN, ..TaskQuery::default() });
        let open = match runner.journal().tasks(&query).await {
            Ok(open) => open,
            Err(error) => return tracing::warn!("open swaps are not looked after: {error}"),
        };
        for summary in open {
            if let Ok(Some(view)) = runner.task(&summary.id, Reader::Observer).await
                && let Task::Move(task) = view.task
                && task.target_is_new
            {
                let proxy = self.clone();
                tokio::spawn(async move {
                    proxy.0.runner.wait_settled(&summary.id, TO_THE_END).await;
                    proxy.look_after(task.source, task.target, proxy.config().release_after);
                });
            }
        }
    }

    async fn release(&self, server: String, migration: String) {
        // Without nova, the rules cannot know what is right.
        if !self.0.runner.upstream().now().is_ok_and(|connected| connected.nova.is_some()) {
            return;
        }
        let task = Task::Release(ReleaseTask { consumer: migration.clone(), server });
        let submission = Submission { task, server: None, key: None, request_id: RequestId::new().0 };
        match self.0.runner.submit(submission).await {
            Ok((id, _)) => tracing::info!(task = id, migration, "looking at the record of a migration"),
            Err(error) => tracing::warn!(migration, "the record of a migration is not looked at: {error}"),
        }
    }

    /// The record to which the newest swap of the journal gave this server's allocations.
    async fn migration_in_journal(&self, server: &str) -> Result<Option<String>, JournalError> {
        let runner = &self.0.runner;
        let query = TaskQuery { consumer: Some(server.to_owned()), limit: TASKS, ..TaskQuery::default() };
        for summary in runner.journal().tasks(&query).await? {
            if let Some(view) = runner.task(&summary.id, Reader::Observer).await?
                && let Task::Move(task) = &view.task
                && task.target_is_new
                && task.source == server
            {
                return Ok((Ended::of(&view) == Ended::Done).then(|| task.target.clone()));
            }
        }
        Ok(None)
    }
}
