//! What becomes of the allocations when a migration fails before a compute service has begun: the server gets back what the
//! record holds, or, where the server is gone, nobody has it (`standard`'s way of nova's `rollback`).
//!
//! nova saves the record's status first, and stops where that fails; and it tries once. Here neither a status that cannot
//! be saved nor a Placement that is away for a while leaves the allocations where they are.

use super::cause;
use super::claim_resources::covers;
use super::delete_allocations::delete_allocations;
use super::outrun::outrun;
use super::progress::Progress;
use crate::ask::{self, held};
use crate::contract::{
    Allocation, AllocationsFate, Attempt, Effect, Exchange, Failure, FindServer, MigrationRule, NewHolding,
    NotRolledBack, Outcome, Owner, PutAllocations, Reason, Refusal, Reply, RevertTask, SaveMigration, ServerState,
    Silence, Undecided, Unsettled,
};
use crate::history::{History, Stop};
use crate::nova;
use crate::policy::Policy;
use crate::rules::revert_allocation_for_migration;

/// Tries in all, and the longest pauses between them: some three minutes, in which a Placement is restarted, or a conductor.
const ROUNDS: u32 = 8;
const FIRST_PAUSE_MS: u32 = 2_000;
const LONGEST_PAUSE_MS: u32 = 60_000;

/// Rolls back, and says how the migration has failed.
pub fn rollback(
    policy: &dyn Policy,
    history: &mut History<'_>,
    server: &str,
    progress: &Progress,
    failure: Failure,
) -> Stop {
    // Somebody may be about to begin.
    if matches!(failure, Failure::CastUnsettled(_)) {
        return failure.into();
    }
    let failure = cause::of(failure);
    let Some(migration) = &progress.migration else {
        return failure.into();
    };
    history.because(Reason::RollingBack(cause::error(&failure)));
    match give_back(policy, history, server, migration, "error", progress, &failure) {
        // Nobody knows whether the swap was done, or will be, and nothing of it was there to be given back.
        Ok(AllocationsFate::Untouched) if matches!(failure, Failure::Unsettled(_)) => failure.into(),
        Ok(fate) => told(failure, migration, fate),
        Err(stop) => stop,
    }
}

/// A swap that nobody could tell of has been undone; then it is the server's migration that failed.
fn told(failure: Failure, migration: &String, fate: AllocationsFate) -> Stop {
    let failure = match &failure {
        Failure::Unsettled(_) => {
            let error = cause::error(&failure);
            nova::raised(error)
        }
        _ => failure,
    };
    cause::with(failure, Some(migration), fate).into()
}

/// Saves the record's status and sees to the allocations, as often as it takes.
pub fn give_back(
    policy: &dyn Policy,
    history: &mut History<'_>,
    server: &str,
    migration: &str,
    status: &str,
    progress: &Progress,
    failure: &Failure,
) -> Result<AllocationsFate, Stop> {
    history.by_rule(MigrationRule::Rollback);
    let mut gone = save(history, server, migration, status)?;
    for number in 1.. {
        let tried = match gone {
            ServerState::Gone => drop_both(policy, history, server, migration, progress),
            ServerState::Unknown => look_first(policy, history, server, migration, progress),
            ServerState::Present => give_back_once(policy, history, server, migration, progress),
        };
        let obstacle = match tried {
            Err(Stop::Failed(obstacle)) => obstacle,
            tried => return tried,
        };
        if matches!(*obstacle, Failure::Leaked(_) | Failure::Unsettled(_)) {
            return Err(obstacle.into());
        }
        if number >= ROUNDS {
            return Err(left(failure, migration, *obstacle).into());
        }
        history.because(Reason::RollbackWaits(Attempt { number, of: ROUNDS }));
        ask::pause(history, (FIRST_PAUSE_MS << (number - 1)).min(LONGEST_PAUSE_MS))?;
        if gone != ServerState::Gone {
            gone = ask::server(history, server)?;
        }
    }
    Ok(AllocationsFate::Left)
}

/// The status, and whether the server is still there: these do not wait for each other.
fn save(history: &mut History<'_>, server: &str, migration: &str, status: &str) -> Result<ServerState, Stop> {
    let save = Effect::SaveMigration(SaveMigration { migration: migration.into(), status: status.into() });
    let exists = Effect::FindServer(FindServer { server: server.into() });
    let [saved, exists_reply] = history.perform_all([save.clone(), exists.clone()])?;
    if let Err(failure) = nova::answer(history, saved, &save, 2, nova::done)? {
        history.because(Reason::StatusNotSaved(cause::error(&failure)));
    }
    match exists_reply {
        Reply::Server(answer) => Ok(answer.state),
        Reply::Abandoned(_) | Reply::Unreachable(_) => Ok(ServerState::Unknown),
        _ => Err(history.misfit(exists, 1)),
    }
}

/// A deleted server holds nothing, nor does its migration. Its own part may be the scheduler's claim of a moment ago.
fn drop_both(
    policy: &dyn Policy,
    history: &mut History<'_>,
    server: &str,
    migration: &str,
    progress: &Progress,
) -> Result<AllocationsFate, Stop> {
    history.because(Reason::ServerIsGone);
    // In this order: a swap that was lost names the server, and cannot be done any more once that holds nothing.
    delete_allocations(policy, history, server)?;
    delete_allocations(policy, history, migration)?;
    match progress.lost_claim {
        // Nothing stands in its way any more, so it may still be done.
        Some(write_at) => Err(Failure::Unsettled(Unsettled { write_at, holdings: Vec::new() }).into()),
        None => Ok(AllocationsFate::Dropped),
    }
}

/// Nobody could tell whether the server exists. That it holds something does not say so: the scheduler claims for a deleted
/// server, too. So what the record holds is not given back yet.
fn look_first(
    policy: &dyn Policy,
    history: &mut History<'_>,
    server: &str,
    migration: &str,
    progress: &Progress,
) -> Result<AllocationsFate, Stop> {
    let [record, own] = ask::holdings(history, [migration, server])?;
    let claimed = held(own).is_some() && progress.held.is_none() && progress.scheduling;
    if held(record).is_none() && !claimed {
        return give_back_once(policy, history, server, migration, progress);
    }
    history.because(Reason::ServerIsUnknown);
    let holdings = vec![record.clone(), own.clone()];
    Err(Failure::Undecided(Undecided { server: server.into(), holdings }).into())
}

fn give_back_once(
    policy: &dyn Policy,
    history: &mut History<'_>,
    server: &str,
    migration: &str,
    progress: &Progress,
) -> Result<AllocationsFate, Stop> {
    let back = RevertTask { server: server.into(), migration: migration.into() };
    Ok(match revert_allocation_for_migration(policy, history, &back)? {
        // A lost write may have given it to the record again.
        Outcome::SourceDeleted(_) | Outcome::TargetDeleted(_) => {
            drop_both(policy, history, server, migration, progress)?
        }
        Outcome::Moved(transfer) => returned(policy, history, server, migration, progress, &transfer.allocations)?,
        // It holds nothing: it never did, or an earlier try has given it back.
        outcome => match &progress.held {
            Some(held) if matches!(outcome, Outcome::NothingToMove) => {
                return Err(put_back(history, server, migration, held)?.into());
            }
            Some(held) => returned(policy, history, server, migration, progress, held)?,
            None => {
                undo_claim(policy, history, server, progress)?;
                AllocationsFate::Untouched
            }
        },
    })
}

/// The server has its allocations, as a new consumer of Placement's: what was lost before must not undo that. A lost claim
/// may have made a deleted server one that holds something.
fn returned(
    policy: &dyn Policy,
    history: &mut History<'_>,
    server: &str,
    migration: &str,
    progress: &Progress,
    due: &[Allocation],
) -> Result<AllocationsFate, Stop> {
    if !outrun(policy, history, server, migration, due)? {
        return Err(arrived().into());
    }
    if progress.lost_claim.is_some() && ask::server(history, server)? == ServerState::Gone {
        return drop_both(policy, history, server, migration, progress);
    }
    Ok(AllocationsFate::Returned)
}

/// Nobody has what the record held: a lost write has arrived that took it away. The server gets it as it was last read, and
/// the next round looks at that again, and whether there still is a server.
fn put_back(history: &mut History<'_>, server: &str, migration: &str, held: &[Allocation]) -> Result<Failure, Stop> {
    let of_record = |exchange: &Exchange| match &exchange.reply {
        Reply::Holding(holding) if holding.consumer == migration || holding.consumer == server => holding.owner.clone(),
        _ => None,
    };
    if let Some(Owner { project, user, .. }) = history.performed().iter().rev().find_map(of_record) {
        let (consumer, allocations) = (server.to_owned(), held.to_vec());
        let holding = NewHolding { consumer, project, user, generation: None, allocations };
        let put = PutAllocations { holding, mappings: Vec::new(), version: "1.28".into() };
        ask::write(history, &Effect::PutAllocations(put))?;
    }
    Ok(arrived())
}

fn arrived() -> Failure {
    Failure::Unreachable(Silence { detail: "a write that was lost has arrived".into() })
}

/// Without a swap nothing is given back over the claim, so it would stay.
fn undo_claim(policy: &dyn Policy, history: &mut History<'_>, server: &str, progress: &Progress) -> Result<(), Stop> {
    let Some(claim) = &progress.claim else { return Ok(()) };
    let now = ask::holding(history, server)?;
    match held(now) {
        Some(holder) if covers(claim, holder.allocations) => delete_allocations(policy, history, server).map(|_| ()),
        _ => Ok(()),
    }
}

/// The end of all patience.
fn left(failure: &Failure, migration: &str, obstacle: Failure) -> Failure {
    let because = match obstacle {
        Failure::Undecided(Undecided { .. }) => return obstacle,
        Failure::Unreachable(silence) => silence.detail,
        Failure::AllocationMoveFailed(Refusal { detail, .. })
        | Failure::AllocationDeleteFailed(Refusal { detail, .. })
        | Failure::AllocationRetrievalFailed(Refusal { detail, .. })
        | Failure::OutOfRetries(Refusal { detail, .. })
        | Failure::Refused(Refusal { detail, .. }) => detail,
        Failure::MalformedAnswer(answer) => answer.body,
        Failure::OrphanInTheWay(orphan) => orphan.refusal.detail,
        _ => String::new(),
    };
    Failure::NotRolledBack(NotRolledBack { cause: cause::error(failure), migration: migration.into(), because })
}
