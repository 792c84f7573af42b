//! Taking a caller's answers to what a task asks.

use super::desk::Taken;
use super::found::Found;
use super::live::Live;
use super::{ReplyError, Runner};
use crate::contract::{Effect, Exchange, Reply};
use crate::journal::{Event, JournalError};
use crate::policy::migration_told;
use crate::sound;

impl Runner {
    /// Takes the answer to an effect that only the caller can answer; it is durable when this returns. The same answer
    /// twice is one.
    ///
    /// # Errors
    /// It is not what the task waits for; the task waits as before.
    pub async fn reply(&self, id: &str, index: usize, reply: Reply) -> Result<(), ReplyError> {
        // Not in the caller's hands: a request that is given up must not leave an answer in the journal that the task
        // was not given.
        let (runner, id) = (self.clone(), id.to_owned());
        let taking = self.0.ground.threads.spawn(async move { runner.take(&id, index, reply).await });
        taking.await.map_err(|_| JournalError("the service is stopping".into()))?
    }

    /// Whoever answers for nova is still at it, so what the task asks has time again.
    ///
    /// # Errors
    /// There is no such task, or it has ended, is parked or asks nothing.
    pub async fn heartbeat(&self, id: &str) -> Result<(), ReplyError> {
        let live = self.live().get(id).cloned();
        if live.is_some() {
            self.0.ground.upstream.now().map_err(ReplyError::Starting)?;
        }
        match live {
            Some(live) if live.desk.alive() => Ok(()),
            None if self.journal().task(id).await?.is_none() => Err(ReplyError::NoTask(id.to_owned())),
            _ => Err(ReplyError::AsksNothing(id.to_owned())),
        }
    }

    async fn take(&self, id: &str, index: usize, reply: Reply) -> Result<(), ReplyError> {
        let live = self.live().get(id).cloned();
        if live.is_some() {
            self.0.ground.upstream.now().map_err(ReplyError::Starting)?;
        }
        let Some(live) = live else { return self.replied_before(id, index, &reply).await };
        let task = id.to_owned();
        // One at a time, so that who comes with the same answer is told when the first one's is durable.
        let mut ledger = live.ledger.open().await;
        match live.desk.fits(index, &reply) {
            Taken::Again => Ok(()),
            Taken::Yes(effect) => {
                if let Err(refused) = sound(&live, &effect, index, &reply) {
                    live.desk.decline(index);
                    return Err(refused);
                }
                let exchange = Exchange { effect, reply: reply.clone() };
                ledger.write(Event::Replied { index, exchange: Box::new(exchange) }).await;
                live.desk.deliver(index, reply);
                Ok(())
            }
            Taken::TooLate => Err(ReplyError::TooLate { task, index }),
            Taken::Otherwise => Err(ReplyError::Otherwise { task, index }),
            Taken::OtherKind(effect, wanted) => {
                let given = reply.name().to_owned();
                Err(ReplyError::OtherKind { task, index, effect, wanted, given })
            }
            Taken::NotAsked => match self.replied_before(id, index, &reply).await {
                Err(ReplyError::NotAsked { .. }) => Err(ReplyError::NotAsked { task, index, waits: waits(&live) }),
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
        let found = Found::of(&entries).map_err(|why| JournalError(format!("task {id}: {why}")))?;
        let history = found.history;
        match history.get(index) {
            Some(exchange) if exchange.reply == *reply => Ok(()),
            Some(Exchange { reply: Reply::Abandoned(_), .. }) => Err(ReplyError::TooLate { task, index }),
            Some(_) => Err(ReplyError::Otherwise { task, index }),
            None => Err(ReplyError::NotAsked { task, index, waits: "nothing".into() }),
        }
    }
}

/// Whether the answer can be right; a migration record that it names is the task's from here on.
fn sound(live: &Live, effect: &Effect, index: usize, reply: &Reply) -> Result<(), ReplyError> {
    sound::reply(effect, reply).map_err(|unsound| ReplyError::Unsound {
        task: live.id.clone(),
        index,
        effect: effect.name(),
        unsound,
    })?;
    let exchange = Exchange { effect: effect.clone(), reply: reply.clone() };
    let (Some(record), Some(ticket)) = (migration_told(&exchange), live.ticket()) else { return Ok(()) };
    let migration = record.migration.clone();
    ticket.join(&migration).map_err(|other| ReplyError::Taken { migration, other })
}

fn waits(live: &Live) -> String {
    let waits: Vec<_> = live.desk.questions().iter().map(|question| question.index.to_string()).collect();
    if waits.is_empty() { "nothing".into() } else { format!("index {}", waits.join(", ")) }
}
