//! A server that existed before its allocations were restored may be deleted before the write, and then nothing else
//! deletes them again. This is the leak of bug 1848343 in its shortest window, so ask once more after the write.

use super::move_allocations::transfer;
use super::tries::{Tried, Tries};
use crate::ask::{self, HeldAllocations, non_empty};
use crate::contract::{
    BuiltInReason, Failure, Holding, MoveTask, Outcome, PolicyFailure, Removal, ServerState, Unsettled,
};
use crate::history::{History, Interrupt, RuleResult};
use crate::policy::Policy;

/// The pauses between the questions whether the server still exists: enough to restart a conductor.
const PAUSES_MS: [u32; 3] = [5_000, 10_000, 15_000];

/// Confirms a finished restore, or undoes it.
pub fn check_after_restore<'a>(
    policy: &dyn Policy,
    history: &mut History<'a>,
    task: &MoveTask,
    given: HeldAllocations<'a>,
) -> RuleResult {
    history.explain(BuiltInReason::CheckAfterRestore);
    let because = match ask_with_patience(history, &task.target)? {
        ServerState::Gone => return delete_target(policy, history, task, given),
        ServerState::Present => BuiltInReason::ServerIsPresent,
        // nova deletes them with it, unless it had already done so because the host is down; the audit finds that case.
        ServerState::Deleting => BuiltInReason::ServerIsBeingDeleted,
        ServerState::Unknown => return Err(not_checked(history)),
    };
    history.explain(because);
    Ok(Outcome::Moved(transfer(task, given.allocations)))
}

/// Asks again after pauses while it is not known whether the server exists.
fn ask_with_patience(history: &mut History<'_>, server: &str) -> Result<ServerState, Interrupt> {
    for up_to_ms in PAUSES_MS {
        match ask::server(history, server)? {
            ServerState::Unknown => history.explain(BuiltInReason::ServerIsUnknown),
            state => return Ok(state),
        }
        ask::pause(history, up_to_ms)?;
    }
    ask::server(history, server)
}

/// The server has its allocations, and if it was deleted just before, nothing deletes them again.
fn not_checked(history: &mut History<'_>) -> Interrupt {
    history.explain(BuiltInReason::ServerIsUnknown);
    let text = "the server has its allocations again, but nova does not say whether it still exists".into();
    Failure::Other(PolicyFailure { code: "restore-not-checked".into(), text, needs_operator: true }).into()
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
