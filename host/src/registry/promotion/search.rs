//! Searches the scenes of `swaparoo check` for a counterexample that `standard` does not have.

use std::cell::Cell;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::describe;
use super::failure_budget::FailureBudget;
use crate::contract::{Exchange, Step, Task};
use crate::engine::{Policy, processor_time};
use crate::simulation::check::{
    Counterexample, HOSTS, LARGE, Limits, OLD_SERVICES, Outcome, Scene, check_until, is_known, scenes,
};
use crate::simulation::{Component, Violation, explorer};

/// The most states of a scene: ten times as many as `standard` has in a scene that is searched with a fault.
const STATES: usize = 20_000;

/// What a search may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SearchLimits {
    /// The most faults on a way. Large scenes are searched without faults.
    pub faults: u32,
    /// Processor time of all scenes together.
    pub time: Duration,
}

/// The results of a policy in the scenes of `swaparoo check`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = Search)]
pub struct SearchReport {
    /// The most faults on a way. Large scenes are searched without faults.
    pub faults: u32,
    /// The names of the scenes without a counterexample that `standard` does not have.
    pub passed: Vec<String>,
    /// The scenes with one, and those that were not searched to the end.
    pub failed: Vec<FailedScene>,
}

/// A scene with a counterexample that `standard` does not have, or one that was not searched to the end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FailedScene {
    /// Its name.
    pub name: String,
    /// The violation; null if the scene was not searched to the end.
    pub violation: Option<String>,
    /// The faults on the way to it; without a violation, the most faults that were tried.
    pub faults: u32,
    /// What was found, in words.
    pub found: String,
}

impl SearchReport {
    /// Whether another search would find the same: no bound of time was reached, and each call gave an answer.
    #[must_use]
    pub fn is_conclusive(&self) -> bool {
        let of_a_call = Violation::Broken.name();
        self.failed.iter().all(|failed| failed.violation.as_deref().is_some_and(|violation| violation != of_a_call))
    }
}

/// Searches the scenes for whose tasks the policy has rules. This blocks while the policy runs. In each scene it ends at
/// the first counterexample that is not known.
#[must_use]
pub fn search(policy: &Policy, limits: SearchLimits) -> SearchReport {
    search_within(policy, limits, &mut FailureBudget::default())
}

/// The same with a budget of which the scenarios may have used something.
pub(super) fn search_within(policy: &Policy, limits: SearchLimits, budget: &mut FailureBudget) -> SearchReport {
    let mut report = SearchReport { faults: limits.faults, ..SearchReport::default() };
    let ended = Cell::new(false);
    let until = processor_time().saturating_add(limits.time);
    let mut candidate = Candidate { component: Component::of(policy), until, budget, ended: &ended };
    let scenes = scenes().unwrap_or_else(|invalid| {
        report.failed.push(FailedScene::unsearched("all", 0, invalid.to_string()));
        Vec::new()
    });
    let searched = |scene: &Scene| !OLD_SERVICES.contains(&scene.name) && Component::of(policy).lacks(scene).is_none();
    for scene in scenes.into_iter().filter(searched) {
        match candidate.searched(&scene, limits) {
            Ok(()) => report.passed.push(scene.name.to_owned()),
            Err(failed) => report.failed.push(failed),
        }
    }
    report
}

/// The policy, which is not called any more after it has used up its time or failed too often.
struct Candidate<'a> {
    component: Component<'a>,
    until: Duration,
    budget: &'a mut FailureBudget,
    /// Whether its time is used up.
    ended: &'a Cell<bool>,
}

impl Candidate<'_> {
    fn searched(&mut self, scene: &Scene, limits: SearchLimits) -> Result<(), FailedScene> {
        let faults = if [&LARGE[..], &HOSTS].concat().contains(&scene.name) { 0 } else { limits.faults };
        let unsearched = |why| Err(FailedScene::unsearched(scene.name, faults, why));
        if self.budget.is_spent() {
            return unsearched(describe::not_asked_again());
        }
        let (bounds, ended) = (Limits { faults, states: STATES, repairs: self.component.repairs() }, self.ended);
        let outcome = check_until(self, scene, bounds, &|so_far| ended.get() || unknown(so_far).is_some());
        match unknown(&outcome) {
            // After that, each call of the policy fails.
            _ if ended.get() => unsearched(describe::time_used_up(limits.time)),
            Some(found) => {
                if found.violation == Violation::Broken {
                    self.budget.spend();
                }
                Err(FailedScene::of(scene, found))
            }
            None if !outcome.is_complete => unsearched(describe::too_many_states(STATES)),
            None => Ok(()),
        }
    }
}

impl explorer::Policy for Candidate<'_> {
    fn next_step(&mut self, task: &Task, history: &[Exchange], kept: usize) -> Result<Step, String> {
        self.ended.set(self.ended.get() || processor_time() >= self.until);
        if self.ended.get() {
            return Err(describe::not_asked_again());
        }
        self.component.next_step(task, history, kept)
    }
}

fn unknown(outcome: &Outcome) -> Option<&Counterexample> {
    outcome.counterexamples.iter().find(|found| !is_known(outcome.scene, found))
}

impl FailedScene {
    fn of(scene: &Scene, found: &Counterexample) -> Self {
        let (name, violation, faults) = (scene.name.to_owned(), found.violation.name(), found.faults);
        let found = describe::counterexample(violation, faults);
        Self { name, violation: Some(violation.to_owned()), faults, found }
    }

    fn unsearched(name: &str, faults: u32, why: String) -> Self {
        Self { name: name.to_owned(), violation: None, faults, found: why }
    }
}
