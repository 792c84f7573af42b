//! The result of a search, and what it says while it runs.

use std::collections::BTreeMap;

use super::Counterexample;

/// The result for one scene.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The name of the scene.
    pub scene: &'static str,
    /// The different states.
    pub states: usize,
    /// The calls of the policy, with those for a person's repairs.
    pub calls: usize,
    /// The states in which nothing has to happen any more.
    pub at_rest: usize,
    /// The ends of tasks, by name, each with the number of steps that led to it.
    pub ends: BTreeMap<&'static str, usize>,
    /// The most actions from the beginning to a state.
    pub longest: usize,
    /// Whether all states were visited; otherwise the bound of states was reached.
    pub is_complete: bool,
    /// The first counterexample to each property with each violation, in the order in which they were found.
    pub counterexamples: Vec<Counterexample>,
}

/// How far a search has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// The name of the scene.
    pub scene: &'static str,
    /// The number of faults on the paths that are being followed.
    pub faults: u32,
    /// The different states so far.
    pub states: usize,
    /// The steps that are known and not followed yet.
    pub waiting: usize,
}

impl Outcome {
    pub(super) fn of(scene: &'static str) -> Self {
        Self {
            scene,
            states: 0,
            calls: 0,
            at_rest: 0,
            ends: BTreeMap::new(),
            longest: 0,
            is_complete: true,
            counterexamples: Vec::new(),
        }
    }
}
