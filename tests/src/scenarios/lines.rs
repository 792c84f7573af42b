//! An effect as a short text with its important fields.

use swaparoo::contract::{Allocation, Effect, MigrationType};

use super::cast;

/// The effects of a step, in order.
pub fn line(effects: &[Effect]) -> String {
    let all: Vec<String> = effects.iter().map(|effect| cast::named(&words(effect))).collect();
    all.join(" + ")
}

fn words(effect: &Effect) -> String {
    let name = effect.name();
    match effect {
        Effect::GetAllocations(get) => format!("get {}", get.consumer),
        Effect::PostAllocations(post) => {
            let each = post.consumers.iter().map(|entry| format!("{} {}", entry.consumer, on(&entry.allocations)));
            format!("post {}", each.collect::<Vec<_>>().join(", "))
        }
        Effect::DeleteAllocations(delete) => format!("empty {}", delete.consumer),
        Effect::PutAllocations(put) => {
            let mappings = if put.mappings.is_empty() { "" } else { " with mappings" };
            format!("put {} {}{mappings} at {}", put.holding.consumer, on(&put.holding.allocations), put.version)
        }
        Effect::GetProviderTraits(get) => format!("{name} {}", get.provider),
        Effect::Pause(pause) => format!("{name} {}", pause.up_to_ms),
        Effect::FindMigration(find) => format!("{name} {} {}", kind(find.migration_type), find.status),
        Effect::CreateMigration(create) => format!("{name} {}", kind(create.migration_type)),
        Effect::SaveMigration(save) => format!("{name} {}", save.status),
        Effect::FindService(of) | Effect::GetAvailabilityZone(of) => format!("{name} {}", of.host),
        Effect::CheckServiceUp(of) | Effect::FindHostNode(of) => format!("{name} {}", of.host),
        Effect::SelectDestinations(select) => {
            let spec = &select.request_spec;
            let retry = spec.retry.as_ref().map_or("none".to_owned(), |retry| retry.num_attempts.to_string());
            let wanted = spec.requested_destination.as_ref().map(|wanted| {
                format!("{} in {}", wanted.host.as_deref().unwrap_or("any"), wanted.cell.as_deref().unwrap_or("any"))
            });
            let ignored = spec.ignore_hosts.join(" ");
            let ignored = if ignored.is_empty() { ignored } else { format!(", not {ignored}") };
            let forced = spec.force_hosts.iter().chain(&spec.force_nodes).map(|forced| format!(", forced to {forced}"));
            let forced: String = forced.collect();
            format!("{name} {}, attempt {retry}{ignored}{forced}", wanted.unwrap_or_default())
        }
        Effect::PrepResize(cast) => {
            let spec = &cast.request_spec;
            let tried = spec.retry.iter().flat_map(|retry| &retry.hosts).map(|tried| tried.host.as_str());
            let ports = spec.requested_resources.iter().map(|wanted| wanted.providers.join(" "));
            let mut text = format!("{name} {}", cast.destination.host);
            for (what, list) in [
                ("tried", tried.collect::<Vec<_>>().join(" ")),
                ("left", cast.host_list.iter().map(|left| left.host.as_str()).collect::<Vec<_>>().join(" ")),
                ("ports on", ports.collect::<Vec<_>>().join(" ")),
                ("zone", cast.availability_zone.clone().unwrap_or_default()),
            ] {
                if !list.is_empty() {
                    text.push_str(&format!(", {what} {list}"));
                }
            }
            text
        }
        Effect::LiveMigration(cast) => format!("{name} {} -> {}", cast.source_host, cast.destination.host),
        Effect::CheckDestination(check) => format!("{name} {:?} {}", check.check, check.destination.host),
        _ => name.to_owned(),
    }
}

fn on(allocations: &[Allocation]) -> String {
    let each = allocations.iter().map(|allocation| {
        let amount: u64 = allocation.resources.iter().map(|resource| u64::from(resource.amount)).sum();
        format!("{amount} on {}", allocation.provider)
    });
    let all: Vec<String> = each.collect();
    if all.is_empty() { "nothing".to_owned() } else { all.join(" and ") }
}

fn kind(kind: MigrationType) -> &'static str {
    match kind {
        MigrationType::Migration => "migration",
        MigrationType::Resize => "resize",
        MigrationType::LiveMigration => "live-migration",
        MigrationType::Evacuation => "evacuation",
    }
}
