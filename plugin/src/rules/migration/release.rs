//! Releases allocations that seem to be left over: of a deleted server, or of the record of a migration that has ended.
//! The rules ask nova again and decide by its answer, so that a running migration is never changed.

use super::check_not_begun::is_one_of;
use super::delete_allocations::delete_allocations;
use crate::ask::{self, non_empty};
use crate::contract::{
    Allocation, BuiltInReason, ComputeNodeAnswer, Effect, Failure, FindComputeNode, FindServer, Holding,
    MigrationRecord, NothingHeld, Outcome, ProviderId, ReleaseTask, Reply, RevertTask, ServerState, StillInUse,
    Undecided,
};
use crate::history::{History, Interrupt, RuleResult};
use crate::nova::{self, of_migration};
use crate::policy::Policy;
use crate::rules::confirmed_read;
use crate::rules::revert_allocation_for_migration;

/// The statuses after which nova does not continue a migration.
pub const ENDED: [&str; 7] = ["error", "failed", "cancelled", "completed", "confirmed", "reverted", "done"];

/// Deletes the consumer's allocations, returns them to their server, or leaves them.
pub fn release(policy: &dyn Policy, history: &mut History<'_>, task: &ReleaseTask) -> RuleResult {
    if task.consumer == task.server {
        of_server(policy, history, task)
    } else {
        of_migration_record(policy, history, task)
    }
}

fn of_server(policy: &dyn Policy, history: &mut History<'_>, task: &ReleaseTask) -> RuleResult {
    match ask::server(history, &task.server)? {
        ServerState::Gone => {
            history.explain(BuiltInReason::ServerIsGone);
            drop_it(policy, history, &task.consumer)
        }
        ServerState::Present => {
            history.explain(BuiltInReason::ServerIsPresent);
            Err(Failure::StillInUse(StillInUse { consumer: task.server.clone(), status: None }).into())
        }
        ServerState::Unknown | ServerState::Deleting => server_is_unknown(history, task),
    }
}

fn of_migration_record(policy: &dyn Policy, history: &mut History<'_>, task: &ReleaseTask) -> RuleResult {
    let get = Effect::GetMigration(of_migration(&task.consumer));
    let exists = Effect::FindServer(FindServer { server: task.server.clone() });
    let [get_reply, exists_reply] = history.perform_all([get, exists])?;
    let record = match nova::answer(history, get_reply, 2, nova::migration)? {
        Ok(record) => record,
        Err(_) => return server_is_unknown(history, task),
    };
    let state = match exists_reply {
        Reply::Server(answer) => answer.state,
        Reply::Abandoned(_) | Reply::Unreachable(_) => ServerState::Unknown,
        _ => return Err(history.unexpected_reply(1)),
    };
    let ended = has_ended(history, task, record)?;
    match state {
        ServerState::Gone => {
            history.explain(BuiltInReason::ServerIsGone);
            drop_it(policy, history, &task.consumer)
        }
        ServerState::Present if ended => between_the_two(policy, history, task),
        ServerState::Present => {
            history.explain(BuiltInReason::ServerIsPresent);
            Err(undecided(history, &task.server, &task.consumer)?)
        }
        ServerState::Unknown | ServerState::Deleting => server_is_unknown(history, task),
    }
}

/// Whether the migration has ended: a running one needs its allocations. That nova does not list a record does not show
/// that its migration has ended: nova leaves out a cell that does not answer.
fn has_ended(
    history: &mut History<'_>,
    task: &ReleaseTask,
    record: Option<&MigrationRecord>,
) -> Result<bool, Interrupt> {
    let Some(record) = record else { return Ok(false) };
    if is_one_of(record, &ENDED) {
        history.explain(BuiltInReason::MigrationHasEnded(record.clone()));
        return Ok(true);
    }
    history.explain(BuiltInReason::ComputeHasBegun(record.clone()));
    let status = Some(record.status.clone());
    Err(Failure::StillInUse(StillInUse { consumer: task.consumer.clone(), status }).into())
}

/// The server exists. Of the server and the record, the one that holds something of the server's current node holds the
/// server's allocations.
fn between_the_two(policy: &dyn Policy, history: &mut History<'_>, task: &ReleaseTask) -> RuleResult {
    history.explain(BuiltInReason::ServerIsPresent);
    let node = match compute_node(history, task)? {
        Some(node) => node,
        None => return server_is_unknown(history, task),
    };
    let mut confirmed = !policy.confirms_reads();
    loop {
        let [record, server] = ask::holdings(history, [&task.consumer, &task.server])?;
        let is_empty = non_empty(record).is_none();
        if !is_empty && !holds(&server.allocations, &node) {
            return of_the_record(policy, history, task, [record, server], &node);
        }
        if confirmed && is_empty {
            return Ok(Outcome::NothingHeld(NothingHeld { consumer: task.consumer.clone() }));
        }
        if confirmed {
            return drop_it(policy, history, &task.consumer);
        }
        // If the read of the server is out of date, the record has the server's only allocations.
        confirmed_read::confirm(history, if is_empty { record } else { server })?;
        confirmed = true;
    }
}

/// The server holds nothing of its node.
fn of_the_record(
    policy: &dyn Policy,
    history: &mut History<'_>,
    task: &ReleaseTask,
    [record, server]: [&Holding; 2],
    node: &str,
) -> RuleResult {
    if holds(&record.allocations, node) {
        let back = RevertTask { server: task.server.clone(), migration: task.consumer.clone() };
        return revert_allocation_for_migration(policy, history, &back);
    }
    Err(neither(&task.server, record, server))
}

fn drop_it(policy: &dyn Policy, history: &mut History<'_>, consumer: &str) -> RuleResult {
    Ok(match delete_allocations(policy, history, consumer)? {
        Some(removal) => Outcome::Released(removal),
        None => Outcome::NothingHeld(NothingHeld { consumer: consumer.into() }),
    })
}

fn compute_node(history: &mut History<'_>, task: &ReleaseTask) -> Result<Option<ProviderId>, Interrupt> {
    let find = Effect::FindComputeNode(FindComputeNode { server: task.server.clone() });
    let node = nova::try_ask(history, find, |reply| match reply {
        Reply::ComputeNode(ComputeNodeAnswer { node }) => Some(node.clone()),
        _ => None,
    })?;
    Ok(node.unwrap_or_default())
}

fn server_is_unknown(history: &mut History<'_>, task: &ReleaseTask) -> RuleResult {
    history.explain(BuiltInReason::ServerIsUnknown);
    Err(undecided(history, &task.server, &task.consumer)?)
}

/// It is not known, so nothing is changed. The holdings are read for the operator who has to check.
pub fn undecided(history: &mut History<'_>, server: &str, consumer: &str) -> Result<Interrupt, Interrupt> {
    let [record, own] = ask::holdings(history, [consumer, server])?;
    Ok(neither(server, record, own))
}

fn neither(server: &str, record: &Holding, own: &Holding) -> Interrupt {
    let mut holdings = vec![record.clone()];
    if record.consumer != own.consumer {
        holdings.push(own.clone());
    }
    Failure::Undecided(Undecided { server: server.into(), holdings }).into()
}

fn holds(allocations: &[Allocation], node: &str) -> bool {
    allocations.iter().any(|allocation| allocation.provider == node)
}
