//! Ends a migration that no compute service has begun with, or that has failed and was not rolled back.

use super::cause;
use super::check_not_begun::{FAILED, NOT_BEGUN, check_not_begun, is_one_of};
use super::progress::Progress;
use super::record_or_server::{Verdict, verdict};
use super::release::{compute_node, neither, server_is_unknown, undecided};
use super::rollback::give_back;
use super::server_facts::{details, in_use, refuse_beside_another, refuse_if_busy};
use crate::ask::{self, Seen, non_empty};
use crate::contract::{
    Aborted, BuiltInReason, Effect, Failure, FindServer, MigrationRecord, MigrationTask, NovaError, Outcome,
    ServerState, Silence,
};
use crate::history::{History, Interrupt, RuleResult};
use crate::nova::{self, of_migration};
use crate::policy::Policy;

/// Sets the record to `cancelled`, unless it has ended already, and settles its allocations.
pub fn abort(policy: &dyn Policy, history: &mut History<'_>, task: &MigrationTask) -> RuleResult {
    history.require_rest();
    let MigrationTask { server, migration } = task;
    let get = Effect::GetMigration(of_migration(migration));
    let exists = Effect::FindServer(FindServer { server: server.clone() });
    let [get_reply, exists_reply] = history.perform_all([get, exists])?;
    let record = match nova::answer(history, get_reply, 2, nova::migration)? {
        Ok(record) => record,
        Err(failure) => return Err(unasked(&failure).into()),
    };
    let seen = ask::seen(history, exists_reply)?;
    let (status, may_begin) = match record {
        Some(record) if is_one_of(record, &NOT_BEGUN) => {
            refuse_beside_another(seen, migration)?;
            ("cancelled", true)
        }
        Some(record) if is_one_of(record, &FAILED) => {
            history.explain(BuiltInReason::MigrationHasEnded(record.clone()));
            check_where_the_server_is(history, task, record, seen)?;
            (record.status.as_str(), false)
        }
        Some(record) => {
            history.explain(BuiltInReason::ComputeHasBegun(record.clone()));
            return Err(in_use(migration, Some(&record.status)));
        }
        None if ask::state(seen) == ServerState::Gone => ("cancelled", false),
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

/// A migration may fail when the server is on its destination already, and then the record's allocations are not the
/// server's. `release` deletes them, or a person must look.
fn check_where_the_server_is(
    history: &mut History<'_>,
    task: &MigrationTask,
    record: &MigrationRecord,
    seen: Seen<'_>,
) -> Result<(), Interrupt> {
    let MigrationTask { server, migration } = task;
    match ask::state(seen) {
        ServerState::Present => refuse_if_busy(seen, server, migration)?,
        // nova deletes what a server holds with the server.
        ServerState::Gone | ServerState::Deleting => return Ok(()),
        ServerState::Unknown => return Err(server_is_unknown(history, server, migration)?),
    }
    let Some(node) = compute_node(history, server)? else {
        return Err(server_is_unknown(history, server, migration)?);
    };
    let [held, own] = ask::holdings(history, [migration, server])?;
    let gives = non_empty(held).is_none() || verdict(record, details(seen), &node, [held, own]) == Verdict::GiveBack;
    if gives { Ok(()) } else { Err(neither(server, held, own)) }
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
