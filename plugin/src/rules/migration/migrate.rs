//! Cold migration and resize, up to the cast to the destination (nova's `MigrationTask._execute`, and `rollback`).

use super::cast::{self, Cast};
use super::populate_retry::{populate_filter_properties, populate_retry};
use super::preallocate_migration::preallocate_migration;
use super::progress::Progress;
use super::request_spec::{heal, reset_forced_destinations, restrict_request_spec_to_cell};
use super::reschedule::reschedule;
use super::schedule::schedule;
use crate::contract::{
    BuiltInReason, Effect, HostNode, MigrateTask, Outcome, PrepResize, Reply, RequestSpec, ResourceRequest, Selection,
};
use crate::history::{History, Interrupt, RuleResult};
use crate::nova::{self, of_server};
use crate::policy::Policy;

/// nova's `MigrationTask`: rolls back after any failure.
pub fn migrate(policy: &dyn Policy, history: &mut History<'_>, task: &MigrateTask) -> RuleResult {
    let mut progress = Progress::default();
    match execute(policy, history, task, &mut progress) {
        Err(Interrupt::Failed(failure)) => Err(policy.roll_back(history, &task.server, &progress, *failure)),
        end => end,
    }
}

fn execute(policy: &dyn Policy, history: &mut History<'_>, task: &MigrateTask, progress: &mut Progress) -> RuleResult {
    let mut spec = task.request_spec.clone();
    prepare(history, task, &mut spec)?;
    let migration = preallocate_migration(policy, history, task, progress)?;
    heal(history, &task.server, &mut spec)?;
    let (selection, host_list) = match &task.host_list {
        None => schedule(policy, history, &task.server, &mut spec, progress)?,
        Some(hosts) => reschedule(policy, history, &task.server, &mut spec, hosts, progress)?,
    };
    populate_filter_properties(history, &mut spec, &selection);
    let availability_zone = cast::availability_zone(policy, history, &task.server, &selection, progress)?;
    history.explain(BuiltInReason::PrepResize);
    let Selection { host, node, .. } = selection;
    let destination = HostNode { host, node };
    let cast = Effect::PrepResize(PrepResize {
        server: task.server.clone(),
        migration: migration.clone(),
        destination: destination.clone(),
        availability_zone,
        request_spec: spec,
        host_list,
    });
    cast::cast(policy, history, Cast { effect: cast, migration: &migration, before: "pre-migrating" })?;
    Ok(Outcome::Started(cast::started(migration, destination, progress)))
}

/// The part before the migration record exists: nothing of it has to be rolled back. The questions run at the same
/// time; the answers are checked in nova's order.
fn prepare(history: &mut History<'_>, task: &MigrateTask, spec: &mut RequestSpec) -> Result<(), Interrupt> {
    reset_forced_destinations(history, spec);
    let group = Effect::SetupInstanceGroup(of_server(&task.server));
    let ports = Effect::GetPortRequests(of_server(&task.server));
    let cell = Effect::FindCell(of_server(&task.server));
    history.explain(BuiltInReason::GetPortRequests);
    history.explain(BuiltInReason::RestrictRequestSpecToCell);
    let [ports_reply, cell_reply] = if spec.in_group {
        history.explain(BuiltInReason::SetupInstanceGroup);
        let [group_reply, ports_reply, cell_reply] = history.perform_all([group, ports, cell])?;
        nova::answer(history, group_reply, 3, nova::done)??;
        [ports_reply, cell_reply]
    } else {
        history.perform_all([ports, cell])?
    };
    populate_retry(history, spec, task)?;
    spec.requested_resources = nova::answer(history, ports_reply, 2, requests)??.to_vec();
    let cell = nova::answer(history, cell_reply, 1, self::cell)??;
    restrict_request_spec_to_cell(spec, &task.server, cell)
}

fn requests(reply: &Reply) -> Option<&[ResourceRequest]> {
    match reply {
        Reply::PortRequests(ports) => Some(&ports.requests),
        _ => None,
    }
}

fn cell(reply: &Reply) -> Option<Option<&str>> {
    match reply {
        Reply::Cell(answer) => Some(answer.cell.as_deref()),
        _ => None,
    }
}
