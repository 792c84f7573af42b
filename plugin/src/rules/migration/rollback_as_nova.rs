//! nova's `MigrationTask.rollback`, without changes: it saves the status first, and stops if this fails; then it makes
//! one attempt, and writes a failure only to nova's log. A conductor that has died rolls nothing back.

use super::cause;
use super::progress::Progress;
use crate::contract::{AllocationsFate, BuiltInReason, Effect, Failure, Outcome, RevertTask, SaveMigration};
use crate::history::{History, Interrupt};
use crate::nova;
use crate::policy::Policy;
use crate::rules::revert_allocation_for_migration;

/// Rolls back as nova does, and returns the failure that nova would raise.
pub fn rollback_as_nova(
    policy: &dyn Policy,
    history: &mut History<'_>,
    server: &str,
    progress: &Progress,
    failure: Failure,
) -> Interrupt {
    let failure = cause::of(failure);
    let Some(migration) = &progress.migration else {
        return failure.into();
    };
    let fate = if progress.held.is_some() { AllocationsFate::Left } else { AllocationsFate::Untouched };
    if matches!(failure, Failure::Abandoned(_)) {
        return cause::with(failure, Some(migration), fate).into();
    }
    history.explain(BuiltInReason::RollingBack(cause::error(&failure)));
    history.explain(BuiltInReason::Rollback);
    match once(policy, history, server, migration, progress) {
        Ok(fate) => cause::with(failure, Some(migration), fate).into(),
        // This failure replaces the one that the migration failed with.
        Err(Interrupt::Failed(other)) => cause::with(cause::of(*other), Some(migration), fate).into(),
        Err(interrupt) => interrupt,
    }
}

fn once(
    policy: &dyn Policy,
    history: &mut History<'_>,
    server: &str,
    migration: &str,
    progress: &Progress,
) -> Result<AllocationsFate, Interrupt> {
    let save = SaveMigration { migration: migration.into(), status: "error".into() };
    nova::ask(history, Effect::SaveMigration(save), nova::done)?;
    if progress.held.is_none() {
        return Ok(AllocationsFate::Untouched);
    }
    let back = RevertTask { server: server.into(), migration: migration.into() };
    match revert_allocation_for_migration(policy, history, &back) {
        Ok(Outcome::SourceDeleted(_) | Outcome::TargetDeleted(_)) => Ok(AllocationsFate::Dropped),
        Ok(_) => Ok(AllocationsFate::Returned),
        Err(Interrupt::Failed(failure)) => match *failure {
            Failure::Refused(_) | Failure::OutOfRetries(_) | Failure::Unreachable(_) => Ok(AllocationsFate::Left),
            failure => Err(failure.into()),
        },
        Err(interrupt) => Err(interrupt),
    }
}
