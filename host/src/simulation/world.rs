//! Runs the real loop of a task in a scenario.

use std::sync::{Mutex, PoisonError};

use super::scenario::{Scenario, ScenarioRun};
use crate::contract::{Effect, Reply};
use crate::executor::Executor;

/// A scenario in use by a task.
pub struct SimWorld<'a>(Mutex<ScenarioRun<'a>>);

impl<'a> SimWorld<'a> {
    /// Starts the scenario.
    #[must_use]
    pub fn new(scenario: &'a Scenario) -> Self {
        Self(Mutex::new(ScenarioRun::new(scenario)))
    }

    /// The scenario after the task.
    pub fn into_inner(self) -> ScenarioRun<'a> {
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Executor for SimWorld<'_> {
    fn execute(&self, effects: &[Effect]) -> impl Future<Output = Vec<Reply>> + Send {
        let mut run = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        std::future::ready(effects.iter().map(|effect| run.answer(effect)).collect())
    }
}
