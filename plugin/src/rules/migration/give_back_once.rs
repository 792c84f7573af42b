//! One attempt to give a server the allocations of its migration record back, which a rollback repeats. Lost writes of
//! this task may arrive between its requests.

use super::claim_resources::covers;
use super::delete_allocations::delete_allocations;
use super::progress::Progress;
use super::supersede_lost_write::supersede_lost_write;
use crate::ask::{self, HeldAllocations, non_empty};
use crate::contract::{
    Allocation, AllocationsFate, BuiltInReason, Effect, Exchange, Failure, ForeignAnswer, Outcome, Refusal, Reply,
    RevertTask, ServerState, Silence,
};
use crate::history::{History, Interrupt};
use crate::policy::Policy;
use crate::rules::confirmed_read;
use crate::rules::revert_allocation_for_migration;

/// Gives the allocations back, or deletes them if the server does not exist any more.
pub fn give_back_once(
    policy: &dyn Policy,
    history: &mut History<'_>,
    server: &str,
    migration: &str,
    progress: &Progress,
) -> Result<AllocationsFate, Interrupt> {
    let back = RevertTask { server: server.into(), migration: migration.into() };
    Ok(match revert_allocation_for_migration(policy, history, &back)? {
        // A lost write may have given the record its allocations again.
        Outcome::SourceDeleted(_) | Outcome::TargetDeleted(_) => drop_both(policy, history, server, migration)?,
        Outcome::Moved(transfer) => returned(policy, history, server, migration, progress, &transfer.allocations)?,
        // The record holds nothing: it never did, or an earlier attempt gave its allocations back.
        outcome => match progress.held.as_deref().or_else(|| given_in_vain(history.performed())) {
            Some(held) if matches!(outcome, Outcome::NothingToMove) => {
                return Err(put_back(history, server, migration, held)?.into());
            }
            Some(held) if is_other(&outcome, progress) => return Err(write_over(history, server, held)?.into()),
            Some(held) => returned(policy, history, server, migration, progress, held)?,
            None => {
                undo_claim(policy, history, server, progress)?;
                AllocationsFate::Untouched
            }
        },
    })
}

/// The server has its allocations again, as a new consumer in Placement: an earlier lost write must not undo that. A
/// lost claim may have given allocations to a deleted server.
fn returned(
    policy: &dyn Policy,
    history: &mut History<'_>,
    server: &str,
    migration: &str,
    progress: &Progress,
    due: &[Allocation],
) -> Result<AllocationsFate, Interrupt> {
    if !supersede_lost_write(policy, history, server, migration, due)? {
        return Err(arrived().into());
    }
    if progress.lost_claim.is_some() && ask::server(history, server)? == ServerState::Gone {
        return drop_both(policy, history, server, migration);
    }
    Ok(AllocationsFate::Returned)
}

/// True if the server holds something else than it gave the record.
fn is_other(outcome: &Outcome, progress: &Progress) -> bool {
    match (outcome, &progress.held) {
        (Outcome::AlreadyMoved(found), Some(held)) => found.allocations != *held,
        _ => false,
    }
}

/// The record holds nothing, and the server something else than it gave the record: a lost claim arrived late. It is
/// written over; the next round checks that again.
fn write_over(history: &mut History<'_>, server: &str, held: &[Allocation]) -> Result<Failure, Interrupt> {
    if let Some(holder) = non_empty(ask::holding(history, server)?) {
        ask::write(history, &ask::rewrite(holder, held))?;
    }
    Ok(arrived())
}

/// Neither consumer has the record's allocations: a lost write arrived late and removed them. The server gets them as
/// last read; the next round checks them again, and whether the server still exists.
fn put_back(
    history: &mut History<'_>,
    server: &str,
    migration: &str,
    held: &[Allocation],
) -> Result<Failure, Interrupt> {
    let of_record = |exchange: &Exchange| match &exchange.reply {
        Reply::Holding(holding) if holding.consumer == migration || holding.consumer == server => holding.owner.clone(),
        _ => None,
    };
    if let Some(owner) = history.performed().iter().rev().find_map(of_record) {
        let read = HeldAllocations { consumer: migration, owner: &owner, allocations: held };
        ask::write(history, &ask::creation(read, server, None))?;
    }
    Ok(arrived())
}

/// What a move gave in a write that was answered with 5xx: Placement may have done the write, and forgotten the consumer
/// that the write created.
fn given_in_vain(performed: &[Exchange]) -> Option<&[Allocation]> {
    performed.iter().rev().find_map(|exchange| match (&exchange.effect, &exchange.reply) {
        (
            Effect::PostAllocations(post),
            Reply::Refused(Refusal { status: 500.., .. }) | Reply::Foreign(ForeignAnswer { status: 500.., .. }),
        ) => {
            let given = post.consumers.iter().find(|entry| !entry.allocations.is_empty());
            given.map(|entry| entry.allocations.as_slice())
        }
        _ => None,
    })
}

fn arrived() -> Failure {
    Failure::Unreachable(Silence { detail: "a lost write arrived late".into() })
}

/// Without a swap no allocations are written over the claim, so it would stay.
fn undo_claim(
    policy: &dyn Policy,
    history: &mut History<'_>,
    server: &str,
    progress: &Progress,
) -> Result<(), Interrupt> {
    let Some(claim) = &progress.claim else { return Ok(()) };
    let now = confirmed_read::holding(policy, history, server)?;
    match non_empty(now) {
        Some(holder) if covers(claim, holder.allocations) => delete_allocations(policy, history, server).map(|_| ()),
        _ => Ok(()),
    }
}

/// Deletes the allocations of a deleted server and of its migration record. The server's own allocations may be the
/// scheduler's recent claim.
pub fn drop_both(
    policy: &dyn Policy,
    history: &mut History<'_>,
    server: &str,
    migration: &str,
) -> Result<AllocationsFate, Interrupt> {
    history.explain(BuiltInReason::ServerIsGone);
    // In this order: a lost swap names the server, and Placement refuses it once the server holds nothing.
    delete_allocations(policy, history, server)?;
    delete_allocations(policy, history, migration)?;
    Ok(AllocationsFate::Dropped)
}
