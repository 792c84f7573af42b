//! Runs the rules natively, with the contract's own types.

use swaparoo::contract::{Exchange, Step, Task};
use swaparoo_plugin::policy::Policy;

/// A running task.
#[derive(Clone)]
pub struct Native {
    policy: &'static dyn Policy,
    task: Task,
    history: Vec<Exchange>,
}

impl Native {
    /// Starts a task with an empty history.
    pub fn new(policy: &'static dyn Policy, task: &Task) -> Self {
        Self { policy, task: task.clone(), history: Vec::new() }
    }

    /// The same task with more exchanges.
    pub fn after(&self, exchanges: &[Exchange]) -> Self {
        let mut next = self.clone();
        next.history.extend_from_slice(exchanges);
        next
    }

    /// The next step.
    pub fn step(&self) -> Step {
        swaparoo_plugin::next_step(self.policy, &self.task, &self.history)
    }

    /// The next step in its JSON form.
    pub fn step_as_json(&self) -> String {
        serde_json::to_string(&self.step()).unwrap_or_default()
    }
}
