//! Asks the scheduler until a host can take the server (nova's `_find_destination`).

use super::claim_resources_on_destination::check_destination;
use super::fill_provider_mapping::fill_provider_mapping;
use super::progress::Progress;
use super::remove_claim::remove_claim;
use super::request_spec::{reset_forced_destinations, restrict_request_spec_to_cell};
use super::schedule::select_destinations;
use crate::contract::{BuiltInReason, Effect, LiveMigrateTask, Reply, RequestSpec, SaveMigration, Selection};
use crate::history::{History, Interrupt};
use crate::nova::{self, of_server};
use crate::policy::Policy;

/// The maximum number of hosts if nova sets no limit: a history must be finite.
const MOST_HOSTS: u32 = 25;

/// Returns a host that was claimed.
pub fn find_destination(
    policy: &dyn Policy,
    history: &mut History<'_>,
    task: &LiveMigrateTask,
    progress: &mut Progress,
) -> Result<Selection, Interrupt> {
    history.explain(BuiltInReason::FindDestination);
    let mut spec = request_spec(history, task)?;
    spec.ignore_hosts = vec![task.source_host.clone()];
    for tried in 0..=task.max_retries.unwrap_or(MOST_HOSTS).min(MOST_HOSTS) {
        if tried > 0 {
            history.explain(BuiltInReason::FindDestination);
        }
        let selections = select_destinations(history, &task.server, &spec, progress)?;
        let Some(selection) = selections.first() else {
            return Err(nova::raise("NoValidHost", "the scheduler returned no host").into());
        };
        fill_provider_mapping(history, &mut spec, selection)?;
        match check_destination(history, task, &selection.host, &selection.node)? {
            Ok(()) => return Ok(selection.clone()),
            Err(unfit) => history.explain(BuiltInReason::DestinationUnfit(unfit)),
        }
        remove_claim(policy, history, &task.server, progress)?;
        spec.ignore_hosts.push(selection.host.clone());
    }
    over_max_retries(history, task)
}

/// Gets the ports' requests and the cell at the same time.
fn request_spec(history: &mut History<'_>, task: &LiveMigrateTask) -> Result<RequestSpec, Interrupt> {
    let mut spec = task.request_spec.clone();
    reset_forced_destinations(history, &mut spec);
    let ports = Effect::GetPortRequests(of_server(&task.server));
    let cell = Effect::FindCell(of_server(&task.server));
    let [ports_reply, cell_reply] = history.perform_all([ports, cell])?;
    spec.requested_resources = nova::answer(history, ports_reply, 2, |reply| match reply {
        Reply::PortRequests(ports) => Some(ports.requests.clone()),
        _ => None,
    })??;
    let cell = nova::answer(history, cell_reply, 1, |reply| match reply {
        Reply::Cell(answer) => Some(answer.cell.as_deref()),
        _ => None,
    })??;
    restrict_request_spec_to_cell(&mut spec, &task.server, cell)?;
    Ok(spec)
}

/// nova's `_check_not_over_max_retries`: sets the record to `failed`.
fn over_max_retries(history: &mut History<'_>, task: &LiveMigrateTask) -> Result<Selection, Interrupt> {
    let save = SaveMigration { migration: task.migration.clone(), status: "failed".into() };
    // The result is the same whether or not the status could be saved.
    let _ = nova::try_ask(history, Effect::SaveMigration(save), nova::done)?;
    let text = ["Exceeded max scheduling retries for instance ", &task.server, " during live migration"];
    Err(nova::raise("MaxRetriesExceeded", &text.concat()).into())
}
