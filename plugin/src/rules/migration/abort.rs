//! Ends a migration that no compute service has begun with, or that has failed and was not rolled back.

use super::cause;
use super::progress::Progress;
use super::rollback::give_back;
use crate::contract::{
    Aborted, BuiltInReason, Effect, Failure, MigrationTask, NovaError, Outcome, Silence, StillInUse,
};
use crate::history::{History, RuleResult};
use crate::nova::{self, of_migration};
use crate::policy::Policy;

/// No compute service has begun: the conductor's statuses, and the one for the compute service's queue.
const NOT_BEGUN: [&str; 3] = ["pre-migrating", "accepted", "queued"];
/// The migration has failed.
const FAILED: [&str; 3] = ["error", "failed", "cancelled"];

/// Sets the record to `cancelled`, unless it has ended already, and settles its allocations.
pub fn abort(policy: &dyn Policy, history: &mut History<'_>, task: &MigrationTask) -> RuleResult {
    let MigrationTask { server, migration } = task;
    let record = match nova::try_ask(history, Effect::GetMigration(of_migration(migration)), nova::migration)? {
        Ok(record) => record,
        Err(failure) => return Err(unasked(&failure).into()),
    };
    let status = match record {
        None => "cancelled",
        Some(record) if NOT_BEGUN.contains(&record.status.as_str()) => "cancelled",
        Some(record) if FAILED.contains(&record.status.as_str()) => {
            history.explain(BuiltInReason::MigrationHasEnded(record.clone()));
            &record.status
        }
        Some(record) => {
            history.explain(BuiltInReason::ComputeHasBegun(record.clone()));
            let status = Some(record.status.clone());
            return Err(Failure::StillInUse(StillInUse { consumer: migration.clone(), status }).into());
        }
    };
    let aborted = nova::raise("Aborted", "");
    let allocations = give_back(policy, history, server, migration, status, &Progress::default(), &aborted)?;
    Ok(Outcome::Aborted(Aborted { migration: migration.clone(), allocations }))
}

/// nova did not give the state of the migration: it did not answer or raised an exception. Nothing was changed, so
/// nothing has to be rolled back.
fn unasked(failure: &Failure) -> Failure {
    let NovaError { error, detail } = cause::error(failure);
    let said = match failure {
        Failure::Abandoned(_) => detail,
        _ if detail.is_empty() => error,
        _ => [error, detail].join(": "),
    };
    Failure::Unreachable(Silence { detail: said })
}
