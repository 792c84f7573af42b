//! Moves all allocations of one consumer to another.
//!
//! | source | target | target is new | rule |
//! |---|---|---|---|
//! | holds | any | yes | one write for both; target generation as read, null if it holds nothing |
//! | holds | holds | no | the same |
//! | holds | empty | no | the policy's `target_is_empty` |
//! | empty | holds | any | already moved |
//! | empty | empty | any | the policy's `both_empty` |

use super::check_after_restore::{check_after_restore, delete_target};
use super::lost_write::LostWrite;
use super::tries::{Tried, Tries};
use crate::ask::{self, Held, held};
use crate::contract::{Allocation, Failure, Holding, MoveTask, Outcome, Reason, Removal, Transfer};
use crate::history::{Ending, History, Stop};
use crate::policy::{Absent, Policy};

/// nova's `move_allocations`.
pub fn move_allocations(policy: &dyn Policy, history: &mut History<'_>, task: &MoveTask) -> Ending {
    if task.source == task.target && !policy.writes_to_itself() {
        return move_to_itself(history, task);
    }
    let mut known = Known::default();
    match (attempts(policy, history, task, &mut known), known.lost) {
        // These already say what an operator must check, and they are newer than the lost write.
        (Err(Stop::Failed(failure)), _) if matches!(*failure, Failure::Leaked(_) | Failure::Unsettled(_)) => {
            Err(failure.into())
        }
        // Any other failure must not hide that it is not known whether the lost write was or will be done.
        (Err(Stop::Failed(_)), Some(lost)) => Err(lost.unsettled().into()),
        (end, _) => end,
    }
}

/// What the earlier attempts have shown.
#[derive(Default)]
struct Known<'a> {
    /// A write that may or may not have been done.
    lost: Option<LostWrite<'a>>,
    /// The target was deleted. A deleted server does not come back, so this stays true whatever nova answers to a later
    /// question.
    gone: bool,
}

fn attempts<'a>(policy: &dyn Policy, history: &mut History<'a>, task: &MoveTask, known: &mut Known<'a>) -> Ending {
    let mut tries = Tries::default();
    while let Some(attempt) = tries.next() {
        history.because(Reason::ReadBoth(attempt));
        let [source, target] = read(history, task, known)?;
        let Some(source) = held(source) else {
            return source_is_empty(policy, history, task, target, known);
        };
        let aim = aim(policy, history, task, source, target, known)?;
        let write = match aim {
            Aim::DeleteSource => ask::removal(source),
            Aim::Move | Aim::RestoreAndCheck => {
                let read = held(target).map(|target| target.owner.generation);
                ask::transfer(source, &task.target, read.or(tries.empty_record))
            }
        };
        let written = ask::write(history, &write)?;
        let at = history.last();
        match tries.judge(policy, history, &task.target, &write, written)? {
            Tried::Done => return done(policy, history, task, aim, source, known),
            Tried::Lost => known.lost = Some(LostWrite { at, aim, source, seen: Vec::new() }),
            Tried::Again => {}
        }
    }
    match tries.used_up(history) {
        Some(failure) if known.lost.is_none() => Err(failure.into()),
        _ => last_look(policy, history, task, known),
    }
}

/// The state that a write should produce.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aim {
    /// The target holds all that the source held.
    Move,
    /// The same, and the target still exists after the write.
    RestoreAndCheck,
    /// The source holds nothing.
    DeleteSource,
}

/// The rows of the table in which the source holds something.
fn aim(
    policy: &dyn Policy,
    history: &mut History<'_>,
    task: &MoveTask,
    source: Held<'_>,
    target: &Holding,
    known: &mut Known<'_>,
) -> Result<Aim, Stop> {
    match held(target) {
        Some(target) if task.target_is_new => history.because(Reason::NewTargetHolds(target.owner.clone())),
        Some(target) => history.because(Reason::TargetHolds(target.owner.clone())),
        None if task.target_is_new => history.because(Reason::TargetIsNew),
        None if known.gone => {
            history.because(Reason::ServerIsGone);
            return Ok(Aim::DeleteSource);
        }
        None => {
            return Ok(match policy.target_is_empty(history, task, source)? {
                Absent::RestoreAndCheck => Aim::RestoreAndCheck,
                Absent::Restore => Aim::Move,
                Absent::DeleteSource => {
                    known.gone = true;
                    Aim::DeleteSource
                }
            });
        }
    }
    Ok(Aim::Move)
}

/// The rows of the table in which the source is empty. If a write of this task was lost, it may have emptied the
/// source.
fn source_is_empty<'a>(
    policy: &dyn Policy,
    history: &mut History<'a>,
    task: &MoveTask,
    target: &'a Holding,
    known: &Known<'a>,
) -> Ending {
    // The target was deleted and must hold nothing, even if a lost restore arrived late.
    if let Some(target) = held(target).filter(|_| known.gone) {
        return delete_target(policy, history, task, target);
    }
    if let Some(lost) = known.lost.as_ref().filter(|lost| lost.was_done(target)) {
        history.because(Reason::LostWriteWasDone);
        return done(policy, history, task, lost.aim, lost.source, known);
    }
    if held(target).is_none() {
        history.because(Reason::BothEmpty);
        return policy.both_empty(task);
    }
    history.because(Reason::SourceIsEmpty);
    Ok(Outcome::AlreadyMoved(transfer(task, &target.allocations)))
}

/// The outcome once a write is known to be done.
fn done<'a>(
    policy: &dyn Policy,
    history: &mut History<'a>,
    task: &MoveTask,
    aim: Aim,
    source: Held<'a>,
    known: &Known<'a>,
) -> Ending {
    let allocations = source.allocations.to_vec();
    match aim {
        Aim::Move => Ok(Outcome::Moved(transfer(task, source.allocations))),
        Aim::RestoreAndCheck if known.gone => delete_target(policy, history, task, source),
        Aim::RestoreAndCheck => check_after_restore(policy, history, task, source),
        Aim::DeleteSource => Ok(Outcome::SourceDeleted(Removal { consumer: task.source.clone(), allocations })),
    }
}

/// After the last attempt with a lost write: one more read, no more writes.
fn last_look<'a>(policy: &dyn Policy, history: &mut History<'a>, task: &MoveTask, known: &mut Known<'a>) -> Ending {
    let [source, target] = read(history, task, known)?;
    match &known.lost {
        Some(lost) if held(source).is_some() => Err(lost.unsettled().into()),
        _ => source_is_empty(policy, history, task, target, known),
    }
}

/// Reads both consumers, and stores the holdings with the lost write.
fn read<'a>(history: &mut History<'a>, task: &MoveTask, known: &mut Known<'a>) -> Result<[&'a Holding; 2], Stop> {
    if let Some(lost) = &mut known.lost {
        lost.seen.clear();
    }
    let both = ask::holdings(history, [&task.source, &task.target])?;
    if let Some(lost) = &mut known.lost {
        lost.seen = both.map(Holding::clone).to_vec();
    }
    Ok(both)
}

/// Source and target are the same consumer, so there is nothing to write.
fn move_to_itself(history: &mut History<'_>, task: &MoveTask) -> Ending {
    history.because(Reason::SameConsumer);
    let holding = ask::holding(history, &task.source)?;
    history.because(Reason::SameConsumer);
    match held(holding) {
        Some(held) => Ok(Outcome::AlreadyMoved(transfer(task, held.allocations))),
        None => Ok(Outcome::NothingToMove),
    }
}

pub fn transfer(task: &MoveTask, allocations: &[Allocation]) -> Transfer {
    Transfer { source: task.source.clone(), target: task.target.clone(), allocations: allocations.to_vec() }
}
