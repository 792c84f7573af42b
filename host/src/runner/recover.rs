//! Continues open tasks after a restart or a crash, and resumes parked tasks.

use std::sync::Arc;

use super::admission::AdmissionPermit;
use super::consumer_locks::ConsumerGuard;
use super::continuation::parting;
use super::entry_writer::EntryWriter;
use super::recovery_turns::RecoveryTurns;
use super::restore::RestoredTask;
use super::run::RunnableTask;
use super::task_handle::TaskHandle;
use super::{ResumeError, Runner, SubmitError};
use crate::contract::{VERSION, Version};
use crate::engine::{Digest, Policy};
use crate::joined::joined;
use crate::journal::{Entry, Event, JournalError, Progress, Resumed, State, Summary, now};
use crate::record::PolicyName;
use crate::registry::RegistryError;
use crate::task_clock::TaskClock;

/// Why a task does not continue at the start.
enum NotReady {
    /// An operator must look at it.
    Lasts(String),
    /// It continues at another start.
    Passes(RegistryError),
}

/// A parked task. It keeps the locks of its consumers, because it may have moved only a part of their allocations.
pub struct ParkedTask {
    guard: Arc<ConsumerGuard>,
}

impl Runner {
    pub(super) async fn recover(&self) -> Result<(), RegistryError> {
        self.journal().take_over().await?;
        self.continue_open(&RecoveryTurns::default()).await
    }

    /// Continues all open tasks of this runner that it does not run yet.
    pub(super) async fn continue_open(&self, turns: &RecoveryTurns) -> Result<(), RegistryError> {
        // A task that is being resumed is neither running nor parked for a moment.
        let _alone = self.0.policies.lock().await;
        let mut open = self.journal().open_tasks().await?;
        open.retain(|summary| !self.knows(&summary.id));
        // Tasks that had started come first, because they had already locked their consumers.
        open.sort_by_key(|summary| (summary.entries == 1, summary.number));
        if !open.is_empty() {
            tracing::info!("continuing {} open tasks", open.len());
        }
        for summary in open {
            // It may have ended since it was listed, and its handle be gone. Its end is in the journal before.
            match self.journal().task(&summary.id).await? {
                Some(now) if matches!(now.state, State::Open | State::Parked) => self.continue_one(&now, turns).await?,
                _ => {}
            }
        }
        Ok(())
    }

    async fn continue_one(&self, summary: &Summary, turns: &RecoveryTurns) -> Result<(), RegistryError> {
        let entries = self.journal().entries(&summary.id).await?;
        let consumers = self.journal().consumers(&summary.id).await?;
        let guard = Arc::new(if self.has_locked(summary) {
            self.0.consumer_locks.enqueue_first(&summary.id, consumers)
        } else {
            self.0.consumer_locks.enqueue(&summary.id, consumers)
        });
        if summary.state == State::Parked {
            self.park(&summary.id, guard);
            return Ok(());
        }
        match self.restore(&entries).await {
            Ok((restored, policy)) => {
                let permit = self.0.admission.readmit(restored.bytes());
                self.go_on(summary, restored, policy, guard, permit, Some(turns.clone()));
                Ok(())
            }
            Err(NotReady::Lasts(why)) => Ok(self.park_because(summary, guard, why).await?),
            // The task continues at another start, without an operator.
            Err(NotReady::Passes(error)) => Err(error),
        }
    }

    fn knows(&self, id: &str) -> bool {
        self.handles().contains_key(id) || self.parked().contains_key(id)
    }

    /// Whether the task has locked its consumers among all runners.
    pub(super) fn has_locked(&self, summary: &Summary) -> bool {
        self.journal().is_shared() && summary.progress != Progress::Queued
    }

    /// The state with which a task continues, or why it cannot.
    async fn restore(&self, entries: &[Entry]) -> Result<(RestoredTask, Arc<Policy>), NotReady> {
        let restored = RestoredTask::from_entries(entries).map_err(|error| NotReady::Lasts(error.to_string()))?;
        let policy = self.policy_of(&restored).await?;
        let policy = restored.configured(policy).map_err(|error| NotReady::Lasts(error.to_string()))?;
        Ok((restored, policy))
    }

    async fn policy_of(&self, restored: &RestoredTask) -> Result<Arc<Policy>, NotReady> {
        understood(&restored.opened.contract, VERSION).map_err(NotReady::Lasts)?;
        let load = async { self.registry().deciding(restored.policy.digest.parse()?).await };
        load.await.map_err(|error: RegistryError| {
            if error.passes() {
                return NotReady::Passes(error);
            }
            let PolicyName { name, version, digest } = &restored.policy;
            NotReady::Lasts(match error {
                RegistryError::Distrusted(why) => format!(
                    "its policy {name} {version} (sha256 {digest}) may not decide any more: {why}; push it with a \
                     signature by one of policies.trusted_keys and resume it, or resume it under another policy"
                ),
                error => format!("its policy {name} cannot be loaded: {error}; resume the task under a stored policy"),
            })
        })
    }

    fn go_on(
        &self,
        summary: &Summary,
        restored: RestoredTask,
        policy: Arc<Policy>,
        guard: Arc<ConsumerGuard>,
        permit: AdmissionPermit,
        turns: Option<RecoveryTurns>,
    ) {
        let RestoredTask { opened, history, pending, replied, .. } = restored;
        let writer = EntryWriter::new(self.journal().clone(), summary.id.clone(), summary.entries);
        let (before, clock) = (self.prior_answers(replied, true), TaskClock::Since(summary.created_at));
        let handle = TaskHandle::new(writer, summary.id.clone(), guard, before, clock);
        self.handles().insert(summary.id.clone(), handle.clone());
        let (permit, locked) = (Arc::new(permit), self.has_locked(summary));
        self.spawn(RunnableTask { handle, policy, opened, history, pending, permit, turns, locked });
    }

    async fn park_because(
        &self,
        summary: &Summary,
        guard: Arc<ConsumerGuard>,
        why: String,
    ) -> Result<(), JournalError> {
        tracing::error!(task = summary.id, "parked: {why}");
        let (task, number) = (summary.id.clone(), summary.entries);
        self.journal().append(vec![Entry { task, number, at: now(), event: Event::Parked(why) }]).await?;
        self.park(&summary.id, guard);
        Ok(())
    }

    pub(super) fn park(&self, id: &str, guard: Arc<ConsumerGuard>) {
        self.parked().insert(id.to_owned(), ParkedTask { guard });
        self.count_parked();
    }

    #[expect(clippy::cast_precision_loss, reason = "there are fewer than 2^52 of them")]
    fn count_parked(&self) {
        metrics::gauge!("swaparoo_tasks_parked").set(self.parked().len() as f64);
    }

    /// Resumes a parked task, under its own policy or another.
    ///
    /// # Errors
    /// The task is not parked, or the policy cannot be loaded or decides the history differently. The task then stays
    /// parked.
    pub async fn resume(&self, id: &str, policy: Option<Digest>) -> Result<(), ResumeError> {
        // In a separate tokio task: if the request is dropped during the commit, the resumed task must still run.
        let (runner, id) = (self.clone(), id.to_owned());
        let resuming = self.0.deps.threads.spawn(async move { runner.unpark(&id, policy).await });
        joined(resuming).await.ok_or(SubmitError::Stopping)?
    }

    async fn unpark(&self, id: &str, policy: Option<Digest>) -> Result<(), ResumeError> {
        let summary = self.journal().task(id).await?.ok_or_else(|| ResumeError::NoTask(id.to_owned()))?;
        let entries = self.journal().entries(id).await?;
        let restored = RestoredTask::from_entries(&entries)
            .map_err(|why| ResumeError::NotUnderstood { task: id.to_owned(), why })?;
        let digest = policy.map_or_else(|| restored.policy.digest.parse().map_err(RegistryError::from), Ok)?;
        let policy = self.registry().deciding(digest).await?;
        let policy =
            restored.configured(policy).map_err(|why| ResumeError::NotUnderstood { task: id.to_owned(), why })?;
        if digest.to_string() != restored.policy.digest
            && let Some(parting) = parting(id, &restored, &policy)?
        {
            let PolicyName { name, version, .. } = PolicyName::from(policy.as_ref());
            return Err(ResumeError::Parts { task: id.to_owned(), policy: format!("{name} {version}"), parting });
        }
        let permit = self.0.admission.admit(restored.bytes())?;
        // The policy may have been removed since it was loaded; the lock keeps it until the task has it.
        let _stored = self.0.policies.lock().await;
        self.registry().check_stored(digest).await?;
        let Some(ParkedTask { guard }) = self.parked().remove(id) else {
            return Err(ResumeError::NotParked(id.to_owned()));
        };
        let event = Event::Resumed(Resumed { policy: PolicyName::from(policy.as_ref()) });
        let entry = Entry { task: id.to_owned(), number: summary.entries, at: now(), event };
        if let Err(error) = self.journal().append(vec![entry]).await {
            self.park(id, guard);
            return Err(error.into());
        }
        self.count_parked();
        let summary = Summary { entries: summary.entries + 1, ..summary };
        self.go_on(&summary, restored, policy, guard, permit, None);
        Ok(())
    }
}

/// Whether this program can continue a task that began with this version of the contract; why not.
fn understood(contract: &str, host: Version) -> Result<(), String> {
    let is_supported = Version::parse(contract).is_some_and(|contract| host.supports(contract));
    if is_supported {
        Ok(())
    } else {
        Err(format!("it began with the contract {contract}, but this program supports {host}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_of_an_older_minor_version_continues() {
        let host = Version { major: 1, minor: 1, patch: 0 };
        for contract in ["1.0.0", "1.0.7", "1.1.0", "1.1.1"] {
            assert_eq!(understood(contract, host), Ok(()), "{contract}");
        }
        for contract in ["0.1.0", "1.2.0", "2.0.0", ""] {
            let why = format!("it began with the contract {contract}, but this program supports 1.1.0");
            assert_eq!(understood(contract, host), Err(why));
        }
    }
}
