//! Validates values of nova in a caller's task and in its replies.

use std::collections::HashSet;

use swaparoo_placement::Microversion;

use super::values::{MOST_CHARACTERS, allocations, owner, quoted, resources, uuid};
use super::{ValidationError, invalid, within};
use crate::contract::{
    AllocationRequest, Effect, FindMigration, HostNode, Mapping, MigrationRecord, MigrationType, Reply, RequestSpec,
    ResourceRequest, Selection, ServerDetails, ServerMigration, Task,
};

/// The maximum length of an exception's detail, in bytes.
const DETAIL: usize = 2_000;
/// The maximum number of migration records in an answer about a server: a server has some tens in its life.
pub const MOST_MIGRATIONS: usize = 1_024;

/// Validates the values of a task.
///
/// # Errors
/// The first invalid value.
pub fn task(task: &Task) -> Result<(), ValidationError> {
    for (role, consumer) in task.parties() {
        uuid(role, consumer)?;
    }
    apart(task)?;
    match task {
        Task::Migrate(task) => {
            name("old_flavor", &task.old_flavor)?;
            name("new_flavor", &task.new_flavor)?;
            if task.max_attempts == 0 {
                return Err(invalid("max_attempts", "it is 0; it must be 1 or more (nova's default is 3)"));
            }
            request_spec(&task.request_spec).map_err(within("request_spec"))?;
            task.host_list.as_deref().map_or(Ok(()), |hosts| selections("host_list", hosts))
        }
        Task::LiveMigrate(task) => {
            name("source_host", &task.source_host)?;
            request_spec(&task.request_spec).map_err(within("request_spec"))?;
            let Some(host) = &task.forced_host else { return Ok(()) };
            name("forced_host", host)?;
            claimant(&task.request_spec).map_err(within("request_spec"))
        }
        _ => Ok(()),
    }
}

/// Checks that a task that names two consumers names two different ones. Otherwise it would give a consumer what it takes
/// from it: a confirmation would delete the allocations of a live server. (A release may name a server alone.)
///
/// # Errors
/// Both are the same.
pub fn apart(task: &Task) -> Result<(), ValidationError> {
    match task.parties().as_slice() {
        [(role, one), (field, other)] if one == other => {
            Err(invalid(field, format!("{} is also the {role}: name two different consumers", quoted(other))))
        }
        _ => Ok(()),
    }
}

/// Validates the values of a reply to an effect. The kind of the reply is checked elsewhere.
///
/// # Errors
/// The first invalid value.
pub fn reply(effect: &Effect, reply: &Reply) -> Result<(), ValidationError> {
    match reply {
        Reply::Server(answer) => answer.details.as_ref().map_or(Ok(()), server_details),
        Reply::ComputeNode(answer) => answer.node.as_deref().map_or(Ok(()), |node| uuid("node", node)),
        Reply::NovaError(error) => {
            name("error", &error.error)?;
            if error.detail.len() > DETAIL {
                return Err(invalid("detail", format!("it has {} bytes; the maximum is {DETAIL}", error.detail.len())));
            }
            Ok(())
        }
        Reply::PortRequests(ports) => resource_requests("requests", &ports.requests),
        Reply::Cell(answer) => answer.cell.as_deref().map_or(Ok(()), |cell| name("cell", cell)),
        Reply::Migration(answer) => migration(effect, answer.migration.as_ref()),
        Reply::ProjectAndUser(whose) => owner(&whose.project, &whose.user),
        Reply::Selections(answer) if answer.selections.is_empty() => {
            Err(invalid("selections", "the list is empty; if nova finds no host, it raises NoValidHost"))
        }
        Reply::Selections(answer) => selections("selections", &answer.selections),
        Reply::AvailabilityZone(answer) => answer.zone.as_deref().map_or(Ok(()), |zone| name("zone", zone)),
        _ => Ok(()),
    }
}

fn server_details(details: &ServerDetails) -> Result<(), ValidationError> {
    let names = [
        ("host", &details.host),
        ("node", &details.node),
        ("vm_state", &details.vm_state),
        ("task_state", &details.task_state),
    ];
    for (field, value) in names {
        value.as_deref().map_or(Ok(()), |value| name(&format!("details.{field}"), value))?;
    }
    resources("details.flavor", details.flavor.as_deref().unwrap_or_default())?;
    let migrations = details.migrations.as_deref().unwrap_or_default();
    if migrations.len() > MOST_MIGRATIONS {
        let why = format!("there are {} records; the maximum is {MOST_MIGRATIONS}", migrations.len());
        return Err(invalid("details.migrations", why));
    }
    for (at, ServerMigration { migration, status }) in migrations.iter().enumerate() {
        let field = format!("details.migrations[{at}]");
        uuid(&format!("{field}.migration"), migration)?;
        name(&format!("{field}.status"), status)?;
    }
    Ok(())
}

/// The record must be the one that was asked for, because the task may use it from then on.
fn migration(effect: &Effect, record: Option<&MigrationRecord>) -> Result<(), ValidationError> {
    let Some(record) = record else {
        return match effect {
            Effect::CreateMigration(_) => Err(invalid("migration", "it is null, but a record must be created")),
            _ => Ok(()),
        };
    };
    uuid("migration.migration", &record.migration)?;
    uuid("migration.server", &record.server)?;
    name("migration.status", &record.status)?;
    match effect {
        Effect::FindMigration(FindMigration { server, migration_type, .. }) => {
            same_migration(record, server, *migration_type)
        }
        Effect::CreateMigration(create) => same_migration(record, &create.server, create.migration_type),
        Effect::GetMigration(of) if of.migration != record.migration => {
            let why = format!("{} is not the one that was asked about, {}", record.migration, of.migration);
            Err(invalid("migration.migration", why))
        }
        _ => Ok(()),
    }
}

fn same_migration(
    record: &MigrationRecord,
    server: &str,
    migration_type: MigrationType,
) -> Result<(), ValidationError> {
    if record.server != server {
        let why = format!("{} is not the one that was asked about, {server}", record.server);
        return Err(invalid("migration.server", why));
    }
    if record.migration == record.server {
        return Err(invalid("migration.migration", "it is the server's own id"));
    }
    if record.migration_type != migration_type {
        return Err(invalid("migration.migration_type", "it is not the type that was asked about"));
    }
    Ok(())
}

fn request_spec(spec: &RequestSpec) -> Result<(), ValidationError> {
    owner(spec.project.as_deref().unwrap_or("-"), spec.user.as_deref().unwrap_or("-"))?;
    for (field, hosts) in
        [("force_hosts", &spec.force_hosts), ("force_nodes", &spec.force_nodes), ("ignore_hosts", &spec.ignore_hosts)]
    {
        hosts.iter().enumerate().try_for_each(|(at, host)| name(&format!("{field}[{at}]"), host))?;
    }
    if let Some(destination) = &spec.requested_destination {
        for (field, value) in [("host", &destination.host), ("node", &destination.node), ("cell", &destination.cell)] {
            value.as_deref().map_or(Ok(()), |value| name(&format!("requested_destination.{field}"), value))?;
        }
    }
    if let Some(retry) = &spec.retry {
        let tried = retry.hosts.iter().enumerate();
        tried.into_iter().try_for_each(|(at, tried)| host_node(&format!("retry.hosts[{at}]"), tried))?;
    }
    resource_requests("requested_resources", &spec.requested_resources)
}

/// A forced host is claimed without the scheduler, so the request spec must contain the project and the user.
fn claimant(spec: &RequestSpec) -> Result<(), ValidationError> {
    for (field, id) in [("project", &spec.project), ("user", &spec.user)] {
        if id.is_none() {
            return Err(invalid(
                field,
                "it is null, but the claim of a forced host needs it; let nova record it first",
            ));
        }
    }
    Ok(())
}

fn host_node(field: &str, HostNode { host, node }: &HostNode) -> Result<(), ValidationError> {
    name(&format!("{field}.host"), host)?;
    name(&format!("{field}.node"), node)
}

fn resource_requests(field: &str, requests: &[ResourceRequest]) -> Result<(), ValidationError> {
    for (at, request) in requests.iter().enumerate() {
        let field = format!("{field}[{at}]");
        uuid(&format!("{field}.requester"), &request.requester)?;
        resources(&field, &request.resources)?;
        let traits = request.required_traits.iter().enumerate();
        traits.into_iter().try_for_each(|(at, needed)| name(&format!("{field}.required_traits[{at}]"), needed))?;
        let providers = request.providers.iter().enumerate();
        providers.into_iter().try_for_each(|(at, provider)| uuid(&format!("{field}.providers[{at}]"), provider))?;
    }
    Ok(())
}

/// Hosts must be unique: a repeated alternate would be claimed twice.
fn selections(field: &str, selections: &[Selection]) -> Result<(), ValidationError> {
    let mut seen = HashSet::new();
    for (at, selection) in selections.iter().enumerate() {
        let field = format!("{field}[{at}]");
        name(&format!("{field}.host"), &selection.host)?;
        name(&format!("{field}.node"), &selection.node)?;
        if !seen.insert((&selection.host, &selection.node)) {
            return Err(invalid(&field, format!("host {} is listed twice", quoted(&selection.host))));
        }
        if let Some(request) = &selection.allocation_request {
            allocation_request(request).map_err(within(&format!("{field}.allocation_request")))?;
        }
    }
    Ok(())
}

fn allocation_request(request: &AllocationRequest) -> Result<(), ValidationError> {
    if Microversion::named(&request.version).is_none_or(|version| version < Microversion::NOVA) {
        return Err(invalid(
            "version",
            format!("{} is not a microversion from 1.28 to 1.39", quoted(&request.version)),
        ));
    }
    if request.allocations.is_empty() {
        return Err(invalid("allocations", "it claims nothing; a host that cannot be claimed must have no request"));
    }
    allocations(&request.allocations)?;
    for (at, Mapping { requester, providers }) in request.mappings.iter().enumerate() {
        let field = format!("mappings[{at}]");
        if requester.len() > MOST_CHARACTERS || providers.is_empty() {
            return Err(invalid(&field, "it needs at least one provider, and a requester of at most 255 characters"));
        }
        let providers = providers.iter().enumerate();
        providers.into_iter().try_for_each(|(at, provider)| uuid(&format!("{field}.providers[{at}]"), provider))?;
    }
    Ok(())
}

/// A name in nova: of hosts, nodes, flavors, statuses, exceptions.
fn name(field: &str, given: &str) -> Result<(), ValidationError> {
    if given.is_empty() || given.chars().count() > MOST_CHARACTERS || given.chars().any(char::is_control) {
        return Err(invalid(
            field,
            format!("{} is not a name: it has 1 to {MOST_CHARACTERS} characters", quoted(given)),
        ));
    }
    Ok(())
}
