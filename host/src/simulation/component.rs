//! A component as a policy of the simulation.

use swaparoo_sim::check::Scene;
use swaparoo_sim::explorer;

use crate::contract::{Exchange, Step, Task, TaskKind};
use crate::engine::{CallError, Policy};

/// A component, each call of which gets a fresh instance.
pub struct Component<'a> {
    policy: &'a Policy,
    /// Why this machine could not run it.
    not_run: Option<CallError>,
}

impl<'a> Component<'a> {
    /// The policy, not called yet.
    #[must_use]
    pub fn of(policy: &'a Policy) -> Self {
        Self { policy, not_run: None }
    }

    /// The first kind of task of the scene for which the policy has no rules.
    #[must_use]
    pub fn lacks(&self, scene: &Scene) -> Option<TaskKind> {
        scene.kinds().into_iter().find(|kind| !self.offers(*kind))
    }

    /// Whether a person can repair with it.
    #[must_use]
    pub fn repairs(&self) -> bool {
        self.offers(TaskKind::Abort) && self.offers(TaskKind::Release)
    }

    /// Checks that this machine could run the component.
    ///
    /// # Errors
    /// [`CallError::NotRun`], which says nothing about the policy.
    pub fn check_that_it_ran(&mut self) -> Result<(), CallError> {
        self.not_run.take().map_or(Ok(()), Err)
    }

    fn offers(&self, kind: TaskKind) -> bool {
        self.policy.description().tasks.contains(&kind)
    }
}

impl explorer::Policy for Component<'_> {
    fn next_step(&mut self, task: &Task, history: &[Exchange], _kept: usize) -> Result<Step, String> {
        self.policy.next_step(task, history).map(|decision| decision.step).map_err(|error| {
            let text = error.to_string();
            if matches!(error, CallError::NotRun { .. }) {
                self.not_run = Some(error);
            }
            text
        })
    }
}
