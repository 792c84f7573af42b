//! `seed`: nova's rules with exactly the first change proposed for bug 1848343: if the target should exist and
//! Placement does not know it, the change takes it as deleted and deletes the source's allocations. It is for
//! comparison only: Placement also forgets existing servers, and then these were the server's only allocations.

use super::Nova34;
use crate::ask::{HeldAllocations, Written, non_empty};
use crate::contract::{Effect, Failure, Holding, MoveTask, Outcome, Refusal};
use crate::history::{History, Interrupt, RuleResult};
use crate::policy::{Absent, Policy, WriteVerdict};
use crate::reason::OwnReason;
use crate::rules::migration::{Progress, rollback_as_nova};

const PLACEMENT_FORGOT_TARGET: OwnReason = OwnReason {
    code: "placement-forgot-target",
    text: "Placement does not know the target: delete the source's allocations",
};

/// The policy `seed`.
#[derive(Debug, Clone, Copy)]
pub struct Seed;

impl Policy for Seed {
    fn name(&self) -> &'static str {
        "seed"
    }

    fn target_should_exist(
        &self,
        history: &mut History<'_>,
        _: &MoveTask,
        _: HeldAllocations<'_>,
        target: &Holding,
    ) -> Result<Absent, Interrupt> {
        if non_empty(target).is_some() {
            return Ok(Absent::Restore);
        }
        history.explain(PLACEMENT_FORGOT_TARGET);
        Ok(Absent::DeleteSource)
    }

    fn reads_new_targets(&self) -> bool {
        Nova34.reads_new_targets()
    }

    fn confirms_reads(&self) -> bool {
        Nova34.confirms_reads()
    }

    fn asks_in_every_row(&self) -> bool {
        Nova34.asks_in_every_row()
    }

    /// There is nothing to delete, so this is not an error.
    fn both_empty(&self, _: &MoveTask) -> RuleResult {
        Ok(Outcome::NothingToMove)
    }

    fn writes_to_itself(&self) -> bool {
        Nova34.writes_to_itself()
    }

    /// If Placement refuses a delete, the task fails at once, whatever the reason. All else is as in nova.
    fn judge(&self, history: &mut History<'_>, write: &Effect, written: Written<'_>) -> WriteVerdict {
        match (write, written) {
            (Effect::DeleteAllocations(_), Written::Refused(refusal)) => {
                WriteVerdict::Fail(Box::new(Failure::AllocationDeleteFailed(refusal.clone())))
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

    fn roll_back(&self, history: &mut History<'_>, server: &str, progress: &Progress, failure: Failure) -> Interrupt {
        rollback_as_nova(self, history, server, progress, failure)
    }

    fn looks_before_cast(&self) -> bool {
        Nova34.looks_before_cast()
    }

    fn looks_after_cast(&self) -> bool {
        Nova34.looks_after_cast()
    }

    /// The code reads the version of a service that does not exist.
    fn no_such_service(&self) -> &'static str {
        "AttributeError"
    }

    fn insists_on_removal(&self) -> bool {
        Nova34.insists_on_removal()
    }
}
