//! The rules of this policy: one function for each kind of task. Change them, and say in scenarios/ what must hold.

use crate::ask::{self, Written};
use crate::contract::swaparoo::policy::allocations::{Allocation, Holding, Refusal, Removal, Transfer};
use crate::contract::swaparoo::policy::moves::{
    Failure, MoveTask, NotHeld, Outcome, ReplaceTask, RevertTask, ServerState, Undecided, Unsettled,
};
use crate::history::{History, Interrupt, Rule};

/// How long a database replica behind Placement may need to catch up, in milliseconds.
const CATCH_UP: u32 = 5_000;
/// The pauses between questions to nova, in milliseconds: enough to restart a conductor.
const PATIENCE: [u32; 3] = [5_000, 10_000, 15_000];

/// Gives a server's allocations to its migration record, if it holds something of its compute node.
pub fn replace(history: &mut History<'_>, task: &ReplaceTask, attempts: u32) -> Rule {
    let node = match &task.source_node {
        Some(node) => node.clone(),
        None => ask::compute_node(history, &task.server)?,
    };
    let is_of_node = |held: &Holding| held.allocations.iter().any(|one| one.provider == node);
    if is_of_node(settled(history, &task.server, is_of_node)?) {
        let (source, target) = (task.server.clone(), task.migration.clone());
        return move_allocations(history, &MoveTask { source, target, target_is_new: true }, attempts);
    }
    let there = ask::holding(history, &task.migration)?;
    if is_of_node(there) {
        return Ok(Outcome::AlreadyMoved(transfer(&task.server, &task.migration, &there.allocations)));
    }
    history.because("not-held", "the server holds nothing of its compute node");
    Ok(Outcome::NotHeld(NotHeld { server: task.server.clone(), node }))
}

/// Gives them back after the migration failed.
pub fn revert(history: &mut History<'_>, task: &RevertTask, attempts: u32) -> Rule {
    let (source, target) = (task.migration.clone(), task.server.clone());
    move_allocations(history, &MoveTask { source, target, target_is_new: false }, attempts)
}

/// What a write achieves.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Intent {
    /// The target holds what the source held.
    Give,
    /// Neither holds anything.
    Remove,
}

/// A write of which it is not known whether it was done.
struct Lost<'a> {
    at: u32,
    from: &'a Holding,
    intent: Intent,
}

/// What the attempts of a move have shown so far.
#[derive(Default)]
struct Known<'a> {
    lost: Option<Lost<'a>>,
    gone: bool,
    /// What is read next cannot be out of date.
    confirmed: bool,
    refusal: Option<&'a Refusal>,
}

/// Moves all allocations of the source to the target.
pub fn move_allocations(history: &mut History<'_>, task: &MoveTask, attempts: u32) -> Rule {
    if task.source == task.target {
        return to_itself(history, task);
    }
    let mut known = Known::default();
    match (try_to_move(history, task, attempts, &mut known), &known.lost) {
        (Err(Interrupt::Failed(failure)), _) if matches!(failure, Failure::Leaked(_) | Failure::Unsettled(_)) => {
            Err(failure.into())
        }
        // No other failure may hide that it is not known whether a write was done.
        (Err(Interrupt::Failed(Failure::Diverged(at))), _) => Err(Failure::Diverged(at).into()),
        (Err(Interrupt::Failed(_)), Some(lost)) => Err(unsettled(lost, &[])),
        (end, _) => end,
    }
}

fn try_to_move<'a>(history: &mut History<'a>, task: &MoveTask, attempts: u32, known: &mut Known<'a>) -> Rule {
    for attempt in 1..=attempts {
        history.because("read-both", &format!("read what both hold (attempt {attempt} of {attempts})"));
        let [from, to] = ask::holdings(history, [&task.source, &task.target])?;
        let Some(owner) = &from.owner else {
            if known.confirmed {
                return source_is_empty(history, task, to, known);
            }
            known.confirmed = true;
            history.because("confirm", "the source holds nothing: read again after a pause, a replica may be behind");
            ask::pause(history, CATCH_UP)?;
            continue;
        };
        let intent = intent(history, task, [from, to], known)?;
        let effect = match (intent, &to.owner) {
            (Intent::Give, _) => ask::transfer(from, owner, to),
            (Intent::Remove, Some(too)) => ask::removal(&[(from, owner), (to, too)]),
            (Intent::Remove, None) => ask::removal(&[(from, owner)]),
        };
        known.confirmed = false;
        match ask::write(history, &effect)? {
            Written::Done => return done(history, task, from, intent),
            Written::Refused(refusal) => known.refusal = Some(refusal),
            Written::Lost => {
                known.confirmed = true;
                known.lost = Some(Lost { at: history.last(), from, intent });
            }
        }
        history.because("write-again", "the write was refused or got no answer: read again after a pause");
        ask::pause(history, 2_000 * attempt)?;
    }
    last_look(history, task, known)
}

/// After the last attempt: one more read, and no write.
fn last_look<'a>(history: &mut History<'a>, task: &MoveTask, known: &mut Known<'a>) -> Rule {
    history.because("last-look", "the attempts are used up: read once more");
    let [from, to] = ask::holdings(history, [&task.source, &task.target])?;
    match (&known.lost, known.refusal) {
        _ if from.owner.is_none() => source_is_empty(history, task, to, known),
        (Some(lost), _) => Err(unsettled(lost, &[from, to])),
        (None, Some(refusal)) => Err(Failure::AllocationMoveFailed(refusal.clone()).into()),
        (None, None) => {
            Err(Interrupt::operator("source-changes", "the source held nothing, and holds something now: try again"))
        }
    }
}

/// Whether the target gets the allocations. Placement does not know whether a server exists; nova does.
fn intent(history: &mut History<'_>, task: &MoveTask, both: [&Holding; 2], known: &mut Known<'_>) -> Rule<Intent> {
    if task.target_is_new {
        return Ok(Intent::Give);
    }
    if !known.gone {
        match ask::server(history, &task.target)? {
            ServerState::Unknown => {
                let holdings = both.map(Holding::clone).to_vec();
                return Err(Failure::Undecided(Undecided { server: task.target.clone(), holdings }).into());
            }
            ServerState::Present | ServerState::Deleting => {
                history.because("server-exists", "nova has the server");
                return Ok(Intent::Give);
            }
            ServerState::Gone => known.gone = true,
        }
    }
    history.because("server-is-gone", "the server does not exist: nothing is given to it");
    Ok(Intent::Remove)
}

/// The outcome of a write that is known to be done.
fn done(history: &mut History<'_>, task: &MoveTask, from: &Holding, intent: Intent) -> Rule {
    if intent == Intent::Give {
        if !task.target_is_new && is_gone(history, &task.target)? {
            return delete_target(history, task, &from.allocations);
        }
        return Ok(Outcome::Moved(transfer(&task.source, &task.target, &from.allocations)));
    }
    // The scheduler may have claimed for the deleted server meanwhile.
    let to = ask::holding(history, &task.target)?;
    if to.owner.is_some() {
        return delete_target(history, task, &to.allocations);
    }
    Ok(Outcome::SourceDeleted(removal(&task.source, &from.allocations)))
}

/// A server may be deleted just before it gets its allocations back, and then nothing else deletes them again.
fn is_gone(history: &mut History<'_>, server: &str) -> Rule<bool> {
    for pause in PATIENCE {
        history.because("check-after-restore", "ask whether the server still exists");
        match ask::server(history, server)? {
            ServerState::Unknown => ask::pause(history, pause)?,
            state => return Ok(state == ServerState::Gone),
        }
    }
    Err(Interrupt::operator("restore-not-checked", "nova does not say whether the server still exists"))
}

/// Deletes what a deleted server holds. No other failure may hide that it still holds something.
fn delete_target(history: &mut History<'_>, task: &MoveTask, allocations: &[Allocation]) -> Rule {
    let mut held = removal(&task.target, allocations);
    match try_to_delete(history, &mut held) {
        Ok(true) => Ok(Outcome::TargetDeleted(held)),
        Err(Interrupt::Failed(Failure::Diverged(at))) => Err(Failure::Diverged(at).into()),
        Ok(false) | Err(Interrupt::Failed(_)) => Err(Failure::Leaked(held).into()),
        Err(interrupt) => Err(interrupt),
    }
}

fn try_to_delete(history: &mut History<'_>, held: &mut Removal) -> Rule<bool> {
    for attempt in 1..=4 {
        history.because("server-is-gone", "the server does not exist: delete what it holds");
        let to = ask::holding(history, &held.consumer)?;
        let Some(owner) = &to.owner else { return Ok(true) };
        held.allocations.clone_from(&to.allocations);
        if let Written::Done = ask::write(history, &ask::removal(&[(to, owner)]))? {
            return Ok(true);
        }
        ask::pause(history, 2_000 * attempt)?;
    }
    Ok(false)
}

/// The source holds nothing: the move was made before, by an earlier task or by a write of this one.
fn source_is_empty(history: &mut History<'_>, task: &MoveTask, to: &Holding, known: &Known<'_>) -> Rule {
    if let Some(lost) = &known.lost {
        history.because("lost-write", "a write of this task got no answer, and the source holds nothing");
        let wanted = if lost.intent == Intent::Give { &lost.from.allocations[..] } else { &[] };
        return if to.allocations == wanted {
            done(history, task, lost.from, lost.intent)
        } else {
            Err(unsettled(lost, &[]))
        };
    }
    if to.owner.is_none() {
        return Ok(Outcome::NothingToMove);
    }
    if known.gone || (!task.target_is_new && ask::server(history, &task.target)? == ServerState::Gone) {
        return delete_target(history, task, &to.allocations);
    }
    Ok(Outcome::AlreadyMoved(transfer(&task.source, &task.target, &to.allocations)))
}

fn to_itself(history: &mut History<'_>, task: &MoveTask) -> Rule {
    let held = settled(history, &task.source, |held| held.owner.is_some())?;
    if held.owner.is_none() {
        return Ok(Outcome::NothingToMove);
    }
    Ok(Outcome::AlreadyMoved(transfer(&task.source, &task.target, &held.allocations)))
}

/// Reads what a consumer holds, and again after a pause if it is not what is expected.
fn settled<'a>(history: &mut History<'a>, consumer: &str, is_expected: impl Fn(&Holding) -> bool) -> Rule<&'a Holding> {
    let held = ask::holding(history, consumer)?;
    if is_expected(held) {
        return Ok(held);
    }
    history.because("confirm", "this is not expected: read again after a pause, a replica may be behind");
    ask::pause(history, CATCH_UP)?;
    ask::holding(history, consumer)
}

fn transfer(source: &str, target: &str, allocations: &[Allocation]) -> Transfer {
    Transfer { source: source.to_owned(), target: target.to_owned(), allocations: allocations.to_vec() }
}

fn removal(consumer: &str, allocations: &[Allocation]) -> Removal {
    Removal { consumer: consumer.to_owned(), allocations: allocations.to_vec() }
}

fn unsettled(lost: &Lost<'_>, holdings: &[&Holding]) -> Interrupt {
    let holdings = holdings.iter().map(|holding| (*holding).clone()).collect();
    Failure::Unsettled(Unsettled { write_at: lost.at, holdings }).into()
}
