//! Checks that the history of a task supports the outcome that a policy claims.
//!
//! An outcome states who holds what now, or that a compute service has begun. The caller of the task acts on it, so it
//! is compared with the history: it must name the task's own consumers; what it states about them must match the last
//! read or confirmed write; and what it states as done must have been asked for, and either answered or seen by a later
//! read. Whether the step was right (was the server really deleted?) is the policy's decision and is not checked:
//! `seed` deletes what it should not, and reports this truthfully.

mod holdings;
mod started;
#[cfg(test)]
mod tests;

use holdings::HistoryHoldings;

use crate::authority::same_allocations;
use crate::contract::{
    Aborted, Allocation, AllocationsFate, Effect, Exchange, NotHeld, Outcome, ProviderId, Removal, ReplaceTask, Reply,
    Task, TaskKind, Transfer,
};

/// An outcome that the history does not show.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the policy ended with `{outcome}`, which the task's history does not show: {why}")]
pub struct Unfounded {
    /// The outcome's name in the contract.
    pub outcome: &'static str,
    /// What the history does not show.
    pub why: String,
}

/// Checks that `history` shows what `outcome` states about `task`.
///
/// # Errors
/// [`Unfounded`] with the first statement that the history does not show.
pub fn check(task: &Task, history: &[Exchange], outcome: &Outcome) -> Result<(), Unfounded> {
    check_shown(task, history, outcome).map_err(|why| Unfounded { outcome: outcome.name(), why })
}

fn check_shown(task: &Task, history: &[Exchange], outcome: &Outcome) -> Result<(), String> {
    if !answers(task.kind(), outcome) {
        return Err(format!("it is not an outcome of a task of kind {}", task.kind().name()));
    }
    let parties = Parties::of(task);
    let held = HistoryHoldings::shown_by(history);
    match outcome {
        Outcome::Moved(transfer) => moved(&held, &parties, transfer),
        Outcome::AlreadyMoved(transfer) => already_moved(task, history, &held, &parties, transfer),
        Outcome::SourceDeleted(removal) => {
            deleted(&held, parties.giver, removal)?;
            parties.taker.map_or(Ok(()), |taker| held.is_not_holding(taker))
        }
        Outcome::TargetDeleted(removal) => target_deleted(&held, &parties, removal),
        Outcome::NothingToMove => {
            held.is_empty(parties.giver)?;
            parties.taker.map_or(Ok(()), |taker| held.is_empty(taker))
        }
        Outcome::NotHeld(NotHeld { server, node }) => {
            same_consumer(server, parties.giver)?;
            if nodes(task, history).all(|known| known != node) {
                return Err(format!("neither the task nor nova has named {node:?} as the server's compute node"));
            }
            held.holds_nothing_of(server, node)
        }
        Outcome::Started(started) => started::check(task, history, &held, started),
        Outcome::Released(removal) => deleted(&held, parties.giver, removal),
        Outcome::Reduced(removal) => reduced(&held, parties.giver, removal),
        Outcome::NothingHeld(nothing) => {
            same_consumer(&nothing.consumer, parties.giver)?;
            held.is_empty(parties.giver)
        }
        Outcome::Aborted(aborted) => fate(&held, &parties, aborted),
    }
}

/// True if a task of this kind can end with this outcome (wit/migrations.wit, `outcome`).
fn answers(kind: TaskKind, outcome: &Outcome) -> bool {
    let of_move = matches!(
        outcome,
        Outcome::Moved(_)
            | Outcome::AlreadyMoved(_)
            | Outcome::SourceDeleted(_)
            | Outcome::TargetDeleted(_)
            | Outcome::NothingToMove
    );
    let of_confirm = matches!(outcome, Outcome::Released(_) | Outcome::NothingHeld(_));
    match kind {
        TaskKind::Move | TaskKind::Revert | TaskKind::RevertResize => of_move,
        TaskKind::Replace => of_move || matches!(outcome, Outcome::NotHeld(_)),
        TaskKind::Release => of_move || of_confirm || matches!(outcome, Outcome::Reduced(_)),
        TaskKind::Confirm => of_confirm,
        TaskKind::Migrate | TaskKind::LiveMigrate => matches!(outcome, Outcome::Started(_)),
        TaskKind::Abort => matches!(outcome, Outcome::Aborted(_)),
    }
}

/// The consumer that gives and the one that receives.
struct Parties<'a> {
    giver: &'a str,
    /// None if the task names only one consumer.
    taker: Option<&'a str>,
}

impl<'a> Parties<'a> {
    fn of(task: &'a Task) -> Self {
        let mut parties = task.parties().into_iter().map(|(_, consumer)| consumer);
        Self { giver: parties.next().unwrap_or_default(), taker: parties.next() }
    }

    fn both(&self) -> Result<[&'a str; 2], String> {
        Ok([self.giver, self.taker.ok_or("the task names only one consumer")?])
    }
}

/// A write gave the target these allocations, and the source has held nothing since then.
fn moved(held: &HistoryHoldings<'_>, parties: &Parties<'_>, transfer: &Transfer) -> Result<(), String> {
    let [source, target] = transferred(parties, transfer)?;
    if source != target {
        held.is_empty(source)?;
    }
    held.holds(target, &transfer.allocations)?;
    if held.given(target).any(|given| same_allocations(given, &transfer.allocations)) {
        return Ok(());
    }
    Err(format!("no write gave {target} these allocations"))
}

/// The target holds these allocations, and the source holds nothing. In a swap the source may hold something of another
/// compute node, because the scheduler may have claimed one for it meanwhile.
fn already_moved(
    task: &Task,
    history: &[Exchange],
    held: &HistoryHoldings<'_>,
    parties: &Parties<'_>,
    transfer: &Transfer,
) -> Result<(), String> {
    let [source, target] = transferred(parties, transfer)?;
    held.holds(target, &transfer.allocations)?;
    let nothing_of_its_node = || nodes(task, history).any(|node| held.holds_nothing_of(source, node).is_ok());
    if source == target || task.kind() == TaskKind::Replace && nothing_of_its_node() {
        return Ok(());
    }
    held.is_empty(source)
}

fn transferred<'a>(parties: &Parties<'a>, transfer: &Transfer) -> Result<[&'a str; 2], String> {
    let [source, target] = parties.both()?;
    same_consumer(&transfer.source, source)?;
    same_consumer(&transfer.target, target)?;
    Ok([source, target])
}

/// A write deleted what a read showed the consumer to hold, and the consumer has held nothing since then.
fn deleted(held: &HistoryHoldings<'_>, consumer: &str, removal: &Removal) -> Result<(), String> {
    same_consumer(&removal.consumer, consumer)?;
    held.is_empty(consumer)?;
    if !held.given(consumer).any(<[Allocation]>::is_empty) {
        return Err(format!("no write took away what {consumer} held"));
    }
    held.has_shown(consumer, &removal.allocations)
}

/// A write left the consumer a part of what a read showed, and these allocations were the rest.
fn reduced(held: &HistoryHoldings<'_>, consumer: &str, removal: &Removal) -> Result<(), String> {
    same_consumer(&removal.consumer, consumer)?;
    held.is_holding(consumer)?;
    let kept = held.last(consumer).unwrap_or_default();
    if !held.given(consumer).any(|given| same_allocations(given, kept)) {
        return Err(format!("no write left {consumer} what it holds"));
    }
    held.has_shown(consumer, &[kept, &removal.allocations].concat())
}

/// The target was given these allocations or a read showed them, and neither consumer holds anything now. It does not
/// matter who deleted them: nova may have been faster.
fn target_deleted(held: &HistoryHoldings<'_>, parties: &Parties<'_>, removal: &Removal) -> Result<(), String> {
    let [source, target] = parties.both()?;
    same_consumer(&removal.consumer, target)?;
    held.is_empty(source)?;
    held.is_empty(target)?;
    if held.given(target).any(|given| same_allocations(given, &removal.allocations)) {
        return Ok(());
    }
    held.has_shown(target, &removal.allocations)
}

/// Where the allocations of an aborted migration's record are now.
fn fate(held: &HistoryHoldings<'_>, parties: &Parties<'_>, aborted: &Aborted) -> Result<(), String> {
    let [migration, server] = parties.both()?;
    same_consumer(&aborted.migration, migration)?;
    match aborted.allocations {
        AllocationsFate::Untouched => held.is_empty(migration),
        AllocationsFate::Returned => {
            held.is_empty(migration)?;
            held.is_holding(server)
        }
        AllocationsFate::Dropped => {
            held.is_empty(migration)?;
            held.is_empty(server)
        }
        AllocationsFate::Left => held.is_holding(migration),
    }
}

/// The server's compute nodes, as the task or nova has named them.
fn nodes<'a>(task: &'a Task, history: &'a [Exchange]) -> impl Iterator<Item = &'a ProviderId> {
    let named = match task {
        Task::Replace(ReplaceTask { source_node, .. }) => source_node.as_ref(),
        _ => None,
    };
    let answered = history.iter().filter_map(|exchange| match (&exchange.effect, &exchange.reply) {
        (Effect::FindComputeNode(_), Reply::ComputeNode(answer)) => answer.node.as_ref(),
        _ => None,
    });
    named.into_iter().chain(answered)
}

fn same_consumer(said: &str, expected: &str) -> Result<(), String> {
    if said == expected { Ok(()) } else { Err(format!("it names {said:?} where the task has {expected}")) }
}
