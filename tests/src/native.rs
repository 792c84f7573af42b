//! Runs the rules natively, with the host's types. Both crates generate their types from the same WIT with the same
//! JSON form, so JSON is used to convert between them, and the tests compare it.

use serde::Serialize;
use serde::de::DeserializeOwned;
use swaparoo::contract::{Effect, Exchange, Failure, Outcome, Reply, Step, Task};
use swaparoo_plugin::contract as guest;
use swaparoo_plugin::policy::Policy;

/// A running task. Its history is kept in the rules' own types, so that each exchange is converted once.
#[derive(Clone)]
pub struct Native {
    policy: &'static dyn Policy,
    task: guest::Task,
    history: Vec<guest::Exchange>,
}

impl Native {
    /// Starts a task with an empty history.
    pub fn new(policy: &'static dyn Policy, task: &Task) -> Self {
        Self { policy, task: across(task), history: Vec::new() }
    }

    /// The same task with more exchanges.
    pub fn after(&self, exchanges: &[Exchange]) -> Self {
        let mut next = self.clone();
        next.history.extend(exchanges.iter().map(across::<_, guest::Exchange>));
        next
    }

    /// The next step.
    pub fn step(&self) -> Step {
        across(&self.step_as_guest())
    }

    /// The next step in the JSON form of the rules' crate.
    pub fn step_as_json(&self) -> String {
        serde_json::to_string(&self.step_as_guest()).unwrap_or_default()
    }

    /// Follows one path to its end; returns its history and its end.
    pub fn play(mut self, mut answer: impl FnMut(&Effect) -> Reply) -> (Vec<Exchange>, Result<Outcome, Failure>) {
        let mut history = Vec::new();
        loop {
            let effects = match self.step() {
                Step::Perform(perform) => perform.effects,
                Step::Finished(end) => return (history, Ok(end.outcome)),
                Step::Failed(end) => return (history, Err(end.failure)),
            };
            let answered = |effect: Effect| Exchange { reply: answer(&effect), effect };
            let answered: Vec<_> = effects.into_iter().map(answered).collect();
            self = self.after(&answered);
            history.extend(answered);
        }
    }

    fn step_as_guest(&self) -> guest::Step {
        swaparoo_plugin::next_step(self.policy, &self.task, &self.history)
    }
}

/// Converts a value of one crate to the type of the other.
///
/// # Panics
/// If the JSON of the two types differs, so that they have different contracts.
#[expect(clippy::expect_used, reason = "a test helper, and the difference is what the tests are for")]
pub fn across<T: Serialize, U: DeserializeOwned>(value: &T) -> U {
    serde_json::from_value(serde_json::to_value(value).expect("a contract value is JSON"))
        .expect("both crates have the same JSON")
}
