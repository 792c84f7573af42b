//! The effects, replies, ends and reasons of a migration as text.

use super::one_line;
use crate::contract::{
    AllocationsFate, BuiltInReason, Effect, HostNode, MigrationFailed, MigrationRecord, NovaError, Reply, Selection,
};

/// An effect that nova carries out or answers.
pub fn effect(effect: &Effect) -> String {
    match effect {
        Effect::SetupInstanceGroup(of) => format!("set up the server group of server {}", of.server),
        Effect::GetPortRequests(of) => format!("ask what the ports of server {} need", of.server),
        Effect::FindCell(of) => format!("ask for the cell of server {}", of.server),
        Effect::FindMigration(find) => {
            let kind = migration_type(find.migration_type);
            format!("ask for a {kind} of server {} in status {}", find.server, find.status)
        }
        Effect::GetMigration(of) => format!("ask for the state of migration {}", of.migration),
        Effect::CreateMigration(create) => {
            format!("create a {} record for server {}", migration_type(create.migration_type), create.server)
        }
        Effect::SaveMigration(save) => format!("save migration {} as {}", save.migration, save.status),
        Effect::EnsureProjectAndUser(of) => format!("ask for the project and user of server {}", of.server),
        Effect::EnsureNetworkMetadata(of) => format!("ensure the network metadata of server {}", of.server),
        Effect::HealIsBfv(of) => format!("check whether server {} boots from a volume", of.server),
        Effect::SelectDestinations(select) => format!("ask the scheduler for a host for server {}", select.server),
        Effect::FindService(of) => format!("ask for the version of the compute service of {}", of.host),
        Effect::GetComputeRpcVersion => "ask to which version the compute RPC API is pinned".to_owned(),
        Effect::GetAvailabilityZone(of) => format!("ask for the availability zone of {}", of.host),
        Effect::PrepResize(cast) => format!("cast prep_resize of {} to {}", cast.migration, node(&cast.destination)),
        Effect::LiveMigration(cast) => format!(
            "cast live_migration of {} to {}, for {}",
            cast.migration,
            cast.source_host,
            node(&cast.destination)
        ),
        Effect::CheckNuma(of) => format!("check the NUMA topology of server {} for live migration", of.server),
        Effect::CheckServiceUp(of) => format!("ask whether the compute service of {} is up", of.host),
        Effect::FindHostNode(of) => format!("ask for the compute node of {}", of.host),
        Effect::CheckDestination(check) => format!("check {:?} of {}", check.check, node(&check.destination)),
        other => other.name().to_owned(),
    }
}

/// A reply from nova, or from the caller for it.
pub fn reply(reply: &Reply) -> String {
    match reply {
        Reply::NovaError(error) => nova_error(error),
        Reply::Abandoned(silence) => format!("NO ANSWER, done or not: {}", silence.detail),
        Reply::Traits(traits) if traits.traits.is_empty() => "no traits".to_owned(),
        Reply::Traits(traits) => traits.traits.join(", "),
        Reply::PortRequests(ports) => match ports.requests.len() {
            0 => "they need nothing on the destination".to_owned(),
            many => format!("{many} of them need resources on the destination"),
        },
        Reply::Cell(answer) => answer.cell.clone().unwrap_or_else(|| "none".to_owned()),
        Reply::Migration(answer) => answer.migration.as_ref().map_or_else(|| "none".to_owned(), record),
        Reply::ProjectAndUser(whose) => format!("of project {}, user {}", whose.project, whose.user),
        Reply::Selections(answer) => {
            let hosts: Vec<String> = answer.selections.iter().map(selection).collect();
            hosts.join(", then ")
        }
        Reply::Service(answer) => answer.version.map_or_else(|| "there is none".to_owned(), |v| format!("version {v}")),
        Reply::RpcVersion(version) => format!("{}.{}", version.major, version.minor),
        Reply::AvailabilityZone(answer) => answer.zone.clone().unwrap_or_else(|| "none".to_owned()),
        other => other.name().to_owned(),
    }
}

/// Why a migration did not begin, and where the allocations are.
pub fn failed(failed: &MigrationFailed) -> String {
    format!("{}; {}", nova_error(&failed.cause), fate(failed.allocations))
}

/// Where the server's old allocations are now.
pub fn fate(fate: AllocationsFate) -> &'static str {
    match fate {
        AllocationsFate::Untouched => "the server's allocations were not moved",
        AllocationsFate::Returned => "the server has its allocations again",
        AllocationsFate::Dropped => "the server does not exist any more, and its allocations were deleted",
        AllocationsFate::Left => "the migration record still has the server's allocations",
    }
}

/// The rule of a migration that led to a step.
pub fn reason(reason: &BuiltInReason) -> String {
    if let Some(method) = rule(reason) {
        return format!("{method} (nova)");
    }
    match reason {
        BuiltInReason::MigrationReused(of) => format!("a record for it exists already: {}", of.migration),
        BuiltInReason::HostTooOld(of) => {
            format!("{} is not new enough for what the ports need, or the RPC API is pinned", of.host)
        }
        BuiltInReason::HostNotClaimed(of) => format!("{} could not be claimed: use the next one", of.host),
        BuiltInReason::HostNotClaimable(of) => format!("{} has no allocation request: use it without a claim", of.host),
        BuiltInReason::DestinationUnfit(error) => format!("the destination failed a check: {}", nova_error(error)),
        BuiltInReason::RollingBack(error) => format!("roll back, because of {}", nova_error(error)),
        BuiltInReason::StatusNotSaved(error) => {
            format!("the migration's status was not saved ({}); the rollback continues", nova_error(error))
        }
        BuiltInReason::RollbackWaits(a) => format!("not rolled back yet (attempt {} of {}): wait", a.number, a.of),
        BuiltInReason::CastUnanswered(a) => {
            format!("not known whether the cast was sent (check {} of {}): read the migration record", a.number, a.of)
        }
        BuiltInReason::ComputeHasBegun(of) => format!("a compute service has begun: the migration is {}", of.status),
        BuiltInReason::MigrationHasEnded(of) => format!("the migration is {}", of.status),
        _ => String::new(),
    }
}

/// nova's exception and its text.
pub fn nova_error(error: &NovaError) -> String {
    match one_line(&error.detail) {
        text if text.is_empty() => error.error.clone(),
        text => format!("{}: {}", error.error, text.trim_end_matches('.')),
    }
}

/// A host and, if its name is different, its node.
pub fn node(of: &HostNode) -> String {
    if of.host == of.node { of.host.clone() } else { format!("{} ({})", of.host, of.node) }
}

fn record(record: &MigrationRecord) -> String {
    format!("{} {}, {}", migration_type(record.migration_type), record.migration, record.status)
}

fn selection(selection: &Selection) -> String {
    match &selection.allocation_request {
        Some(request) => format!("{} for {}", selection.host, super::allocations(&request.allocations)),
        None => format!("{} without an allocation request", selection.host),
    }
}

fn migration_type(kind: crate::contract::MigrationType) -> &'static str {
    use crate::contract::MigrationType::{Evacuation, LiveMigration, Migration, Resize};
    match kind {
        Migration => "migration",
        Resize => "resize",
        LiveMigration => "live migration",
        Evacuation => "evacuation",
    }
}

/// The name of nova's method, if the reason is that a rule of a migration named after it is applied.
#[must_use]
pub fn rule(reason: &BuiltInReason) -> Option<&'static str> {
    Some(match reason {
        BuiltInReason::ResetForcedDestinations => "reset_forced_destinations",
        BuiltInReason::SetupInstanceGroup => "setup_instance_group",
        BuiltInReason::PopulateRetry => "populate_retry",
        BuiltInReason::GetPortRequests => "get_requested_resource_for_instance",
        BuiltInReason::RestrictRequestSpecToCell => "_restrict_request_spec_to_cell",
        BuiltInReason::PreallocateMigration => "_preallocate_migration",
        BuiltInReason::HealRequestSpec => "ensure_project_and_user_id, ensure_network_metadata, heal_reqspec_is_bfv",
        BuiltInReason::Schedule => "_schedule",
        BuiltInReason::SupportResourceRequest => "_support_resource_request",
        BuiltInReason::GetHostSupportingRequest => "_get_host_supporting_request",
        BuiltInReason::Reschedule => "_reschedule",
        BuiltInReason::ClaimResources => "claim_resources",
        BuiltInReason::FillProviderMapping => "fill_provider_mapping",
        BuiltInReason::PopulateFilterProperties => "populate_filter_properties",
        BuiltInReason::PrepResize => "prep_resize",
        BuiltInReason::Rollback => "rollback",
        BuiltInReason::FindDestination => "_find_destination",
        BuiltInReason::ClaimResourcesOnDestination => "claim_resources_on_destination",
        BuiltInReason::LiveMigration => "live_migration",
        _ => return None,
    })
}
