//! Accepts replies of callers to the questions of tasks.

use super::entry_writer::LockedEntryWriter;
use super::questions::ReplyCheck;
use super::restore::RestoredTask;
use super::task_handle::TaskHandle;
use super::{ReplyError, Runner};
use crate::contract::{Effect, Exchange, Reply};
use crate::engine::migration_in_answer;
use crate::journal::{Event, JournalError};
use crate::validate;

impl Runner {
    /// Accepts the reply to an effect that only the caller can answer; it is durable when this returns. Repeating the
    /// same reply has no effect.
    ///
    /// # Errors
    /// The task does not wait for this reply. It still waits for the right one.
    pub async fn reply(&self, id: &str, index: usize, reply: Reply) -> Result<(), ReplyError> {
        // In a separate tokio task: if the request is dropped, a reply that is in the journal must still be delivered.
        let (runner, id) = (self.clone(), id.to_owned());
        let taking = self.0.deps.threads.spawn(async move { runner.take(&id, index, reply).await });
        taking.await.map_err(|_| JournalError::new("the service is stopping"))?
    }

    /// Restarts the timeout of the task's questions, because the caller still works on the reply.
    ///
    /// # Errors
    /// The task does not exist, has ended, is parked, or does not wait for a reply.
    pub async fn heartbeat(&self, id: &str) -> Result<(), ReplyError> {
        let handle = self.handles().get(id).cloned();
        if handle.is_some() {
            self.0.deps.upstream.now().map_err(ReplyError::Starting)?;
        }
        match handle {
            Some(handle) if handle.questions.heartbeat() => Ok(()),
            None if self.journal().task(id).await?.is_none() => Err(ReplyError::NoTask(id.to_owned())),
            _ => Err(ReplyError::AsksNothing(id.to_owned())),
        }
    }

    async fn take(&self, id: &str, index: usize, reply: Reply) -> Result<(), ReplyError> {
        let handle = self.handles().get(id).cloned();
        if handle.is_some() {
            self.0.deps.upstream.now().map_err(ReplyError::Starting)?;
        }
        let Some(handle) = handle else { return self.replied_before(id, index, &reply).await };
        let task = id.to_owned();
        // One reply at a time, so that a repeated reply is confirmed only when the first one is durable.
        let mut writer = handle.writer.lock().await;
        match handle.questions.check_reply(index, &reply) {
            ReplyCheck::Repeated => Ok(()),
            ReplyCheck::Yes(effect) => {
                let migration = validate_reply(&handle, &effect, index, &reply);
                let exchange = Box::new(Exchange::new(effect, reply.clone()));
                let written = match migration {
                    Ok(migration) => store(&mut writer, &handle, Event::Replied { index, exchange }, migration).await,
                    refused => refused.map(drop),
                };
                if written.is_err() {
                    handle.questions.decline(index);
                    return written;
                }
                handle.questions.deliver(index, reply);
                Ok(())
            }
            ReplyCheck::TooLate => Err(ReplyError::TooLate { task, index }),
            ReplyCheck::Otherwise => Err(ReplyError::Otherwise { task, index }),
            ReplyCheck::OtherKind(effect, wanted) => {
                let given = reply.name().to_owned();
                Err(ReplyError::OtherKind { task, index, effect, wanted, given })
            }
            ReplyCheck::NotAsked => match self.replied_before(id, index, &reply).await {
                Err(ReplyError::NotAsked { .. }) => Err(ReplyError::NotAsked { task, index, waits: waits(&handle) }),
                other => other,
            },
        }
    }

    async fn replied_before(&self, id: &str, index: usize, reply: &Reply) -> Result<(), ReplyError> {
        let task = id.to_owned();
        let entries = self.journal().entries(id).await?;
        if entries.is_empty() {
            return Err(ReplyError::NoTask(task));
        }
        let restored =
            RestoredTask::from_entries(&entries).map_err(|why| JournalError::new(format!("task {id}: {why}")))?;
        let history = restored.history;
        match history.get(index) {
            Some(exchange) if exchange.reply == *reply => Ok(()),
            Some(Exchange { reply: Reply::Abandoned(_), .. }) => Err(ReplyError::TooLate { task, index }),
            Some(Exchange { reply: Reply::Unreachable(_), effect, .. }) if effect.answered_by().is_some() => {
                Err(ReplyError::TooLate { task, index })
            }
            Some(_) => Err(ReplyError::Otherwise { task, index }),
            None => Err(ReplyError::NotAsked { task, index, waits: "nothing".into() }),
        }
    }
}

/// Writes a reply, and locks the migration record that it names among all runners.
async fn store(
    writer: &mut LockedEntryWriter<'_>,
    handle: &TaskHandle,
    replied: Event,
    migration: Option<String>,
) -> Result<(), ReplyError> {
    let Some(migration) = migration else {
        writer.write(replied).await;
        return Ok(());
    };
    writer.write_locking(replied, migration.clone()).await.map_err(|other| {
        if let Some(guard) = handle.guard() {
            guard.part(&migration);
        }
        ReplyError::Taken { migration, other }
    })
}

/// Validates the reply, and locks a migration record that it names for the task, among the tasks of this runner. Returns that
/// record if the task did not have it before.
fn validate_reply(
    handle: &TaskHandle,
    effect: &Effect,
    index: usize,
    reply: &Reply,
) -> Result<Option<String>, ReplyError> {
    validate::reply(effect, reply).map_err(|invalid| ReplyError::Invalid {
        task: handle.id.clone(),
        index,
        effect: effect.name(),
        invalid,
    })?;
    let exchange = Exchange::new(effect.clone(), reply.clone());
    let (Some(record), Some(guard)) = (migration_in_answer(&exchange), handle.guard()) else { return Ok(None) };
    let migration = record.migration.clone();
    match guard.join(&migration) {
        Ok(is_new) => Ok(is_new.then_some(migration)),
        Err(other) => Err(ReplyError::Taken { migration, other }),
    }
}

fn waits(handle: &TaskHandle) -> String {
    let (waits, _until) = handle.questions.waits();
    let waits: Vec<_> = waits.iter().map(|(index, _)| index.to_string()).collect();
    if waits.is_empty() { "nothing".into() } else { format!("index {}", waits.join(", ")) }
}
