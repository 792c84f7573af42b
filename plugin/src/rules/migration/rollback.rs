//! The allocations of a migration that fails before a compute service has begun: the server gets the record's
//! allocations back, or, if the server does not exist any more, they are deleted (`standard`'s form of nova's
//! `rollback`).
//!
//! nova saves the record's status first, stops if this fails, and tries only once. These rules continue if the status
//! cannot be saved, and retry while Placement is not reachable.

use super::cause;
use super::give_back_once::{drop_both, give_back_once};
use super::progress::Progress;
use super::supersede_lost_write::lost_creation;
use crate::ask::{self, non_empty};
use crate::contract::{
    AllocationsFate, Attempt, BuiltInReason, Effect, Failure, FindServer, NotRolledBack, Refusal, SaveMigration,
    ServerState, Undecided, Unsettled,
};
use crate::history::{History, Interrupt};
use crate::nova;
use crate::policy::Policy;

/// The total number of attempts and the longest pauses between them: about three minutes, enough to restart Placement
/// or a conductor.
pub const ROUNDS: u32 = 8;
const FIRST_PAUSE_MS: u32 = 2_000;
const LONGEST_PAUSE_MS: u32 = 60_000;

/// Rolls back, and returns the failure of the migration.
pub fn rollback(
    policy: &dyn Policy,
    history: &mut History<'_>,
    server: &str,
    progress: &Progress,
    failure: Failure,
) -> Interrupt {
    // A compute service may be about to begin.
    if matches!(failure, Failure::CastUnsettled(_)) {
        return failure.into();
    }
    let failure = cause::of(failure);
    let Some(migration) = &progress.migration else {
        return failure.into();
    };
    history.explain(BuiltInReason::RollingBack(cause::error(&failure)));
    match give_back(policy, history, server, migration, "error", progress, &failure) {
        // It is not known whether the swap was or will be done, and there was nothing to give back.
        Ok(AllocationsFate::Untouched) if matches!(failure, Failure::Unsettled(_)) => failure.into(),
        Ok(fate) => fail_with_fate(failure, migration, fate),
        Err(interrupt) => interrupt,
    }
}

/// The failure after an uncertain swap has been undone: the migration failed, not only the swap.
fn fail_with_fate(failure: Failure, migration: &String, fate: AllocationsFate) -> Interrupt {
    let failure = match &failure {
        Failure::Unsettled(_) => {
            let error = cause::error(&failure);
            nova::raised(error)
        }
        _ => failure,
    };
    cause::with(failure, Some(migration), fate).into()
}

/// Saves the record's status and settles the allocations, with retries.
pub fn give_back(
    policy: &dyn Policy,
    history: &mut History<'_>,
    server: &str,
    migration: &str,
    status: &str,
    progress: &Progress,
    failure: &Failure,
) -> Result<AllocationsFate, Interrupt> {
    history.explain(BuiltInReason::Rollback);
    let mut gone = save(history, server, migration, status)?;
    let mut unsettled = None;
    for number in 1.. {
        let tried = match gone {
            ServerState::Gone => drop_both(policy, history, server, migration),
            ServerState::Unknown => look_first(policy, history, server, migration, progress, unsettled.take()),
            // nova deletes what a server holds when it has deleted the server.
            ServerState::Present | ServerState::Deleting => {
                give_back_once(policy, history, server, migration, progress)
            }
        };
        let obstacle = match tried {
            // What the record holds may not be the server's any more when the other migration has ended.
            Err(Interrupt::Failed(in_use)) if matches!(*in_use, Failure::StillInUse(_)) => return Err(in_use.into()),
            Err(Interrupt::Failed(obstacle)) => obstacle,
            Ok(fate) => return settled(history, migration, progress, fate),
            tried => return tried,
        };
        if number >= ROUNDS {
            return Err(left(failure, migration, *obstacle).into());
        }
        match *obstacle {
            Failure::Unsettled(_) | Failure::Other(_) => unsettled = Some(obstacle),
            // A deleted server does not come back.
            Failure::Leaked(_) => gone = ServerState::Gone,
            _ => {}
        }
        history.explain(BuiltInReason::RollbackWaits(Attempt { number, of: ROUNDS }));
        pause_after(history, number)?;
        if gone != ServerState::Gone {
            gone = ask::server(history, server)?;
        }
    }
    Ok(AllocationsFate::Left)
}

/// Waits after the attempt with this number.
pub fn pause_after(history: &mut History<'_>, number: u32) -> Result<(), Interrupt> {
    ask::pause(history, (FIRST_PAUSE_MS << (number - 1)).min(LONGEST_PAUSE_MS))
}

/// Saves the status and asks whether the server still exists, at the same time.
fn save(history: &mut History<'_>, server: &str, migration: &str, status: &str) -> Result<ServerState, Interrupt> {
    let save = Effect::SaveMigration(SaveMigration { migration: migration.into(), status: status.into() });
    let exists = Effect::FindServer(FindServer { server: server.into() });
    let [saved, exists_reply] = history.perform_all([save, exists])?;
    if let Err(failure) = nova::answer(history, saved, 2, nova::done)? {
        history.explain(BuiltInReason::StatusNotSaved(cause::error(&failure)));
    }
    Ok(ask::state(ask::seen(history, exists_reply)?))
}

/// If the record holds nothing any more, nothing prevents a lost write that creates it; and if the server holds nothing
/// either, nothing prevents a lost claim. Such a write may still be done.
fn settled(
    history: &History<'_>,
    migration: &str,
    progress: &Progress,
    fate: AllocationsFate,
) -> Result<AllocationsFate, Interrupt> {
    let lost = match fate {
        AllocationsFate::Returned => None,
        AllocationsFate::Dropped => progress.lost_claim,
        fate => return Ok(fate),
    };
    match lost.or_else(|| lost_creation(history.performed(), migration)) {
        Some(write_at) => Err(Failure::Unsettled(Unsettled { write_at, holdings: Vec::new() }).into()),
        None => Ok(fate),
    }
}

/// It is not known whether the server exists. Its allocations do not prove it: the scheduler also claims for a deleted
/// server. So the record's allocations are not given back yet. If an earlier round may have given them back, this end is
/// not confirmed either.
fn look_first(
    policy: &dyn Policy,
    history: &mut History<'_>,
    server: &str,
    migration: &str,
    progress: &Progress,
    unsettled: Option<Box<Failure>>,
) -> Result<AllocationsFate, Interrupt> {
    let [record, own] = ask::holdings(history, [migration, server])?;
    let claimed = non_empty(own).is_some() && progress.held.is_none() && progress.scheduling;
    if let Some(unsettled) = unsettled {
        return Err(unsettled.into());
    }
    if non_empty(record).is_none() && !claimed {
        return give_back_once(policy, history, server, migration, progress);
    }
    history.explain(BuiltInReason::ServerIsUnknown);
    let holdings = vec![record.clone(), own.clone()];
    Err(Failure::Undecided(Undecided { server: server.into(), holdings }).into())
}

/// The failure after the last attempt of the rollback.
fn left(failure: &Failure, migration: &str, obstacle: Failure) -> Failure {
    let because = match obstacle {
        Failure::Undecided(_) | Failure::Leaked(_) | Failure::Unsettled(_) | Failure::Other(_) => return obstacle,
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
