//! A server that existed before its allocations were restored may be deleted before the write, and then nothing else
//! deletes them again. This is the leak of bug 1848343 in its shortest window, so ask once more after the write.

use super::deletion::{Deletion, removal};
use super::move_state::transfer;
use crate::ask::{self, HeldAllocations};
use crate::contract::{BuiltInReason, Failure, MoveTask, Outcome, ServerState};
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
    Interrupt::needs_operator("restore-not-checked", "nova does not say whether the server still exists")
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
    let mut deletion = Deletion::default();
    match deletion.run(policy, history, &task.target) {
        Ok(taken) => Ok(Outcome::TargetDeleted(taken.unwrap_or_else(|| removal(&task.target, given)))),
        Err(Interrupt::Failed(failure)) if !matches!(*failure, Failure::Unsettled(_)) => {
            Err(Failure::Leaked(removal(&task.target, deletion.seen.unwrap_or(given))).into())
        }
        Err(interrupt) => Err(interrupt),
    }
}
