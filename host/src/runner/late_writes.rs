//! Writes that earlier tasks have lost may still arrive. Placement refuses such a write while the consumer has another
//! generation than the write names. But a consumer that was emptied and filled again starts at the first generation
//! again, so a late write could undo a later task. The rules know only the lost writes of their own task; those of
//! earlier tasks are in the journal. So when a task reads or fills a consumer whose generation such a write names, the
//! consumer's allocations are written once more unchanged: this moves it past that generation.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures_util::future::join_all;
use swaparoo_core::late_write::{generation, is_lost, rewrite};
use tokio::sync::Mutex;

use crate::contract::{Allocation, Effect, GetAllocations, Holding, NewHolding, Refusal, Reply, Silence};
use crate::executor::{Executor, LiveExecutor};
use crate::journal::{Event, Journal, JournalError};

/// The newest tasks of a consumer whose histories are searched. A queue in front of Placement keeps a request for minutes
/// at most, and a consumer has only a few tasks in that time.
const TASKS: u32 = 64;
/// The attempts to move a consumer past one generation. Each fails only if another client writes the consumer, or its
/// provider, at the same moment.
const ATTEMPTS: usize = 4;
/// The pause before the journal is read again.
const PAUSE: Duration = Duration::from_secs(1);
/// Placement's code for a generation conflict of a consumer or provider.
const CONCURRENT_UPDATE: &str = "placement.concurrent_update";

/// Performs the effects of one task, and moves its consumers past the generations that lost writes of earlier tasks
/// name.
///
/// These additional writes are not in the task's history and not in the journal: they change no allocation, and one that
/// arrives late names a generation that an earlier lost write names too.
pub struct PastLateWrites {
    executor: LiveExecutor,
    journal: Journal,
    task: String,
    /// The generations that lost writes name, by consumer.
    lost: Mutex<BTreeMap<String, BTreeSet<u32>>>,
}

impl PastLateWrites {
    /// The executor of this task.
    pub fn new(executor: LiveExecutor, journal: Journal, task: String) -> Self {
        Self { executor, journal, task, lost: Mutex::default() }
    }

    async fn after(&self, effect: &Effect, reply: Reply) -> Reply {
        let moved = match (effect, &reply) {
            (Effect::GetAllocations(get), Reply::Holding(holding)) => match self.past(&get.consumer, holding).await {
                Ok(holding) => return Reply::Holding(holding),
                Err(why) => return Reply::Unreachable(Silence { detail: why }),
            },
            (Effect::PostAllocations(post), Reply::Written) => self.filled(&post.consumers).await,
            (Effect::PutAllocations(put), Reply::Written) => self.filled(std::slice::from_ref(&put.holding)).await,
            _ => Ok(()),
        };
        // The write was done. If a late write has undone it since, only a read can show this, as after a lost answer.
        moved.map_or_else(|detail| Reply::Lost(Silence { detail }), |()| reply)
    }

    /// Moves the consumers that a write has filled past the generations of lost writes.
    async fn filled(&self, written: &[NewHolding]) -> Result<(), String> {
        for new in written.iter().filter(|new| !new.allocations.is_empty()) {
            if self.lost_generations(&new.consumer).await.is_empty() {
                continue;
            }
            let holding = self.past(&new.consumer, &self.read(&new.consumer).await?).await?;
            if sorted(&holding.allocations) != sorted(&new.allocations) {
                return Err(format!("consumer {} does not hold any more what was just written", new.consumer));
            }
        }
        Ok(())
    }

    /// What the consumer holds, at a generation that no lost write names.
    async fn past(&self, consumer: &str, read: &Holding) -> Result<Holding, String> {
        let (lost, mut now) = (self.lost_generations(consumer).await, read.clone());
        for _ in 0..lost.len() * ATTEMPTS {
            let Some(write) = rewrite(&now, &lost) else { return Ok(now) };
            match self.perform(&write).await {
                Reply::Written => tracing::info!(consumer, "written again, because a lost write names its generation"),
                Reply::Refused(Refusal { code, detail, .. }) if code != CONCURRENT_UPDATE => {
                    // Its provider has become too small, for example. The task must be able to continue.
                    tracing::warn!(
                        consumer,
                        "a lost write may still change it, because it cannot be rewritten: {detail}"
                    );
                    return Ok(now);
                }
                _ => {}
            }
            now = self.read(consumer).await?;
        }
        match rewrite(&now, &lost) {
            None => Ok(now),
            Some(_) => Err(format!("consumer {consumer} could not be moved past the generation of a lost write")),
        }
    }

    async fn read(&self, consumer: &str) -> Result<Holding, String> {
        match self.perform(&Effect::GetAllocations(GetAllocations { consumer: consumer.to_owned() })).await {
            Reply::Holding(holding) => Ok(holding),
            other => Err(format!("consumer {consumer} could not be read again: {}", crate::describe::reply(&other))),
        }
    }

    async fn perform(&self, effect: &Effect) -> Reply {
        let silence = || Reply::Unreachable(Silence { detail: "Placement does not answer this effect".into() });
        self.executor.placement.perform(effect).await.unwrap_or_else(silence)
    }

    /// The generations of a consumer that lost writes of other tasks name; read from the journal once.
    async fn lost_generations(&self, consumer: &str) -> BTreeSet<u32> {
        let mut lost = self.lost.lock().await;
        if let Some(known) = lost.get(consumer) {
            return known.clone();
        }
        let found = loop {
            match self.search(consumer).await {
                Ok(found) => break found,
                Err(error) => tracing::error!(task = self.task, "{error}; the task waits for the journal"),
            }
            tokio::time::sleep(PAUSE).await;
        };
        lost.insert(consumer.to_owned(), found.clone());
        found
    }

    async fn search(&self, consumer: &str) -> Result<BTreeSet<u32>, JournalError> {
        let mut found = BTreeSet::new();
        for event in self.journal.unsure_answers(consumer, &self.task, TASKS).await? {
            let Event::Answered(exchanges) = event else { continue };
            let lost = exchanges.iter().filter(|exchange| is_lost(&exchange.reply));
            found.extend(lost.filter_map(|exchange| generation(&exchange.effect, consumer)));
        }
        Ok(found)
    }
}

impl Executor for PastLateWrites {
    async fn execute(&self, effects: &[Effect]) -> Vec<Reply> {
        let replies = self.executor.perform_all(effects).await;
        join_all(effects.iter().zip(replies).map(|(effect, reply)| self.after(effect, reply))).await
    }
}

/// Allocations in one order, because Placement returns them in another than they were written.
fn sorted(allocations: &[Allocation]) -> BTreeMap<&str, BTreeMap<&str, u32>> {
    allocations.iter().map(|held| (held.provider.as_str(), amounts(held))).collect()
}

fn amounts(held: &Allocation) -> BTreeMap<&str, u32> {
    held.resources.iter().map(|resource| (resource.class.as_str(), resource.amount)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::ResourceAmount;

    #[test]
    fn allocations_are_compared_without_their_order() {
        let held = |provider: &str, classes: [&str; 2]| Allocation {
            provider: provider.into(),
            resources: classes.map(|class| ResourceAmount { class: class.into(), amount: 1 }).to_vec(),
        };
        let one = [held("n1", ["VCPU", "DISK_GB"]), held("n2", ["VCPU", "DISK_GB"])];
        let other = [held("n2", ["DISK_GB", "VCPU"]), held("n1", ["VCPU", "DISK_GB"])];
        assert_eq!(sorted(&one), sorted(&other));
        assert_ne!(sorted(&one), sorted(&one[..1]));
    }
}
