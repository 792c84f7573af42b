//! Looks after the swaps of the journal until their migration records hold nothing any more: nova may have lost the answer to a
//! swap, a server may be deleted meanwhile, and a migration may end in `error` without a way back.
//!
//! What is looked after is derived from the journal alone, so that it goes on after a restart, and in another proxy on the same
//! database. A record that its migration does not need any more becomes a task `release`, whose rules ask nova again. Its
//! idempotency key names the swap and the attempt, so that several proxies submit it once.

use std::time::Duration;

use futures_util::{StreamExt, stream};
use tokio::time::{Instant, sleep_until};

use super::Proxy;
use super::swap_cases::{Case, LONGEST, MOST};
use super::swap_history::{Open, SwapHistory};
use super::swaps_of_journal::{Swap, SwapsOfJournal};
use crate::cadf::{self, Activity, Resource};
use crate::contract::{Effect, GetAllocations, ReleaseTask, Reply, Task};
use crate::executor::{LiveExecutor, NovaSource};
use crate::facts::KnownMigration;
use crate::http::RequestId;
use crate::http::config::ProxyMode;
use crate::journal::JournalError;
use crate::runner::Submission;
use crate::task_clock::now;

/// Swaps that are looked at at a time.
const AT_ONCE: usize = 4;
/// The shortest pause between two rounds.
const SHORTEST: Duration = Duration::from_millis(50);
/// The longest time until new swaps are read from the journal.
const LONGEST_UNREAD: Duration = Duration::from_secs(60);
/// Tasks `release` of one swap that may fail before a person must look. With pauses from one minute on this takes two hours.
const TRIES: u32 = 8;
/// A server may wait so long for its user to confirm a resize. Later, `swaparoo audit` still finds its record.
const FOR: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// What a look has shown.
enum Look {
    /// There is nothing to do any more.
    Closed,
    /// It goes on.
    Running,
    /// nova does not need the record any more.
    Ended,
}

impl Proxy {
    /// Looks after swaps until the service stops.
    pub(super) async fn look_after_swaps(self) {
        let looking = async {
            let (mut journal, mut read_again) = (SwapsOfJournal::default(), Instant::now());
            loop {
                let first = self.config().release_after;
                let until_read = first.clamp(SHORTEST, LONGEST_UNREAD);
                let decides = self.config().mode == ProxyMode::Decide;
                if decides && Instant::now() >= read_again {
                    self.find_swaps(&mut journal, first).await;
                    read_again = Instant::now() + until_read;
                }
                let latest = Instant::now() + until_read;
                let has_looked = decides && self.look_at_due(first).await;
                let next = if has_looked { self.0.after_care.next(latest) } else { latest };
                tokio::select! {
                    () = sleep_until(next.max(Instant::now() + SHORTEST)) => {}
                    () = self.0.after_care.changed() => {}
                }
            }
        };
        tokio::select! {
            () = looking => {}
            () = self.0.runner.stopping() => {}
        }
    }

    async fn find_swaps(&self, journal: &mut SwapsOfJournal, first: Duration) {
        match journal.new_ones(&self.0.runner, FOR, MOST).await {
            Ok(swaps) => swaps.into_iter().for_each(|swap| self.0.after_care.add(swap, first)),
            Err(error) => tracing::warn!("swaps are not looked after now: {error}"),
        }
    }

    /// Returns false if nova is not known: without it, the rules cannot know what is right.
    async fn look_at_due(&self, first: Duration) -> bool {
        let Ok(connected) = self.0.runner.upstream().now() else { return false };
        let Some(cloud) = connected.nova else { return false };
        let nova = NovaSource::cloud(cloud, None);
        let executor = LiveExecutor { placement: connected.placement, nova, caller: None };
        stream::iter(self.0.after_care.due())
            .for_each_concurrent(AT_ONCE, |case| self.look_at(case, &executor, first))
            .await;
        true
    }

    async fn look_at(&self, case: Case, executor: &LiveExecutor, first: Duration) {
        let (care, swap) = (&self.0.after_care, &case.swap);
        match self.look(swap, executor).await {
            Ok(Look::Closed) => care.close(&swap.migration),
            Ok(Look::Running) => care.again(&swap.migration, false, first),
            Ok(Look::Ended) if !case.was_ended => care.again(&swap.migration, true, first),
            Ok(Look::Ended) => self.release(&case, first).await,
            Err(error) => {
                tracing::warn!(
                    migration = swap.migration,
                    "the record of a migration is looked at again later: {error}"
                );
                care.again(&swap.migration, case.was_ended, first);
            }
        }
    }

    async fn look(&self, swap: &Swap, executor: &LiveExecutor) -> Result<Look, String> {
        let history = self.history_of(swap).await.map_err(|error| error.to_string())?;
        match history.open {
            Open::Closed => return Ok(Look::Closed),
            Open::Runs => return Ok(Look::Running),
            Open::Since(_) => {}
        }
        if holds_nothing(executor, &swap.migration).await? {
            return Ok(Look::Closed);
        }
        let NovaSource::Cloud { cloud, .. } = &executor.nova else { return Ok(Look::Running) };
        let known = cloud.migrations_of(&swap.server).await.map_err(|doubt| doubt.to_string())?.known;
        // A consumer that is not nova's, such as a container of Zun, is in no list of migrations: it is left alone.
        let Some(migration) = known.iter().find(|known| known.uuid.as_str() == swap.migration) else {
            return Ok(if is_old(swap) { Look::Closed } else { Look::Running });
        };
        if self.has_ended(migration) {
            return Ok(Look::Ended);
        }
        if !is_old(swap) {
            return Ok(Look::Running);
        }
        tracing::warn!(
            migration = swap.migration,
            server = swap.server,
            "a migration has been {:?} for 30 days and is not looked after any more: `swaparoo audit` says what to do",
            migration.status
        );
        Ok(Look::Closed)
    }

    fn has_ended(&self, migration: &KnownMigration) -> bool {
        self.0.runner.registry().ended_statuses().contains(&migration.status)
    }

    /// Submits the next task `release`, or calls a person after the last one.
    async fn release(&self, case: &Case, first: Duration) {
        let (care, Swap { id, migration, server, .. }) = (&self.0.after_care, &case.swap);
        let tries = match self.history_of(&case.swap).await {
            Ok(SwapHistory { open: Open::Since(at), releases }) if is_time(at, releases, first) => releases,
            Ok(_) => return care.again(migration, true, first),
            Err(error) => {
                tracing::warn!(migration, "the record of a migration is looked at again later: {error}");
                return care.again(migration, true, first);
            }
        };
        if tries >= TRIES {
            tracing::error!(
                migration,
                server,
                "{tries} tasks `release` could not release the record of a migration that has ended, so a person must look: \
                 swaparoo tasks list --consumer {migration}"
            );
            return care.close(migration);
        }
        let task = Task::Release(ReleaseTask { consumer: migration.clone(), server: server.clone() });
        let key = Some(format!("aftercare-{id}-{tries}"));
        let submission = Submission { task, server: None, key, request_id: RequestId::new().0 };
        match self.0.runner.submit(submission).await {
            Ok((id, true)) => {
                tracing::info!(task = id, migration, "looking at the record of a migration");
                let (initiator, target) = (Resource::own(), Resource::changed(cadf::TASK, &id));
                let details = vec![("consumer", migration.clone().into())];
                let (action, status, request_id) = ("create/repair", None, None);
                cadf::emit(&Activity { action, initiator, target, status, request_id, details });
            }
            Ok((_, false)) => {}
            Err(error) => tracing::warn!(migration, "the record of a migration is not looked at: {error}"),
        }
        care.again(migration, true, first);
    }

    async fn history_of(&self, swap: &Swap) -> Result<SwapHistory, JournalError> {
        SwapHistory::read(&self.0.runner, swap).await
    }
}

/// Whether the pause after so many failed tasks is over, of which the last one was submitted then. Another proxy may have done it.
fn is_time(at: u64, releases: u32, first: Duration) -> bool {
    let pause = first.saturating_mul(2_u32.saturating_pow(releases)).min(LONGEST.max(first));
    releases == 0 || u128::from(now().saturating_sub(at)) >= pause.as_millis()
}

async fn holds_nothing(executor: &LiveExecutor, consumer: &str) -> Result<bool, String> {
    let get = Effect::GetAllocations(GetAllocations { consumer: consumer.to_owned() });
    match executor.perform(&get).await {
        Reply::Holding(holding) => Ok(holding.allocations.is_empty()),
        _ => Err("Placement does not say what it holds".to_owned()),
    }
}

fn is_old(swap: &Swap) -> bool {
    u128::from(now().saturating_sub(swap.at)) > FOR.as_millis()
}
