//! Follows a task: writes down what happens before anything else may, counts, and asks the policy in shadow.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::live::Live;
use super::room::{Place, json_bytes};
use crate::contract::{Effect, Exchange, Step, Task};
use crate::drive::Witness;
use crate::journal::{Event, Shadowed};
use crate::library::Library;
use crate::policy::{CallError, Decision, Policy, processor_time};
use crate::record::End;
use crate::shadow;

/// Follows one task.
pub struct Follower {
    pub live: Arc<Live>,
    pub task: Task,
    pub policy: Arc<Policy>,
    pub shadow: Option<Arc<Policy>>,
    /// The processor time that the policy in shadow has used for this task.
    pub shadow_time: Duration,
    /// The policy in shadow, if it was too slow, until that is noted.
    pub too_slow: Option<Arc<Policy>>,
    /// Takes a role away from a policy in shadow that is too slow.
    pub library: Arc<Library>,
    /// What the policy in shadow would have done otherwise, until it is noted.
    pub shadowed: Option<Shadowed>,
    /// Exchanges so far.
    pub exchanges: usize,
    /// The task's place, which takes more as the history grows.
    pub place: Arc<Place>,
}

impl Follower {
    /// Writes down the task's end.
    pub async fn ended(&mut self, end: End) {
        self.note_shadowed().await;
        self.live.ledger.write(Event::Ended(end)).await;
    }

    async fn note_shadowed(&mut self) {
        if let Some(shadowed) = self.shadowed.take() {
            self.live.ledger.note(Event::Shadowed(Box::new(shadowed))).await;
        }
        if let Some(slow) = self.too_slow.take() {
            self.library.shadow_was_slow(&slow).await;
        }
    }

    fn compare(&mut self, history: &[Exchange], step: &Step) {
        let Some(candidate) = self.shadow.take().filter(|shadow| shadow.digest() != self.policy.digest()) else {
            return;
        };
        let decided = self.ask(&candidate, history);
        let difference = shadow::compare(candidate.digest(), history.len(), step, &decided);
        let slow = self.shadow_time > shadow::TIME;
        let result = if slow { "slow" } else { difference.as_ref().map_or("same", |_| "differs") };
        metrics::counter!("swaparoo_shadow_steps_total", "result" => result).increment(1);
        let slowness = || slow.then(|| shadow::too_slow(candidate.digest(), history.len(), self.shadow_time));
        self.shadowed = difference.or_else(slowness);
        // After a difference it would have gone another way, so there is nothing more to compare. The task waits for each
        // of its calls, so one that is slow is not called for this task any more.
        match (slow, &self.shadowed) {
            (true, _) => self.too_slow = Some(candidate),
            (false, None) => self.shadow = Some(candidate),
            (false, Some(_)) => {}
        }
    }

    fn ask(&mut self, candidate: &Policy, history: &[Exchange]) -> Result<Decision, CallError> {
        let (began, used) = (Instant::now(), processor_time());
        let decided = shadow::ask(candidate, &self.task, history);
        count(candidate, "shadow", began.elapsed());
        self.shadow_time += processor_time().saturating_sub(used);
        decided
    }
}

impl Witness for Follower {
    fn took(&mut self, time: Duration) {
        count(&self.policy, "task", time);
    }

    fn decided(&mut self, history: &[Exchange], decision: &Decision) {
        let name = self.policy.description().name.clone();
        #[expect(clippy::cast_precision_loss, reason = "a histogram's buckets are coarser")]
        metrics::histogram!("swaparoo_step_fuel", "policy" => name).record(decision.fuel_used as f64);
        self.compare(history, &decision.step);
    }

    async fn asking(&mut self, effects: &[Effect]) {
        let writes = effects.iter().any(Effect::is_write);
        self.note_shadowed().await;
        if writes {
            self.live.ledger.note(Event::Asked(effects.to_vec())).await;
        }
        self.live.ledger.flush().await;
        if !writes {
            // When, and no more: what is read is read again if its answer is missing, so nothing waits for this entry.
            self.live.ledger.note(Event::Asked(Vec::new())).await;
        }
        self.live.writing(writes);
        self.live.desk.asking(self.exchanges, effects);
    }

    async fn answered(&mut self, exchanges: &[Exchange]) {
        self.exchanges += exchanges.len();
        self.place.grow(json_bytes(&exchanges));
        self.live.ledger.note(Event::Answered(exchanges.to_vec())).await;
        for exchange in exchanges {
            tracing::debug!(effect = ?exchange.effect, reply = ?exchange.reply, "exchange");
        }
        self.live.writing(false);
    }
}

/// What it is asked for tells questions apart: one in shadow decides nothing.
fn count(policy: &Policy, asked_for: &'static str, took: Duration) {
    let name = policy.description().name.clone();
    metrics::histogram!("swaparoo_step_seconds", "policy" => name, "use" => asked_for).record(took.as_secs_f64());
}
