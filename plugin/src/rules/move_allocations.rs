//! Moves all allocations of one consumer to another.
//!
//! | source | target | target is new | rule |
//! |---|---|---|---|
//! | holds | not read | yes | one write for both; no generation of the target |
//! | holds | any | yes | the same after a conflict; target generation as read, null if it holds nothing |
//! | holds | any | no | the policy's `target_should_exist` |
//! | empty | holds | yes | already moved |
//! | empty | holds | no | the same; if the policy asks and the server is gone, the target's allocations are deleted |
//! | empty | empty | any | the policy's `both_empty` |

use super::check_after_restore::{check_after_restore, delete_target};
use super::confirmed_read;
use super::intent::Intent;
use super::lost_write::LostWrite;
use super::move_state::{MoveState, read, still_exists, transfer};
use super::tries::{Tried, Tries};
use crate::ask::{self, HeldAllocations, non_empty};
use crate::contract::{Attempt, BuiltInReason, Effect, Failure, Holding, MoveTask, Outcome, Removal, ServerState};
use crate::history::{History, Interrupt, RuleResult};
use crate::policy::Policy;

/// nova's `move_allocations`.
pub fn move_allocations(policy: &dyn Policy, history: &mut History<'_>, task: &MoveTask) -> RuleResult {
    let mut source = None;
    if task.target_is_new && task.source != task.target && !policy.reads_new_targets() {
        history.explain(BuiltInReason::ReadSource);
        source = non_empty(ask::holding(history, &task.source)?);
    }
    move_to_new(policy, history, task, source)
}

/// The same if the source has just been read and holds something, and the target is new. The first write names no
/// generation of the target, so Placement refuses it if the target holds something after all; then both are read.
pub fn move_to_new<'a>(
    policy: &dyn Policy,
    history: &mut History<'a>,
    task: &MoveTask,
    source: Option<HeldAllocations<'a>>,
) -> RuleResult {
    let source = source.filter(|_| !policy.reads_new_targets() && task.source != task.target);
    move_with(policy, history, task, MoveState { source, ..MoveState::default() })
}

fn move_with<'a>(
    policy: &dyn Policy,
    history: &mut History<'a>,
    task: &MoveTask,
    mut known: MoveState<'a>,
) -> RuleResult {
    if task.source == task.target && !policy.writes_to_itself() {
        return move_to_itself(policy, history, task);
    }
    match (attempts(policy, history, task, &mut known), known.lost) {
        // These already say what an operator must check, and they are newer than the lost write.
        (Err(Interrupt::Failed(failure)), _) if matches!(*failure, Failure::Leaked(_) | Failure::Unsettled(_)) => {
            Err(failure.into())
        }
        // Any other failure must not hide that it is not known whether the lost write was or will be done.
        (Err(Interrupt::Failed(_)), Some(lost)) => Err(lost.unsettled().into()),
        (end, _) => end,
    }
}

fn attempts<'a>(
    policy: &dyn Policy,
    history: &mut History<'a>,
    task: &MoveTask,
    known: &mut MoveState<'a>,
) -> RuleResult {
    let mut tries = Tries::default();
    while let Some(attempt) = tries.next() {
        let (source, intent, write) = match known.source.take() {
            Some(source) => {
                history.explain(BuiltInReason::TargetIsNew);
                (source, Intent::Move, ask::transfer(source, &task.target, None))
            }
            None => match next(policy, history, task, known, tries.empty_record, attempt)? {
                Next::Write(source, intent, write) => (source, intent, write),
                Next::ReadAgain => continue,
                Next::End(outcome) => return Ok(outcome),
            },
        };
        let written = ask::write(history, &write)?;
        let at = history.last();
        known.server_error |= written.is_server_error();
        let tried = tries.judge(policy, history, &task.target, &write, written)?;
        match tried {
            Tried::Done if intent == Intent::DeleteSource && policy.asks_in_every_row() => {
                known.lost = Some(LostWrite::new(at, intent, source));
                return source_deleted(policy, history, task, source, known);
            }
            Tried::Done => return done(policy, history, task, intent, source, known),
            Tried::Lost => known.lost = Some(LostWrite::new(at, intent, source)),
            Tried::Again => {}
        }
        // There is a pause after a lost write.
        known.confirmed = tried == Tried::Lost;
    }
    match tries.used_up(history) {
        Some(failure) if known.lost.is_none() => Err(failure.into()),
        _ => last_look(policy, history, task, known),
    }
}

/// What follows from a read of both consumers.
enum Next<'a> {
    Write(HeldAllocations<'a>, Intent, Effect),
    ReadAgain,
    End(Outcome),
}

fn next<'a>(
    policy: &dyn Policy,
    history: &mut History<'a>,
    task: &MoveTask,
    known: &mut MoveState<'a>,
    empty_record: Option<u32>,
    attempt: Attempt,
) -> Result<Next<'a>, Interrupt> {
    history.explain(BuiltInReason::ReadBoth(attempt));
    let [source, target] = read(history, task, known)?;
    match (non_empty(source), known.forgotten(target)) {
        (Some(source), _) => {
            let intent = Intent::of(policy, history, task, source, target, &mut known.gone)?;
            Ok(Next::Write(source, intent, intent.write(task, source, target, empty_record)))
        }
        (None, Some(lost)) if still_exists(history, task, lost)? => {
            Ok(Next::Write(lost.source, lost.intent, ask::creation(lost.source, &task.target, empty_record)))
        }
        (None, _) if policy.confirms_reads() && known.must_be_confirmed(target) => {
            confirmed_read::confirm(history, target)?;
            known.set_confirmed();
            Ok(Next::ReadAgain)
        }
        (None, _) => source_is_empty(policy, history, task, target, known).map(Next::End),
    }
}

/// The rows of the table in which the source is empty. If a write of this task was lost, it may have emptied the
/// source.
fn source_is_empty<'a>(
    policy: &dyn Policy,
    history: &mut History<'a>,
    task: &MoveTask,
    target: &'a Holding,
    known: &MoveState<'a>,
) -> RuleResult {
    // The target was deleted and must hold nothing, even if a lost restore arrived late.
    if let Some(target) = non_empty(target).filter(|_| known.gone) {
        return delete_target(policy, history, task, target);
    }
    if let Some(lost) = known.lost.as_ref().filter(|lost| lost.was_done(target)) {
        history.explain(BuiltInReason::LostWriteWasDone);
        return done(policy, history, task, lost.intent, lost.source, known);
    }
    if let Some(lost) = known.lost.as_ref().filter(|_| known.server_error && non_empty(target).is_some()) {
        // Placement may have forgotten the allocations, and others have given the target something else since.
        return Err(lost.unsettled().into());
    }
    if non_empty(target).is_none() {
        history.explain(BuiltInReason::BothEmpty);
        return policy.both_empty(task);
    }
    history.explain(BuiltInReason::SourceIsEmpty);
    if !task.target_is_new
        && policy.asks_in_every_row()
        && ask::server(history, &task.target)? == ServerState::Gone
        && let Some(target) = non_empty(target)
    {
        return delete_target(policy, history, task, target);
    }
    Ok(Outcome::AlreadyMoved(transfer(task, &target.allocations)))
}

/// The server is gone, and the source's allocations are deleted. The scheduler may have claimed for the server meanwhile,
/// and no generation shows it, because the server held nothing.
fn source_deleted<'a>(
    policy: &dyn Policy,
    history: &mut History<'a>,
    task: &MoveTask,
    source: HeldAllocations<'a>,
    known: &MoveState<'a>,
) -> RuleResult {
    match non_empty(ask::holding(history, &task.target)?) {
        Some(target) => delete_target(policy, history, task, target),
        None => done(policy, history, task, Intent::DeleteBoth, source, known),
    }
}

/// The outcome once a write is known to be done.
fn done<'a>(
    policy: &dyn Policy,
    history: &mut History<'a>,
    task: &MoveTask,
    intent: Intent,
    source: HeldAllocations<'a>,
    known: &MoveState<'a>,
) -> RuleResult {
    match intent {
        Intent::Move => Ok(Outcome::Moved(transfer(task, source.allocations))),
        Intent::RestoreAndCheck if known.gone => delete_target(policy, history, task, source),
        Intent::RestoreAndCheck => check_after_restore(policy, history, task, source),
        Intent::DeleteSource | Intent::DeleteBoth => {
            let allocations = source.allocations.to_vec();
            Ok(Outcome::SourceDeleted(Removal { consumer: task.source.clone(), allocations }))
        }
    }
}

/// After the last attempt with a lost write: one more read, no more writes.
fn last_look<'a>(
    policy: &dyn Policy,
    history: &mut History<'a>,
    task: &MoveTask,
    known: &mut MoveState<'a>,
) -> RuleResult {
    // After the last attempt there was no pause.
    if policy.confirms_reads() {
        confirmed_read::wait(history)?;
    }
    let [mut source, mut target] = read(history, task, known)?;
    if policy.confirms_reads() && non_empty(source).is_none() && known.may_be_between_reads(target) {
        confirmed_read::wait(history)?;
        [source, target] = read(history, task, known)?;
    }
    match &known.lost {
        Some(lost) if non_empty(source).is_some() => Err(lost.unsettled().into()),
        // The allocations that Placement has forgotten are in no answer: a person must look.
        Some(lost) if known.forgotten(target).is_some() && still_exists(history, task, lost)? => {
            Err(lost.unsettled().into())
        }
        _ => source_is_empty(policy, history, task, target, known),
    }
}

/// Source and target are the same consumer, so there is nothing to write.
fn move_to_itself(policy: &dyn Policy, history: &mut History<'_>, task: &MoveTask) -> RuleResult {
    history.explain(BuiltInReason::SameConsumer);
    let holding = confirmed_read::holding(policy, history, &task.source)?;
    history.explain(BuiltInReason::SameConsumer);
    match non_empty(holding) {
        Some(held) => Ok(Outcome::AlreadyMoved(transfer(task, held.allocations))),
        None => Ok(Outcome::NothingToMove),
    }
}
