//! `seed`: nova's rules with the change that bug 1848343 was first given, to the letter: a target that should exist
//! and that Placement does not know is gone, so the source's allocations are deleted. For comparison: Placement forgets
//! a live server, too, and then these were its only allocations.

use super::Nova34;
use crate::ask::{Held, Written};
use crate::contract::{Effect, Failure, MoveTask, Outcome, Reason, Refusal};
use crate::history::{Ending, History, Stop};
use crate::policy::{Absent, Policy, Verdict};
use crate::rules::migration::{Progress, rollback_as_nova};

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

    fn roll_back(&self, history: &mut History<'_>, server: &str, progress: &Progress, failure: Failure) -> Stop {
        rollback_as_nova(self, history, server, progress, failure)
    }

    fn looks_before_cast(&self) -> bool {
        Nova34.looks_before_cast()
    }

    fn looks_after_cast(&self) -> bool {
        Nova34.looks_after_cast()
    }

    /// It reads the version of what is not there.
    fn no_such_service(&self) -> &'static str {
        "AttributeError"
    }

    fn insists_on_removal(&self) -> bool {
        Nova34.insists_on_removal()
    }
}
