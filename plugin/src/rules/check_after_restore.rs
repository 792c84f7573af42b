//! A server that was there when its allocations were given back may have been deleted in between, and then nobody else
//! takes them away again: that is the leak of bug 1848343 in its narrowest form. So ask once more, after the write.

use super::move_allocations::transfer;
use super::tries::{Tried, Tries};
use crate::ask::{self, Held, held};
use crate::contract::{Effect, Failure, Holding, MoveTask, Outcome, Reason, Removal, ServerState, Unsettled};
use crate::history::{Ending, History, Stop};
use crate::policy::Policy;

/// The restore is done; ends it, or undoes it.
pub fn check_after_restore(policy: &dyn Policy, history: &mut History<'_>, task: &MoveTask, given: Held<'_>) -> Ending {
    history.because(Reason::CheckAfterRestore);
    let because = match ask::server(history, &task.target)? {
        ServerState::Gone => return delete_target(policy, history, task, given),
        ServerState::Present => Reason::ServerIsPresent,
        // It was there a moment ago and has its allocations: that is so, and the reason says what is not known.
        ServerState::Unknown => Reason::ServerIsUnknown,
    };
    history.because(because);
    Ok(Outcome::Moved(transfer(task, given.allocations)))
}

/// Takes the allocations of the deleted server away again.
fn delete_target(policy: &dyn Policy, history: &mut History<'_>, task: &MoveTask, given: Held<'_>) -> Ending {
    history.because(Reason::ServerIsGone);
    let mut lost = None;
    match (attempts(policy, history, task, given, &mut lost), lost) {
        (Err(Stop::Failed(_)), Some((write, holdings))) => {
            Err(Failure::Unsettled(Unsettled { write, holdings }).into())
        }
        (end, _) => end,
    }
}

fn attempts(
    policy: &dyn Policy,
    history: &mut History<'_>,
    task: &MoveTask,
    given: Held<'_>,
    lost: &mut Option<(Effect, Vec<Holding>)>,
) -> Ending {
    let mut tries = Tries::default();
    while tries.next().is_some() {
        let target = ask::holding(history, &task.target)?;
        let Some(target) = held(target) else {
            return Ok(deleted(given, task));
        };
        let write = ask::removal(target);
        let written = ask::write(history, &write)?;
        match tries.judge(policy, history, &task.target, &write, written)? {
            Tried::Done => return Ok(deleted(target, task)),
            Tried::Lost => *lost = Some((write, vec![target.to_holding()])),
            Tried::Again => {}
        }
    }
    let failure = tries.used_up(history);
    let target = ask::holding(history, &task.target)?;
    match (held(target), failure) {
        (None, _) => Ok(deleted(given, task)),
        (Some(_), Some(failure)) => Err(failure.into()),
        // Every attempt was lost; the caller says so.
        (Some(target), None) => {
            Err(Failure::Unsettled(Unsettled { write: ask::removal(target), holdings: vec![target.to_holding()] })
                .into())
        }
    }
}

fn deleted(held: Held<'_>, task: &MoveTask) -> Outcome {
    Outcome::TargetDeleted(Removal { consumer: task.target.clone(), allocations: held.allocations.to_vec() })
}
