//! Ends a migration that no compute service has begun with, or that has failed and was not rolled back.

use super::cause;
use super::check_not_begun::{FAILED, NOT_BEGUN, check_not_begun, is_one_of};
use super::progress::Progress;
use super::release::undecided;
use super::rollback::give_back;
use crate::ask;
use crate::contract::{
    Aborted, BuiltInReason, Effect, Failure, MigrationTask, NovaError, Outcome, ServerState, Silence, StillInUse,
};
use crate::history::{History, RuleResult};
use crate::nova::{self, of_migration};
use crate::policy::Policy;

/// Sets the record to `cancelled`, unless it has ended already, and settles its allocations.
pub fn abort(policy: &dyn Policy, history: &mut History<'_>, task: &MigrationTask) -> RuleResult {
    let MigrationTask { server, migration } = task;
    let record = match nova::try_ask(history, Effect::GetMigration(of_migration(migration)), nova::migration)? {
        Ok(record) => record,
        Err(failure) => return Err(unasked(&failure).into()),
    };
    let (status, may_begin) = match record {
        Some(record) if is_one_of(record, &NOT_BEGUN) => ("cancelled", true),
        Some(record) if is_one_of(record, &FAILED) => {
            history.explain(BuiltInReason::MigrationHasEnded(record.clone()));
            (record.status.as_str(), false)
        }
        Some(record) => {
            history.explain(BuiltInReason::ComputeHasBegun(record.clone()));
            let status = Some(record.status.clone());
            return Err(Failure::StillInUse(StillInUse { consumer: migration.clone(), status }).into());
        }
        None if ask::server(history, server)? == ServerState::Gone => ("cancelled", false),
        // That nova does not list a record does not show that its migration has ended.
        None => return Err(undecided(history, server, migration)?),
    };
    let aborted = nova::raise("Aborted", "");
    let allocations = give_back(policy, history, server, migration, status, &Progress::default(), &aborted)?;
    if may_begin {
        check_not_begun(history, task)?;
    }
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
