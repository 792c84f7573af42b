//! A policy in shadow: asked on live tasks beside the one that decides, and never obeyed.

use crate::contract::Step;
use crate::journal::Shadowed;
use crate::policy::{CallError, Decision, Digest};

/// What a policy in shadow would have done otherwise, at this place of the history; none when it is the same. The
/// reasons may differ.
#[must_use]
pub fn compare(digest: Digest, index: usize, active: &Step, shadow: &Result<Decision, CallError>) -> Option<Shadowed> {
    let digest = digest.to_string();
    match shadow {
        Ok(decision) if same(active, &decision.step) => None,
        Ok(decision) => Some(Shadowed { digest, index, step: Some(decision.step.clone()), error: None }),
        Err(error) => Some(Shadowed { digest, index, step: None, error: Some(error.to_string()) }),
    }
}

fn same(one: &Step, other: &Step) -> bool {
    match (one, other) {
        (Step::Perform(one), Step::Perform(other)) => one.effects == other.effects,
        (Step::Finished(one), Step::Finished(other)) => one.outcome == other.outcome,
        (Step::Failed(one), Step::Failed(other)) => one.failure == other.failure,
        _ => false,
    }
}
