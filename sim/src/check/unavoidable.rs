//! From which state of a counterexample on its wrong end cannot be avoided.

use std::collections::HashSet;

use super::mover::PolicyCalls;
use super::verdict::wrong_at_rest;
use super::{Action, Counterexample, Property, Scene, State};
use crate::explorer::Policy;
use crate::fixture::SERVER;

/// The most states that are searched from one state. A counterexample whose ways are more is shown without the place.
const MOST: usize = 2_000;

/// The number of the counterexample's actions after which every way to rest ends wrong, if there are no more faults, and
/// others do only what they must. None for a step that is wrong itself, and if there are too many ways to tell.
pub fn unavoidable_after(
    policy: &mut dyn Policy,
    scene: &Scene,
    counterexample: &Counterexample,
    repairs: bool,
) -> Option<usize> {
    if counterexample.property != Property::RightAtRest {
        return None;
    }
    let mut ways = Ways { calls: PolicyCalls { policy, count: 0, ended: Vec::new() }, scene, repairs };
    let mut states = ways.states(&counterexample.actions);
    while let Some(state) = states.pop() {
        if !ways.end_wrong(state)? {
            return Some(states.len() + 1).filter(|after| *after <= counterexample.actions.len());
        }
    }
    Some(0)
}

struct Ways<'a> {
    calls: PolicyCalls<'a>,
    scene: &'a Scene,
    repairs: bool,
}

impl Ways<'_> {
    /// The states on the way, with the first one.
    fn states(&mut self, actions: &[Action]) -> Vec<State> {
        let mut state = self.scene.start.clone();
        state.start(&mut self.calls);
        let mut states = vec![state.clone()];
        for action in actions {
            state.apply(*action, &mut self.calls);
            states.push(state.clone());
        }
        states
    }

    /// Whether all ways from here end wrong.
    fn end_wrong(&mut self, from: State) -> Option<bool> {
        let (mut seen, mut open) = (HashSet::new(), vec![from]);
        while let Some(state) = open.pop() {
            if seen.len() > MOST {
                return None;
            }
            if !seen.insert(state.key()) {
                continue;
            }
            if state.is_at_rest() && self.is_right(&state) {
                return Some(false);
            }
            for action in state.actions().into_iter().filter(|action| must_happen(&state, *action)) {
                let mut next = state.clone();
                next.apply(action, &mut self.calls);
                open.push(next);
            }
        }
        Some(true)
    }

    fn is_right(&mut self, state: &State) -> bool {
        let stake = self.scene.start.cloud.held(SERVER);
        wrong_at_rest(self.calls.policy, state, &stake, self.repairs).is_empty()
    }
}

/// Whether it is no fault, and not the free choice of another actor.
fn must_happen(state: &State, action: Action) -> bool {
    match action {
        Action::Effect { .. } | Action::Begins { .. } | Action::Forgets { .. } => !state.is_fault(action),
        Action::Other { actor, .. } => state.actors.get(actor).is_some_and(|actor| !actor.may_rest(&state.cloud)),
        Action::Arrives { .. } => true,
    }
}
