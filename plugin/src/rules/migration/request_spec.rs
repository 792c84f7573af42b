//! The changes to nova's RequestSpec before a migration asks the scheduler.

use crate::contract::{BuiltInReason, Destination, Effect, ProjectAndUser, Reply, RequestSpec};
use crate::history::{History, Interrupt};
use crate::nova::{self, of_server};

/// nova's `reset_forced_destinations`: a host that the server was forced to earlier must not become the destination and
/// must not turn retries off.
pub fn reset_forced_destinations(history: &mut History<'_>, spec: &mut RequestSpec) {
    if spec.force_hosts.is_empty() && spec.force_nodes.is_empty() {
        return;
    }
    history.explain(BuiltInReason::ResetForcedDestinations);
    spec.force_hosts.clear();
    spec.force_nodes.clear();
}

/// nova's `_restrict_request_spec_to_cell`: a server does not leave its cell. If a host is requested, no other host is
/// tried after a failure.
pub fn restrict_request_spec_to_cell(
    spec: &mut RequestSpec,
    server: &str,
    cell: Option<&str>,
) -> Result<(), Interrupt> {
    let Some(cell) = cell else {
        return Err(nova::raise("InstanceMappingNotFound", server).into());
    };
    let destination = spec.requested_destination.get_or_insert(Destination { host: None, node: None, cell: None });
    destination.cell = Some(cell.into());
    if destination.host.is_some() {
        spec.retry = None;
    }
    Ok(())
}

/// nova's `ensure_project_and_user_id`, `ensure_network_metadata` and `heal_reqspec_is_bfv`: request specs of old
/// servers lack these fields. The three run at the same time.
pub fn heal(history: &mut History<'_>, server: &str, spec: &mut RequestSpec) -> Result<(), Interrupt> {
    history.explain(BuiltInReason::HealRequestSpec);
    let owner = Effect::EnsureProjectAndUser(of_server(server));
    let network = Effect::EnsureNetworkMetadata(of_server(server));
    let volume = Effect::HealIsBfv(of_server(server));
    let [said_owner, said_network, said_volume] = history.perform_all([owner, network, volume])?;
    let ProjectAndUser { project, user } = nova::answer(history, said_owner, 3, whose)??.clone();
    nova::answer(history, said_network, 2, nova::done)??;
    nova::answer(history, said_volume, 1, nova::done)??;
    (spec.project, spec.user) = (Some(project), Some(user));
    Ok(())
}

fn whose(reply: &Reply) -> Option<&ProjectAndUser> {
    match reply {
        Reply::ProjectAndUser(whose) => Some(whose),
        _ => None,
    }
}
