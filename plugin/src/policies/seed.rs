//! `seed`: nova's rules with the change that bug 1848343 was first given, to the letter: a target that should exist
//! and that Placement does not know is gone, so the source's allocations are deleted. For comparison: Placement forgets
//! a live server, too, and then these were its only allocations.

use super::Nova34;
use crate::ask::{Held, Written};
use crate::contract::{Effect, Failure, MoveTask, Outcome, Reason, Refusal};
use crate::history::{Ending, History, Stop};
use crate::policy::{Absent, Policy, Verdict};

/// The seed's rules.
#[derive(Debug, Clone, Copy)]
pub struct Seed;

impl Policy for Seed {
    fn name(&self) -> &'static str {
        "seed"
    }

    fn target_is_empty(&self, history: &mut History<'_>, _: &MoveTask, _: Held<'_>) -> Result<Absent, Stop> {
        history.because(Reason::PlacementForgotTarget);
        Ok(Absent::DeleteSource)
    }

    /// Not an error in substance: there is nothing to delete.
    fn both_empty(&self, _: &MoveTask) -> Ending {
        Ok(Outcome::NothingToMove)
    }

    fn writes_to_itself(&self) -> bool {
        Nova34.writes_to_itself()
    }

    /// A delete that Placement refuses, for whatever reason, fails at once; otherwise as nova.
    fn judge(&self, history: &mut History<'_>, write: &Effect, written: Written<'_>) -> Verdict {
        match (write, written) {
            (Effect::DeleteAllocations(_), Written::Refused(refusal)) => {
                Verdict::Fail(Box::new(Failure::AllocationDeleteFailed(refusal.clone())))
            }
            _ => Nova34.judge(history, write, written),
        }
    }

    fn exhausted(&self, last: Refusal) -> Failure {
        Nova34.exhausted(last)
    }

    fn looks_at_migration(&self) -> bool {
        Nova34.looks_at_migration()
    }
}
