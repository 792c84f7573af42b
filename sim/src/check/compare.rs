//! Compares two policies on the states that tasks under the first one reach.

use std::cell::RefCell;

use super::search::{Limits, Stopped, search};
use super::transcript::how;
use super::{Action, Progress, Scene};
use crate::contract::{Exchange, Failed, Finished, Perform, Reason, Step, Task};
use crate::explorer::{PathEnd, Policy};
use swaparoo_core::describe;
use swaparoo_core::task::accept;

/// The result of a comparison in one scene.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// The different states.
    pub states: usize,
    /// The calls of each policy.
    pub calls: usize,
    /// Whether all states were visited; otherwise the bound of states was reached.
    pub is_complete: bool,
    /// The first difference, after the fewest faults, and of these the fewest actions.
    pub difference: Option<Difference>,
}

/// A state in which two policies differ.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// The way from the beginning of the scene.
    pub actions: Vec<Action>,
    /// The faults on the way.
    pub faults: u32,
    /// The call with which they differ.
    pub call: DifferentCall,
}

/// A call to which two policies give different answers.
#[derive(Debug, Clone, PartialEq)]
pub struct DifferentCall {
    /// The task.
    pub task: Task,
    /// Its history up to this call.
    pub history: Vec<Exchange>,
    /// The step of the first policy, or why it has none.
    pub first: Result<Step, String>,
    /// The step of the second policy, or why it has none.
    pub second: Result<Step, String>,
}

/// Searches the states of a scene under `first`, and asks `second`, too, in each of them, until the two differ. Reasons
/// are not compared. `limits.repairs` has no meaning here.
pub fn compare(
    first: &mut dyn Policy,
    second: &mut dyn Policy,
    scene: &Scene,
    limits: Limits,
    progress: &mut dyn FnMut(Progress),
) -> Comparison {
    let found = RefCell::new(None);
    let mut both = Both { first, second, found: &found };
    // A person's repairs are no states of the scene.
    let limits = Limits { repairs: false, ..limits };
    let (outcome, stopped) = search(&mut both, scene, limits, progress, &|_| found.borrow().is_some());
    let difference =
        stopped.zip(found.take()).map(|(Stopped { actions, faults }, call)| Difference { actions, faults, call });
    Comparison { states: outcome.states, calls: outcome.calls, is_complete: outcome.is_complete, difference }
}

/// Both policies as one that decides as the first one.
struct Both<'a> {
    first: &'a mut dyn Policy,
    second: &'a mut dyn Policy,
    found: &'a RefCell<Option<DifferentCall>>,
}

impl Policy for Both<'_> {
    fn next_step(&mut self, task: &Task, history: &[Exchange], kept: usize) -> Result<Step, String> {
        let first = self.first.next_step(task, history, kept);
        if self.found.borrow().is_none() {
            let second = self.second.next_step(task, history, kept);
            if !is_same(&first, &second) {
                let (task, history) = (task.clone(), history.to_vec());
                *self.found.borrow_mut() = Some(DifferentCall { task, history, first: first.clone(), second });
            }
        }
        first
    }
}

/// Whether the two do the same, for whatever reasons.
fn is_same(first: &Result<Step, String>, second: &Result<Step, String>) -> bool {
    match (first, second) {
        (Ok(Step::Perform(one)), Ok(Step::Perform(other))) => one.effects == other.effects,
        (Ok(Step::Finished(one)), Ok(Step::Finished(other))) => one.outcome == other.outcome,
        (Ok(Step::Failed(one)), Ok(Step::Failed(other))) => one.failure == other.failure,
        (Err(_), Err(_)) => true,
        _ => false,
    }
}

impl DifferentCall {
    /// What a step means here, in words: its effects or the task's end, then the reasons.
    #[must_use]
    pub fn words(&self, step: &Result<Step, String>) -> (Vec<String>, Vec<String>) {
        let accepted = match step {
            Ok(step) => accept(&self.task, &self.history, step.clone()).map_err(PathEnd::Ended),
            Err(why) => Err(PathEnd::Broken(why.clone())),
        };
        let what = match accepted {
            Ok(effects) => effects.iter().map(describe::effect).collect(),
            Err(end) => vec![how(&end, &self.history)],
        };
        (what, step.as_ref().map_or_else(|_| Vec::new(), |step| reasons(step).iter().map(describe::reason).collect()))
    }
}

fn reasons(step: &Step) -> &[Reason] {
    let (Step::Perform(Perform { reasons, .. })
    | Step::Finished(Finished { reasons, .. })
    | Step::Failed(Failed { reasons, .. })) = step;
    reasons
}
