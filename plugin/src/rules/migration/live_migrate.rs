//! Live migration, up to the cast to the source (nova's `LiveMigrationTask`).

use super::cast::{self, Cast};
use super::cause;
use super::claim_resources_on_destination::claim_resources_on_destination;
use super::find_destination::find_destination;
use super::progress::Progress;
use crate::contract::{
    BuiltInReason, Effect, HostNode, LiveMigrateTask, LiveMigration, Outcome, ReplaceTask, Selection,
};
use crate::history::{History, Interrupt, RuleResult};
use crate::nova::{self, of_host, of_server};
use crate::policy::Policy;
use crate::rules::replace_allocation_with_migration;

/// nova's `LiveMigrationTask`: rolls back after any failure.
pub fn live_migrate(policy: &dyn Policy, history: &mut History<'_>, task: &LiveMigrateTask) -> RuleResult {
    let mut progress = Progress { migration: Some(task.migration.clone()), ..Progress::default() };
    match execute(policy, history, task, &mut progress) {
        Err(Interrupt::Failed(failure)) => Err(policy.roll_back(history, &task.server, &progress, *failure)),
        end => end,
    }
}

fn execute(
    policy: &dyn Policy,
    history: &mut History<'_>,
    task: &LiveMigrateTask,
    progress: &mut Progress,
) -> RuleResult {
    check_source(history, task)?;
    let swap = ReplaceTask { server: task.server.clone(), migration: task.migration.clone(), source_node: None };
    match replace_allocation_with_migration(policy, history, &swap) {
        Ok(outcome) => progress.swapped(&outcome)?,
        Err(Interrupt::Failed(failure)) => return Err(cause::of_swap(*failure).into()),
        Err(interrupt) => return Err(interrupt),
    }
    let selection = match &task.forced_host {
        None => find_destination(policy, history, task, progress)?,
        Some(host) => claim_resources_on_destination(policy, history, task, host, progress)?,
    };
    let availability_zone = cast::availability_zone(policy, history, &task.server, &selection, progress)?;
    history.explain(BuiltInReason::LiveMigration);
    let Selection { host, node, .. } = selection;
    let destination = HostNode { host, node };
    let effect = Effect::LiveMigration(LiveMigration {
        server: task.server.clone(),
        migration: task.migration.clone(),
        source_host: task.source_host.clone(),
        destination: destination.clone(),
        availability_zone,
    });
    cast::cast(policy, history, Cast { effect, migration: &task.migration, before: "accepted" })?;
    Ok(Outcome::Started(cast::started(task.migration.clone(), destination, progress)))
}

/// Checks that the server can be migrated live. The questions run at the same time.
fn check_source(history: &mut History<'_>, task: &LiveMigrateTask) -> Result<(), Interrupt> {
    if !task.active {
        let text = ["instance ", &task.server, " is neither running nor paused"];
        return Err(nova::raise("InstanceInvalidState", &text.concat()).into());
    }
    let numa = Effect::CheckNuma(of_server(&task.server));
    let up = Effect::CheckServiceUp(of_host(&task.source_host));
    let [numa_reply, up_reply] = history.perform_all([numa, up])?;
    nova::answer(history, numa_reply, 2, nova::done)??;
    nova::answer(history, up_reply, 1, nova::done)??;
    Ok(())
}
