//! Observes a task: writes its journal entries in time, counts, and calls the shadow policy.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::admission::{AdmissionPermit, json_bytes};
use super::task_handle::TaskHandle;
use crate::contract::{Effect, Exchange, Step, Task};
use crate::drive::Observer;
use crate::engine::{CallError, Decision, Policy, processor_time};
use crate::journal::{Event, Shadowed};
use crate::record::End;
use crate::registry::PolicyRegistry;
use crate::shadow;

/// The observer of one task.
pub struct TaskObserver {
    pub handle: Arc<TaskHandle>,
    pub task: Task,
    pub policy: Arc<Policy>,
    pub shadow: Option<Arc<Policy>>,
    /// The processor time that the shadow policy has used for this task.
    pub shadow_time: Duration,
    /// The shadow policy, if it was too slow, until that is noted.
    pub too_slow: Option<Arc<Policy>>,
    /// Takes its role away from a shadow policy that is too slow.
    pub registry: Arc<PolicyRegistry>,
    /// The first difference of the shadow policy, until it is noted in the journal.
    pub shadowed: Option<Shadowed>,
    /// The number of exchanges so far.
    pub exchanges: usize,
    /// Counts the task and the bytes of its history.
    pub permit: Arc<AdmissionPermit>,
}

impl TaskObserver {
    /// Writes the end of the task to the journal.
    pub async fn write_end(&mut self, end: End) {
        self.note_shadowed().await;
        self.handle.writer.write(Event::Ended(end)).await;
    }

    async fn note_shadowed(&mut self) {
        if let Some(shadowed) = self.shadowed.take() {
            self.handle.writer.note(Event::Shadowed(Box::new(shadowed))).await;
        }
        if let Some(slow) = self.too_slow.take() {
            self.registry.shadow_was_slow(&slow).await;
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
        count_call(candidate, "shadow", began.elapsed());
        self.shadow_time += processor_time().saturating_sub(used);
        decided
    }
}

impl Observer for TaskObserver {
    fn took(&mut self, time: Duration) {
        count_call(&self.policy, "task", time);
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
            self.handle.writer.note(Event::Asked(effects.to_vec())).await;
        }
        self.handle.writer.flush().await;
        if !writes {
            // Only the time is noted: reads are repeated if their answer is missing, so they need not wait for this
            // entry.
            self.handle.writer.note(Event::Asked(Vec::new())).await;
        }
        self.handle.set_writing(writes);
        self.handle.questions.set_asked(self.exchanges, effects);
    }

    async fn answered(&mut self, exchanges: &[Exchange]) {
        self.exchanges += exchanges.len();
        self.permit.grow(json_bytes(&exchanges));
        self.handle.writer.note(Event::Answered(exchanges.to_vec())).await;
        for exchange in exchanges {
            tracing::debug!(effect = ?exchange.effect, reply = ?exchange.reply, "exchange");
        }
        self.handle.set_writing(false);
    }
}

/// Counts a call; `asked_for` distinguishes calls that decide from those of the shadow policy.
fn count_call(policy: &Policy, asked_for: &'static str, took: Duration) {
    let name = policy.description().name.clone();
    metrics::histogram!("swaparoo_step_seconds", "policy" => name, "use" => asked_for).record(took.as_secs_f64());
}
