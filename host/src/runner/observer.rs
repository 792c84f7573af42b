//! Observes a task: writes its journal entries in time, counts, and has the shadow policy compared.

use std::sync::Arc;
use std::time::Duration;

use super::admission::{AdmissionPermit, json_bytes};
use super::breakpoints::{Breakpoints, Write};
use super::recovery_turns::RecoveryTurn;
use super::task_handle::TaskHandle;
use super::task_shadow::TaskShadow;
use crate::contract::{Effect, Exchange, Step, Task};
use crate::drive::Observer;
use crate::engine::{Decision, Policy};
use crate::journal::Event;
use crate::record::End;

/// The observer of one task.
pub struct TaskObserver {
    pub handle: Arc<TaskHandle>,
    pub task: Arc<Task>,
    pub policy: Arc<Policy>,
    pub shadow: TaskShadow,
    /// The number of exchanges so far.
    pub exchanges: usize,
    /// Counts the task and the bytes of its history.
    pub permit: Arc<AdmissionPermit>,
    /// Its turn, after a restart.
    pub turn: RecoveryTurn,
    pub breakpoints: Arc<Breakpoints>,
    /// The codes of the last reasons that the policy gave: a step without reasons continues the one before.
    pub rules: Vec<String>,
}

impl TaskObserver {
    /// Writes the end of the task to the journal.
    pub async fn write_end(&mut self, end: End) {
        self.note_shadowed().await;
        self.handle.writer.write(Event::Ended(end)).await;
    }

    /// Whether another runner may ask these questions again, after this one has shown them to the caller.
    fn may_be_asked_again(&self, effects: &[Effect]) -> bool {
        self.handle.writer.is_shared() && effects.iter().any(|effect| effect.answered_by().is_some())
    }

    /// Waits if a breakpoint stops this write. Meanwhile the next task has the turn, and all exchanges so far can be seen.
    async fn stop_at_a_breakpoint(&mut self, effects: &[Effect]) {
        let write = Write { id: &self.handle.id, task: &self.task, rules: &self.rules, effects };
        let Some(stop) = self.breakpoints.stop(&write).await else { return };
        self.turn = RecoveryTurn::default();
        self.handle.writer.flush().await;
        self.breakpoints.wait(stop).await;
    }

    async fn note_shadowed(&mut self) {
        if let Some(difference) = self.shadow.take_difference() {
            self.handle.writer.note(Event::Shadowed(Box::new(difference))).await;
        }
    }
}

impl Observer for TaskObserver {
    fn took(&mut self, time: Duration) {
        count_call(&self.policy, "task", time);
    }

    async fn decided(&mut self, history: &[Exchange], decision: &Decision) {
        let name = self.policy.description().name.clone();
        #[expect(clippy::cast_precision_loss, reason = "a histogram's buckets are coarser")]
        metrics::histogram!("swaparoo_step_fuel", "policy" => name).record(decision.fuel_used as f64);
        if let Step::Perform(step) = &decision.step
            && !step.reasons.is_empty()
        {
            self.rules = step.reasons.iter().map(|reason| reason.code.clone()).collect();
        }
        self.shadow.compare(&self.task, history, &decision.step).await;
    }

    async fn asking(&mut self, effects: &[Effect]) {
        self.turn.asking(effects);
        let writes = effects.iter().any(Effect::is_write);
        let listed = writes || self.may_be_asked_again(effects);
        self.note_shadowed().await;
        if writes {
            // Before the journal says that they may have been sent.
            self.stop_at_a_breakpoint(effects).await;
        }
        if listed {
            self.handle.writer.note(Event::Asked(effects.to_vec())).await;
        }
        self.handle.writer.flush().await;
        if !listed {
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
pub fn count_call(policy: &Policy, asked_for: &'static str, took: Duration) {
    let name = policy.description().name.clone();
    metrics::histogram!("swaparoo_step_seconds", "policy" => name, "use" => asked_for).record(took.as_secs_f64());
}
