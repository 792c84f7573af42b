//! What a write of a move should achieve: the rows of the table in `move_allocations` in which the source holds something.

use crate::ask::{self, HeldAllocations, non_empty};
use crate::contract::{BuiltInReason, Effect, Holding, MoveTask};
use crate::history::{History, Interrupt};
use crate::policy::{Absent, Policy};

/// The state that a write should produce.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Intent {
    /// The target holds all that the source held.
    Move,
    /// The same, and the target still exists after the write.
    RestoreAndCheck,
    /// The source holds nothing.
    DeleteSource,
    /// Neither holds anything.
    DeleteBoth,
}

impl Intent {
    /// The intent for these holdings. `gone` is set if the target turns out to be deleted.
    pub fn of(
        policy: &dyn Policy,
        history: &mut History<'_>,
        task: &MoveTask,
        source: HeldAllocations<'_>,
        target: &Holding,
        gone: &mut bool,
    ) -> Result<Self, Interrupt> {
        match non_empty(target) {
            Some(target) if task.target_is_new => {
                history.explain(BuiltInReason::NewTargetHolds(target.owner.clone()));
                return Ok(Self::Move);
            }
            None if task.target_is_new => {
                history.explain(BuiltInReason::TargetIsNew);
                return Ok(Self::Move);
            }
            _ if *gone => history.explain(BuiltInReason::ServerIsGone),
            Some(target) => history.explain(BuiltInReason::TargetHolds(target.owner.clone())),
            None => history.explain(BuiltInReason::TargetIsEmpty),
        }
        if !*gone {
            match policy.target_should_exist(history, task, source, target)? {
                Absent::RestoreAndCheck => return Ok(Self::RestoreAndCheck),
                Absent::Restore => return Ok(Self::Move),
                Absent::DeleteSource => *gone = true,
            }
        }
        Ok(if non_empty(target).is_some() { Self::DeleteBoth } else { Self::DeleteSource })
    }

    /// True if the write gives the target what the source holds.
    pub fn gives(self) -> bool {
        matches!(self, Self::Move | Self::RestoreAndCheck)
    }

    /// The write. `empty_record` is the generation at which to take over the target's empty record.
    pub fn write(
        self,
        task: &MoveTask,
        source: HeldAllocations<'_>,
        target: &Holding,
        empty_record: Option<u32>,
    ) -> Effect {
        match (self, non_empty(target)) {
            (Self::DeleteBoth, Some(target)) => {
                ask::give_both(source, &[], target.consumer, Some(target.owner.generation), &[])
            }
            (Self::DeleteSource | Self::DeleteBoth, _) => ask::removal(source),
            (Self::Move | Self::RestoreAndCheck, target) => {
                let read = target.map(|target| target.owner.generation);
                ask::transfer(source, &task.target, read.or(empty_record))
            }
        }
    }
}
