//! Going on after a stop, whether it was a stop or an end, and with tasks that were parked.

use std::sync::Arc;
use std::time::Duration;

use rand::Rng;

use super::found::Found;
use super::ledger::Ledger;
use super::live::Live;
use super::room::Place;
use super::turns::Ticket;
use super::work::Work;
use super::{ResumeError, Runner, SubmitError};
use crate::contract::CONTRACT;
use crate::joined::joined;
use crate::journal::{Entry, Event, JournalError, Resumed, State, Summary, now};
use crate::library::LibraryError;
use crate::policy::{Digest, Policy};
use crate::record::PolicyName;

/// More tasks than this do not all go on in the moment of the start: what they ask may have been started again, too.
const AT_ONCE: usize = 64;
/// They are spread over this time.
const SPREAD: Duration = Duration::from_secs(1);

/// A parked task keeps its place: nobody moves what it may have half moved.
pub struct Parked {
    ticket: Arc<Ticket>,
}

impl Runner {
    pub(super) async fn recover(&self) -> Result<(), JournalError> {
        let mut open = self.journal().open_tasks().await?;
        // Those that had begun had their turn already.
        open.sort_by_key(|summary| (summary.entries == 1, summary.number));
        if !open.is_empty() {
            tracing::info!("{} tasks are open from before", open.len());
        }
        let spread = if open.len() > AT_ONCE { SPREAD } else { Duration::ZERO };
        for summary in open {
            let entries = self.journal().entries(&summary.id).await?;
            let consumers = self.journal().consumers(&summary.id).await?;
            let ticket = Arc::new(self.0.turns.enter(&summary.id, consumers));
            if summary.state == State::Parked {
                self.park(&summary.id, ticket);
                continue;
            }
            match self.ready(&entries).await {
                Ok((found, policy)) => {
                    let rest = rand::rng().random_range(Duration::ZERO..=spread);
                    let place = self.0.room.enter_again(found.bytes());
                    self.go_on(&summary, found, policy, ticket, place, rest);
                }
                Err(why) => self.park_because(&summary, ticket, why).await?,
            }
        }
        Ok(())
    }

    /// What a task goes on with, or why it cannot.
    async fn ready(&self, entries: &[Entry]) -> Result<(Found, Arc<Policy>), String> {
        let found = Found::of(entries).map_err(|error| error.to_string())?;
        let policy = self.policy_of(&found).await?;
        Ok((found, policy))
    }

    async fn policy_of(&self, found: &Found) -> Result<Arc<Policy>, String> {
        if found.opened.contract != CONTRACT {
            let contract = &found.opened.contract;
            return Err(format!("it was begun under the contract {contract}, and this program speaks {CONTRACT}"));
        }
        let load = async { self.library().deciding(found.policy.digest.parse()?).await };
        load.await.map_err(|error: LibraryError| {
            let PolicyName { name, version, digest } = &found.policy;
            match error {
                LibraryError::Distrusted(why) => format!(
                    "its policy {name} {version} (sha256 {digest}) may not decide any more: {why}; push it with a \
                     signature by one of policies.trusted_keys and resume it, or resume it under another policy"
                ),
                error => format!("its policy {name} cannot be loaded: {error}; resume it under a policy that is here"),
            }
        })
    }

    fn go_on(
        &self,
        summary: &Summary,
        found: Found,
        policy: Arc<Policy>,
        ticket: Arc<Ticket>,
        place: Place,
        rest: Duration,
    ) {
        let Found { opened, history, pending, replied, .. } = found;
        let ledger = Ledger::new(self.journal().clone(), summary.id.clone(), summary.entries);
        let live = Live::new(ledger, summary.id.clone(), ticket, self.before(replied));
        self.live().insert(summary.id.clone(), live.clone());
        self.begin(Work { live, policy, opened, history, pending, place: Arc::new(place), rest });
    }

    async fn park_because(&self, summary: &Summary, ticket: Arc<Ticket>, why: String) -> Result<(), JournalError> {
        tracing::error!(task = summary.id, "parked: {why}");
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
        joined(resuming).await.ok_or(SubmitError::Stopping)?
    }

    async fn unpark(&self, id: &str, policy: Option<Digest>) -> Result<(), ResumeError> {
        let summary = self.journal().task(id).await?.ok_or_else(|| ResumeError::NoTask(id.to_owned()))?;
        let entries = self.journal().entries(id).await?;
        let found = Found::of(&entries).map_err(|why| ResumeError::NotUnderstood { task: id.to_owned(), why })?;
        let digest = policy.map_or_else(|| found.policy.digest.parse().map_err(LibraryError::from), Ok)?;
        let policy = self.library().deciding(digest).await?;
        let place = self.0.room.enter(found.bytes())?;
        let Some(Parked { ticket }) = self.parked().remove(id) else {
            return Err(ResumeError::NotParked(id.to_owned()));
        };
        let event = Event::Resumed(Resumed { policy: PolicyName::from(policy.as_ref()) });
        let entry = Entry { task: id.to_owned(), number: summary.entries, at: now(), event };
        if let Err(error) = self.journal().append(vec![entry]).await {
            self.park(id, ticket);
            return Err(error.into());
        }
        self.count_parked();
        let summary = Summary { entries: summary.entries + 1, ..summary };
        self.go_on(&summary, found, policy, ticket, place, Duration::ZERO);
        Ok(())
    }
}
