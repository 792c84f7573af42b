//! Going on after a stop, whether it was a stop or an end, and with tasks that were parked.

use std::sync::Arc;

use super::live::Live;
use super::room::Place;
use super::turns::Ticket;
use super::work::Work;
use super::{ReplyError, ResumeError, Runner, SubmitError, told};
use crate::contract::{CONTRACT, Effect, Exchange, Reply};
use crate::journal::{Entry, Event, JournalError, Opened, Resumed, State, Summary, now};
use crate::library::LibraryError;
use crate::policy::{Digest, Policy};
use crate::record::PolicyName;
use crate::runner::desk::Taken;

/// A parked task keeps its place: nobody moves what it may have half moved.
pub struct Parked {
    ticket: Arc<Ticket>,
}

/// A task as the journal has it.
struct Found {
    opened: Opened,
    policy: PolicyName,
    history: Vec<Exchange>,
    pending: Vec<Effect>,
}

impl Runner {
    pub(super) async fn recover(&self) -> Result<(), JournalError> {
        let mut open = self.journal().open_tasks().await?;
        // Those that had begun had their turn already.
        open.sort_by_key(|summary| (summary.entries == 1, summary.number));
        if !open.is_empty() {
            tracing::info!("{} tasks are open from before", open.len());
        }
        for summary in open {
            let entries = self.journal().entries(&summary.id).await?;
            let found =
                Found::of(&entries).ok_or_else(|| JournalError(format!("task {} has no beginning", summary.id)))?;
            let ticket = Arc::new(self.0.turns.enter(&summary.id, found.opened.consumers()));
            if summary.state == State::Parked {
                self.park(&summary.id, ticket);
                continue;
            }
            match self.policy_of(&found).await {
                Ok(policy) => self.go_on(&summary, found, policy, ticket, self.0.room.enter_again()),
                Err(why) => self.park_because(&summary, ticket, why).await?,
            }
        }
        Ok(())
    }

    async fn policy_of(&self, found: &Found) -> Result<Arc<Policy>, String> {
        if found.opened.contract != CONTRACT {
            let contract = &found.opened.contract;
            return Err(format!("it was begun under the contract {contract}, and this program speaks {CONTRACT}"));
        }
        let load = async { self.library().policy(found.policy.digest.parse()?).await };
        load.await.map_err(|error: LibraryError| format!("its policy {} cannot be loaded: {error}", found.policy.name))
    }

    fn go_on(&self, summary: &Summary, found: Found, policy: Arc<Policy>, ticket: Arc<Ticket>, place: Place) {
        let live = Live::new(summary.id.clone(), ticket);
        self.live().insert(summary.id.clone(), live.clone());
        let Found { opened, history, pending, .. } = found;
        self.begin(Work { live, policy, opened, history, pending, number: summary.entries, place });
    }

    async fn park_because(&self, summary: &Summary, ticket: Arc<Ticket>, why: String) -> Result<(), JournalError> {
        tracing::error!(task = summary.id, "parked: {why}; resume it under a policy that is here");
        let (task, number) = (summary.id.clone(), summary.entries);
        self.journal().append(vec![Entry { task, number, at: now(), event: Event::Parked(why) }]).await?;
        self.park(&summary.id, ticket);
        Ok(())
    }

    pub(super) fn park(&self, id: &str, ticket: Arc<Ticket>) {
        self.parked().insert(id.to_owned(), Parked { ticket });
        self.count_parked();
    }

    #[expect(clippy::cast_precision_loss, reason = "nobody parks 2^52 tasks")]
    fn count_parked(&self) {
        metrics::gauge!("swaparoo_tasks_parked").set(self.parked().len() as f64);
    }

    /// Lets a parked task go on, under its own policy or another.
    ///
    /// # Errors
    /// It is not parked, or the policy is not had; then it stays as it is.
    pub async fn resume(&self, id: &str, policy: Option<Digest>) -> Result<(), ResumeError> {
        // Not in the caller's hands: a request that is given up in mid-commit must not leave a task that nobody runs.
        let (runner, id) = (self.clone(), id.to_owned());
        let resuming = self.0.ground.threads.spawn(async move { runner.unpark(&id, policy).await });
        resuming.await.map_err(|_| SubmitError::Stopping)?
    }

    async fn unpark(&self, id: &str, policy: Option<Digest>) -> Result<(), ResumeError> {
        let summary = self.journal().task(id).await?.ok_or_else(|| ResumeError::NoTask(id.to_owned()))?;
        let entries = self.journal().entries(id).await?;
        let found = Found::of(&entries).ok_or_else(|| ResumeError::NoTask(id.to_owned()))?;
        let digest = policy.map_or_else(|| found.policy.digest.parse().map_err(LibraryError::from), Ok)?;
        let policy = self.library().policy(digest).await?;
        let place = self.0.room.enter().ok_or(SubmitError::TooMany(self.0.ground.open))?;
        let Some(Parked { ticket }) = self.parked().remove(id) else {
            return Err(ResumeError::NotParked(id.to_owned()));
        };
        let event = Event::Resumed(Resumed { policy: PolicyName::of(&policy) });
        let entry = Entry { task: id.to_owned(), number: summary.entries, at: now(), event };
        if let Err(error) = self.journal().append(vec![entry]).await {
            self.park(id, ticket);
            return Err(error.into());
        }
        self.count_parked();
        let summary = Summary { entries: summary.entries + 1, ..summary };
        self.go_on(&summary, found, policy, ticket, place);
        Ok(())
    }

    /// Takes the answer to an effect that only the caller can answer. The same answer twice is one.
    ///
    /// # Errors
    /// It is not what the task waits for; the task waits as before.
    pub async fn reply(&self, id: &str, index: usize, reply: Reply) -> Result<(), ReplyError> {
        let live = self.live().get(id).cloned();
        let Some(live) = live else { return self.replied_before(id, index, &reply).await };
        let task = id.to_owned();
        match live.desk.answer(index, reply.clone()) {
            Taken::Yes | Taken::Again => live.keeps(index).await,
            Taken::Otherwise => return Err(ReplyError::Otherwise { task, index }),
            Taken::OtherKind(effect, wanted) => {
                let given = told::reply_kind(&reply);
                return Err(ReplyError::OtherKind { task, index, effect, wanted, given });
            }
            Taken::NotAsked => {
                let questions = live.desk.questions();
                let waits: Vec<_> = questions.iter().map(|question| question.index.to_string()).collect();
                let waits = if waits.is_empty() { "nothing".into() } else { format!("index {}", waits.join(", ")) };
                return match self.replied_before(id, index, &reply).await {
                    Err(ReplyError::NotAsked { .. }) => Err(ReplyError::NotAsked { task, index, waits }),
                    other => other,
                };
            }
        }
        Ok(())
    }

    async fn replied_before(&self, id: &str, index: usize, reply: &Reply) -> Result<(), ReplyError> {
        let task = id.to_owned();
        let entries = self.journal().entries(id).await?;
        let Some(found) = Found::of(&entries) else { return Err(ReplyError::NoTask(task)) };
        match found.history.get(index) {
            Some(exchange) if exchange.reply == *reply => Ok(()),
            Some(_) => Err(ReplyError::Otherwise { task, index }),
            None => Err(ReplyError::NotAsked { task, index, waits: "nothing".into() }),
        }
    }
}

impl Found {
    fn of(entries: &[Entry]) -> Option<Self> {
        let opened = told::opened(entries)?.clone();
        let mut found = Self { policy: opened.policy.clone(), opened, history: Vec::new(), pending: Vec::new() };
        for entry in entries {
            match &entry.event {
                Event::Asked(effects) => found.pending.clone_from(effects),
                Event::Answered(exchanges) => {
                    found.pending.clear();
                    found.history.extend_from_slice(exchanges);
                }
                Event::Resumed(resumed) => found.policy = resumed.policy.clone(),
                Event::Opened(_) | Event::Shadowed(_) | Event::Parked(_) | Event::Ended(_) => {}
            }
        }
        Some(found)
    }
}
