//! What the end of a task says about the cloud, and whether it is so at rest.

use std::collections::BTreeMap;

use swaparoo_core::describe::needs_a_person;
use swaparoo_core::task::TaskEnd;
use swaparoo_placement::Resources;

use super::{Actor, State};
use crate::contract::{Outcome, ProviderId, Task};
use crate::explorer::{Claim, PathEnd, Policy, claim, repair};
use crate::fixture::{MIGRATION, SERVER};
use crate::{SimCloud, Violation};

/// What must be so at rest after a task has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EndClaim {
    /// A live server holds its resources once, and other consumers hold nothing.
    Settled,
    /// The migration record holds what the server held, and the server holds nothing.
    Swapped,
    /// A person must look, or the task was not done; `abort` and `release` then lead to the settled state.
    Repairable,
    /// The end itself is wrong, so it says nothing.
    Broken,
}

impl EndClaim {
    /// What this end of the task says. nova continues after a swap that failed as if it had not been tried, so such a
    /// failure says that nothing was changed, unless it says that a person must look.
    pub fn of(task: &Task, end: &PathEnd) -> Self {
        match (task, end) {
            (_, PathEnd::Broken(_) | PathEnd::Ended(TaskEnd::OutOfBounds(_) | TaskEnd::Unfounded(_))) => Self::Broken,
            (Task::Replace(_), PathEnd::Ended(TaskEnd::Finished(outcome))) => match outcome {
                Outcome::Moved(_) | Outcome::AlreadyMoved(_) => Self::Swapped,
                _ => Self::Settled,
            },
            (Task::Replace(_), PathEnd::Ended(TaskEnd::Failed(failure))) if !needs_a_person(failure) => Self::Settled,
            (_, end) => match claim(end) {
                Claim::Settled => Self::Settled,
                Claim::Repairable => Self::Repairable,
            },
        }
    }
}

/// What is wrong in a state at rest. `stake`: what the server held when the scene began, if a swap is to move it.
/// Without `repairs`, the policy has no rules for `abort` and `release`, and what a person does is not tried.
pub fn wrong_at_rest(
    policy: &mut dyn Policy,
    state: &State,
    stake: &BTreeMap<ProviderId, Resources>,
    repairs: bool,
) -> Vec<Violation> {
    let claims = state.actors.iter().filter_map(Actor::mover).filter_map(|mover| mover.claim());
    match claims.max() {
        None | Some(EndClaim::Settled) => state.cloud.violations(),
        Some(EndClaim::Swapped) => wrong_in_a_swap(&state.cloud, stake),
        Some(EndClaim::Repairable) if repairs && !state.cloud.violations().is_empty() => after_repair(policy, state),
        Some(EndClaim::Repairable | EndClaim::Broken) => Vec::new(),
    }
}

fn wrong_in_a_swap(cloud: &SimCloud, stake: &BTreeMap<ProviderId, Resources>) -> Vec<Violation> {
    let (swapped, server_holds) = (cloud.held(MIGRATION) == *stake, !cloud.held(SERVER).is_empty());
    let wrong = [
        (!swapped, Violation::Lost),
        (swapped && server_holds, Violation::HeldTwice),
        (!swapped && server_holds, Violation::UntrueOutcome),
    ];
    wrong.into_iter().filter_map(|(is_so, violation)| is_so.then_some(violation)).collect()
}

/// A person starts a way back again that was not done, and then aborts and releases. If Placement has forgotten what the
/// server should hold, no task can know it, and nova's `heal_allocations` restores it.
fn after_repair(policy: &mut dyn Policy, state: &State) -> Vec<Violation> {
    let mut cloud = state.cloud.clone();
    let last = state.actors.iter().filter_map(|actor| actor.mover()?.task());
    let again: Vec<&Task> =
        last.filter(|task| !matches!(task, Task::Replace(_) | Task::Migrate(_) | Task::LiveMigrate(_))).collect();
    let mut found = repair(policy, again, &mut cloud);
    let to_heal = state.forgotten && cloud.placement.holdings().is_empty();
    found.extend(cloud.violations().into_iter().filter(|of| !(to_heal && *of == Violation::Lost)));
    found
}
