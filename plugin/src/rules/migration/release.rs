//! Releases allocations that seem to be left over: of a deleted server, of the record of a migration that has ended, or of
//! a server on a compute node where it is not.
//! The rules ask nova again and decide by its answer, so that a running migration is never changed.

use super::check_not_begun::is_one_of;
use super::delete_allocations::delete_allocations;
use super::record_or_server::{Verdict, verdict};
use super::reduce::reduce;
use super::server_facts::{details, in_use, refuse_if_busy};
use crate::ask::{self, Seen, non_empty};
use crate::contract::{
    BuiltInReason, ComputeNodeAnswer, Effect, Failure, FindComputeNode, FindServer, Holding, MigrationRecord,
    NothingHeld, Outcome, ProviderId, ReleaseTask, Reply, RevertTask, ServerState, Undecided,
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
    history.require_rest();
    if task.consumer == task.server {
        of_server(policy, history, task)
    } else {
        of_migration_record(policy, history, task)
    }
}

fn of_server(policy: &dyn Policy, history: &mut History<'_>, task: &ReleaseTask) -> RuleResult {
    let seen = ask::find_server(history, &task.server)?;
    match ask::state(seen) {
        ServerState::Gone => {
            history.explain(BuiltInReason::ServerIsGone);
            drop_it(policy, history, &task.consumer)
        }
        ServerState::Present => reduce(policy, history, &task.server, seen),
        ServerState::Unknown | ServerState::Deleting => Err(server_is_unknown(history, &task.server, &task.consumer)?),
    }
}

fn of_migration_record(policy: &dyn Policy, history: &mut History<'_>, task: &ReleaseTask) -> RuleResult {
    let get = Effect::GetMigration(of_migration(&task.consumer));
    let exists = Effect::FindServer(FindServer { server: task.server.clone() });
    let [get_reply, exists_reply] = history.perform_all([get, exists])?;
    let record = match nova::answer(history, get_reply, 2, nova::migration)? {
        Ok(record) => record,
        Err(_) => return Err(server_is_unknown(history, &task.server, &task.consumer)?),
    };
    let seen = ask::seen(history, exists_reply)?;
    let ended = ended(history, task, record)?;
    match (ask::state(seen), ended) {
        (ServerState::Gone, _) => {
            history.explain(BuiltInReason::ServerIsGone);
            drop_it(policy, history, &task.consumer)
        }
        (ServerState::Present, Some(record)) => {
            history.explain(BuiltInReason::ServerIsPresent);
            refuse_if_busy(seen, &task.server, &task.consumer)?;
            between_the_two(policy, history, task, record, seen)
        }
        (ServerState::Present, None) => {
            history.explain(BuiltInReason::ServerIsPresent);
            Err(undecided(history, &task.server, &task.consumer)?)
        }
        (ServerState::Unknown | ServerState::Deleting, _) => {
            Err(server_is_unknown(history, &task.server, &task.consumer)?)
        }
    }
}

/// The record, if its migration has ended: a running one needs its allocations. That nova does not list a record does not
/// show that its migration has ended: nova leaves out a cell that does not answer.
fn ended<'a>(
    history: &mut History<'_>,
    task: &ReleaseTask,
    record: Option<&'a MigrationRecord>,
) -> Result<Option<&'a MigrationRecord>, Interrupt> {
    let Some(record) = record else { return Ok(None) };
    if is_one_of(record, &ENDED) {
        history.explain(BuiltInReason::MigrationHasEnded(record.clone()));
        return Ok(Some(record));
    }
    history.explain(BuiltInReason::ComputeHasBegun(record.clone()));
    Err(in_use(&task.consumer, Some(&record.status)))
}

/// The server exists.
fn between_the_two(
    policy: &dyn Policy,
    history: &mut History<'_>,
    task: &ReleaseTask,
    migration: &MigrationRecord,
    seen: Seen<'_>,
) -> RuleResult {
    let Some(node) = compute_node(history, &task.server)? else {
        return Err(server_is_unknown(history, &task.server, &task.consumer)?);
    };
    let mut confirmed = !policy.confirms_reads();
    loop {
        let [record, server] = ask::holdings(history, [&task.consumer, &task.server])?;
        let is_empty = non_empty(record).is_none();
        if !is_empty {
            match verdict(migration, details(seen), &node, [record, server]) {
                Verdict::Drop => {}
                Verdict::GiveBack => return back_to_server(policy, history, task),
                Verdict::Unclear => return Err(neither(&task.server, record, server)),
            }
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

fn back_to_server(policy: &dyn Policy, history: &mut History<'_>, task: &ReleaseTask) -> RuleResult {
    let back = RevertTask { server: task.server.clone(), migration: task.consumer.clone() };
    revert_allocation_for_migration(policy, history, &back)
}

/// Deletes all allocations of the consumer.
pub fn drop_it(policy: &dyn Policy, history: &mut History<'_>, consumer: &str) -> RuleResult {
    Ok(match delete_allocations(policy, history, consumer)? {
        Some(removal) => Outcome::Released(removal),
        None => Outcome::NothingHeld(NothingHeld { consumer: consumer.into() }),
    })
}

/// The server's compute node; none if it has none, or if nova does not say it.
pub fn compute_node(history: &mut History<'_>, server: &str) -> Result<Option<ProviderId>, Interrupt> {
    let find = Effect::FindComputeNode(FindComputeNode { server: server.into() });
    let node = nova::try_ask(history, find, |reply| match reply {
        Reply::ComputeNode(ComputeNodeAnswer { node }) => Some(node.clone()),
        _ => None,
    })?;
    Ok(node.unwrap_or_default())
}

/// It is not known, so nothing is changed. The holdings are read for the operator who has to check.
pub fn undecided(history: &mut History<'_>, server: &str, consumer: &str) -> Result<Interrupt, Interrupt> {
    let [record, own] = ask::holdings(history, [consumer, server])?;
    Ok(neither(server, record, own))
}

/// The same, because nova does not say whether or where the server is.
pub fn server_is_unknown(history: &mut History<'_>, server: &str, consumer: &str) -> Result<Interrupt, Interrupt> {
    history.explain(BuiltInReason::ServerIsUnknown);
    undecided(history, server, consumer)
}

/// The failure with what the two hold.
pub fn neither(server: &str, record: &Holding, own: &Holding) -> Interrupt {
    let mut holdings = vec![record.clone()];
    if record.consumer != own.consumer {
        holdings.push(own.clone());
    }
    Failure::Undecided(Undecided { server: server.into(), holdings }).into()
}
