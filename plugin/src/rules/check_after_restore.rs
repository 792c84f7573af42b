//! A server that existed before its allocations were restored may be deleted before the write, and then nothing else
//! deletes them again. This is the leak of bug 1848343 in its shortest window, so ask once more after the write.

use super::move_allocations::transfer;
use super::tries::{Tried, Tries};
use crate::ask::{self, HeldAllocations, non_empty};
use crate::contract::{BuiltInReason, Failure, Holding, MoveTask, Outcome, Removal, ServerState, Unsettled};
use crate::history::{History, Interrupt, RuleResult};
use crate::policy::Policy;

/// Confirms a finished restore, or undoes it.
pub fn check_after_restore<'a>(
    policy: &dyn Policy,
    history: &mut History<'a>,
    task: &MoveTask,
    given: HeldAllocations<'a>,
) -> RuleResult {
    history.explain(BuiltInReason::CheckAfterRestore);
    let because = match ask::server(history, &task.target)? {
        ServerState::Gone => return delete_target(policy, history, task, given),
        ServerState::Present => BuiltInReason::ServerIsPresent,
        // nova deletes them with it, unless it had already done so because the host is down; the audit finds that case.
        ServerState::Deleting => BuiltInReason::ServerIsBeingDeleted,
        // The server existed a moment ago and has its allocations, so the move is done; the reason shows the doubt.
        ServerState::Unknown => BuiltInReason::ServerIsUnknown,
    };
    history.explain(because);
    Ok(Outcome::Moved(transfer(task, given.allocations)))
}

/// Deletes the allocations of the deleted server again. If this fails for any reason, the failure is `leaked`: no other
/// failure may hide that these allocations still exist.
pub fn delete_target<'a>(
    policy: &dyn Policy,
    history: &mut History<'a>,
    task: &MoveTask,
    given: HeldAllocations<'a>,
) -> RuleResult {
    history.explain(BuiltInReason::ServerIsGone);
    let mut seen = given;
    let mut lost = None;
    match (attempts(policy, history, task, &mut seen, &mut lost), lost) {
        (Err(Interrupt::Failed(_)), Some((write_at, holding))) => {
            Err(Failure::Unsettled(Unsettled { write_at, holdings: vec![holding] }).into())
        }
        (Err(Interrupt::Failed(_)), None) => Err(Failure::Leaked(removal(task, seen)).into()),
        (Ok(()), _) => Ok(Outcome::TargetDeleted(removal(task, seen))),
        (Err(interrupt), _) => Err(interrupt),
    }
}

/// `seen` is the target's last known holding.
fn attempts<'a>(
    policy: &dyn Policy,
    history: &mut History<'a>,
    task: &MoveTask,
    seen: &mut HeldAllocations<'a>,
    lost: &mut Option<(u32, Holding)>,
) -> Result<(), Interrupt> {
    let mut tries = Tries::default();
    while tries.next().is_some() {
        let Some(target) = non_empty(ask::holding(history, &task.target)?) else {
            return Ok(());
        };
        *seen = target;
        let write = ask::removal(target);
        let written = ask::write(history, &write)?;
        let at = history.last();
        match tries.judge(policy, history, &task.target, &write, written)? {
            Tried::Done => return Ok(()),
            Tried::Lost => *lost = Some((at, target.to_holding())),
            Tried::Again => {}
        }
    }
    let used_up = tries.used_up(history);
    match non_empty(ask::holding(history, &task.target)?) {
        None => Ok(()),
        Some(target) => {
            *seen = target;
            Err(used_up.unwrap_or_else(|| Failure::Leaked(removal(task, target))).into())
        }
    }
}

fn removal(task: &MoveTask, held: HeldAllocations<'_>) -> Removal {
    Removal { consumer: task.target.clone(), allocations: held.allocations.to_vec() }
}
