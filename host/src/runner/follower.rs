//! Follows a task: writes down what happens before anything else may, counts, and asks the policy in shadow.

use std::sync::Arc;
use std::time::Duration;

use super::live::Live;
use crate::contract::{Effect, Exchange, Step, Task};
use crate::drive::Witness;
use crate::journal::{Entry, Event, Journal, now};
use crate::policy::{Decision, Policy};
use crate::shadow;

/// A journal that does not take an entry is asked again after these, the last one again and again.
const PATIENCE: [Duration; 4] =
    [Duration::from_millis(50), Duration::from_millis(250), Duration::from_secs(1), Duration::from_secs(5)];

/// Follows one task.
pub struct Follower {
    pub live: Arc<Live>,
    pub journal: Journal,
    pub task: Task,
    pub policy: Arc<Policy>,
    pub shadow: Option<Arc<Policy>>,
    /// What has happened and is not in the journal yet.
    pub unwritten: Vec<Entry>,
    /// The next entry's number.
    pub number: u32,
    /// Exchanges so far.
    pub exchanges: usize,
}

impl Follower {
    /// Writes down something, with all that came before it, and returns when it is durable.
    pub async fn write(&mut self, event: Event) {
        self.note(event);
        self.flush().await;
    }

    fn note(&mut self, event: Event) {
        let entry = Entry { task: self.live.id.clone(), number: self.number, at: now(), event };
        self.number += 1;
        self.unwritten.push(entry);
    }

    /// There is no going on without the journal: it is asked until it takes the entries, or the service stops.
    async fn flush(&mut self) {
        if self.unwritten.is_empty() {
            return;
        }
        let mut patience = PATIENCE.iter();
        let mut pause = Duration::ZERO;
        while let Err(error) = self.journal.append(self.unwritten.clone()).await {
            pause = patience.next().copied().unwrap_or(pause);
            tracing::error!(task = self.live.id, "{error}; the task goes on when it does ({pause:?} to the next try)");
            tokio::time::sleep(pause).await;
        }
        self.unwritten.clear();
        self.live.kept(self.exchanges);
    }

    /// The same, once: the service stops. What was being written down when it was told so may be in the journal already,
    /// which then refuses it; what is not, the next start finds out by reading again.
    pub async fn flush_once(self) {
        if !self.unwritten.is_empty()
            && let Err(error) = self.journal.append(self.unwritten).await
        {
            tracing::debug!(task = self.live.id, "{error}");
        }
    }

    fn compare(&mut self, history: &[Exchange], step: &Step) {
        let Some(candidate) = self.shadow.as_ref().filter(|shadow| shadow.digest() != self.policy.digest()) else {
            return;
        };
        let decided = shadow::ask(candidate, &self.task, history);
        let difference = shadow::compare(candidate.digest(), history.len(), step, &decided);
        let result = if difference.is_some() { "differs" } else { "same" };
        metrics::counter!("swaparoo_shadow_steps_total", "result" => result).increment(1);
        if let Some(difference) = difference {
            self.note(Event::Shadowed(Box::new(difference)));
            // From here on it would have gone another way, so there is nothing more to compare.
            self.shadow = None;
        }
    }
}

impl Witness for Follower {
    fn decided(&mut self, history: &[Exchange], decision: &Decision) {
        let name = self.policy.description().name.clone();
        #[expect(clippy::cast_precision_loss, reason = "a histogram's buckets are coarser")]
        metrics::histogram!("swaparoo_step_fuel", "policy" => name).record(decision.fuel_used as f64);
        self.compare(history, &decision.step);
    }

    async fn asking(&mut self, effects: &[Effect]) {
        let writes = effects.iter().any(is_write);
        if writes {
            self.note(Event::Asked(effects.to_vec()));
        }
        self.flush().await;
        self.live.writing(writes);
        self.live.desk.asking(self.exchanges, effects);
    }

    async fn answered(&mut self, exchanges: &[Exchange]) {
        self.exchanges += exchanges.len();
        self.note(Event::Answered(exchanges.to_vec()));
        for exchange in exchanges {
            tracing::debug!(effect = ?exchange.effect, reply = ?exchange.reply, "exchange");
        }
        let effects: Vec<_> = exchanges.iter().map(|exchange| exchange.effect.clone()).collect();
        if self.live.desk.answers(&effects) {
            // The caller has been promised that its answer is not forgotten.
            self.flush().await;
        }
        self.live.writing(false);
    }
}

/// What may change something outside.
pub fn is_write(effect: &Effect) -> bool {
    match effect {
        Effect::PostAllocations(_) | Effect::DeleteAllocations(_) => true,
        Effect::GetAllocations(_) | Effect::FindServer(_) | Effect::FindComputeNode(_) | Effect::Pause(_) => false,
    }
}
