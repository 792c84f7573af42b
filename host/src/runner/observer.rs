//! Observes a task: writes its journal entries in time, counts, and calls the shadow policy.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::admission::{AdmissionPermit, json_bytes};
use super::task_handle::TaskHandle;
use crate::contract::{Effect, Exchange, Step, Task};
use crate::drive::Observer;
use crate::journal::{Event, Shadowed};
use crate::policy::{Decision, Policy};
use crate::record::End;
use crate::shadow;

/// The observer of one task.
pub struct TaskObserver {
    pub handle: Arc<TaskHandle>,
    pub task: Task,
    pub policy: Arc<Policy>,
    pub shadow: Option<Arc<Policy>>,
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
    }

    fn compare(&mut self, history: &[Exchange], step: &Step) {
        let Some(candidate) = self.shadow.as_ref().filter(|shadow| shadow.digest() != self.policy.digest()) else {
            return;
        };
        let began = Instant::now();
        let decided = shadow::ask(candidate, &self.task, history);
        count_call(candidate, "shadow", began.elapsed());
        let difference = shadow::compare(candidate.digest(), history.len(), step, &decided);
        let result = if difference.is_some() { "differs" } else { "same" };
        metrics::counter!("swaparoo_shadow_steps_total", "result" => result).increment(1);
        if let Some(difference) = difference {
            self.shadowed = Some(difference);
            // After the first difference, the history is not the result of the shadow policy's steps.
            self.shadow = None;
        }
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
