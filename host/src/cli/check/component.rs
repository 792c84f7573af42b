//! A component as a policy of the simulation.

use swaparoo::contract::{Exchange, Step, Task, TaskKind};
use swaparoo::engine::{CallError, Policy};
use swaparoo::simulation::check::Scene;
use swaparoo::simulation::explorer;

/// A component, each call of which gets a fresh instance.
pub struct Component<'a> {
    policy: &'a Policy,
    /// Why this machine could not run it.
    not_run: Option<CallError>,
}

impl<'a> Component<'a> {
    pub fn of(policy: &'a Policy) -> Self {
        Self { policy, not_run: None }
    }

    /// The first kind of task of the scene for which the policy has no rules.
    pub fn lacks(&self, scene: &Scene) -> Option<TaskKind> {
        scene.kinds().into_iter().find(|kind| !self.offers(*kind))
    }

    /// Whether a person can repair with it.
    pub fn repairs(&self) -> bool {
        self.offers(TaskKind::Abort) && self.offers(TaskKind::Release)
    }

    /// Fails if the component could not be run on this machine, which says nothing about the policy.
    pub fn check_that_it_ran(&mut self) -> anyhow::Result<()> {
        self.not_run.take().map_or(Ok(()), |error| Err(error.into()))
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
