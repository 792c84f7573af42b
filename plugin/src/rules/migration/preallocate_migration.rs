//! The migration record and the swap: from here on a failure needs a rollback (nova's `_preallocate_migration`).

use super::cause;
use super::progress::Progress;
use crate::contract::{
    BuiltInReason, ComputeNodeAnswer, ConsumerId, CreateMigration, Effect, Failure, FindComputeNode, FindMigration,
    MigrateTask, MigrationType, ReplaceTask, Reply,
};
use crate::history::{History, Interrupt};
use crate::nova::{self, of_migration};
use crate::policy::Policy;
use crate::rules::replace_allocation_with_migration;

/// The status of a record that no compute service has begun with.
const PRE_MIGRATING: &str = "pre-migrating";

/// Finds or creates the record, and moves the server's allocations to it. The question for the server's node runs at
/// the same time; but as in nova, a missing node is reported only after the record exists.
pub fn preallocate_migration(
    policy: &dyn Policy,
    history: &mut History<'_>,
    task: &MigrateTask,
    progress: &mut Progress,
) -> Result<ConsumerId, Interrupt> {
    history.explain(BuiltInReason::PreallocateMigration);
    let server = &task.server;
    let find = FindComputeNode { server: server.clone() };
    let node = Effect::FindComputeNode(find.clone());
    let migration_type =
        if task.old_flavor == task.new_flavor { MigrationType::Migration } else { MigrationType::Resize };
    let known =
        Effect::FindMigration(FindMigration { server: server.clone(), migration_type, status: PRE_MIGRATING.into() });
    let [known_reply, node_reply] = history.perform_all([known, node])?;
    let known = nova::answer(history, known_reply, 2, nova::migration)??;
    let node = nova::answer(history, node_reply, 1, compute_node)?;
    let migration = match known {
        Some(record) => {
            history.explain(BuiltInReason::MigrationReused(of_migration(&record.migration)));
            record.migration.clone()
        }
        None => create(history, task, migration_type)?,
    };
    progress.migration = Some(migration.clone());

    let source_node = Some(node?.ok_or(Failure::ComputeHostNotFound(find))?.clone());
    let swap = ReplaceTask { server: server.clone(), migration: migration.clone(), source_node };
    match replace_allocation_with_migration(policy, history, &swap) {
        Ok(outcome) => progress.swapped(&outcome)?,
        Err(Interrupt::Failed(failure)) => return Err(cause::of_swap(*failure).into()),
        Err(interrupt) => return Err(interrupt),
    }
    Ok(migration)
}

fn create(
    history: &mut History<'_>,
    task: &MigrateTask,
    migration_type: MigrationType,
) -> Result<ConsumerId, Interrupt> {
    let create = Effect::CreateMigration(CreateMigration {
        server: task.server.clone(),
        migration_type,
        old_flavor: task.old_flavor.clone(),
        new_flavor: task.new_flavor.clone(),
    });
    match nova::ask(history, create, nova::migration)? {
        Some(record) => Ok(record.migration.clone()),
        None => Err(nova::raise("MigrationNotFound", "nova created no migration record").into()),
    }
}

fn compute_node(reply: &Reply) -> Option<Option<&ConsumerId>> {
    match reply {
        Reply::ComputeNode(ComputeNodeAnswer { node }) => Some(node.as_ref()),
        _ => None,
    }
}
