//! Checks what a write gives to the task's consumers: nothing, or allocations that the history shows.
//!
//! A policy moves allocations and invents none. So each allocation that it writes must be, with exactly its resources,
//! - one that a read in this history shows for a consumer of the task: a move gives it to the other consumer, a rewrite
//!   keeps it, and a deletion leaves it out; or
//! - one of a claim that the scheduler named in this history, or the task in its list of alternates; or
//! - on the node of the host that the task forces the server to, after nova has named it: the resources of one shown
//!   allocation, because the scheduler makes no claim for such a host (nova's `claim_resources_on_destination`).
//!
//! Sums and differences of amounts are not allowed. No rule of nova writes them: the scheduler makes the doubled claim
//! of a resize to the same host, and a read shows it. The project and the user belong together; they must come from a
//! read of a consumer, from the task's request spec, or from nova's answer about the server.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use super::OutOfBounds;
use crate::contract::{
    Allocation, ComputeNodeAnswer, Effect, Exchange, Holding, LiveMigrateTask, MigrateTask, NewHolding, ProviderId,
    Reply, RequestSpec, Selection, Task,
};
use crate::describe;

/// The entry of a write for one consumer.
#[derive(Debug, Clone, Copy)]
pub struct WrittenHolding<'a> {
    /// The consumer that is written.
    pub consumer: &'a str,
    /// The consumer's project after the write.
    pub project: &'a str,
    /// The consumer's user after the write.
    pub user: &'a str,
    /// All allocations of the consumer after the write.
    pub allocations: &'a [Allocation],
}

/// The entries of a write, one for each consumer; empty for an effect that does not write to Placement.
#[must_use]
pub fn entries(effect: &Effect) -> Vec<WrittenHolding<'_>> {
    match effect {
        Effect::PostAllocations(post) => post.consumers.iter().map(entry).collect(),
        Effect::PutAllocations(put) => vec![entry(&put.holding)],
        Effect::DeleteAllocations(delete) => {
            let (consumer, project, user) = (&delete.consumer, &delete.project, &delete.user);
            vec![WrittenHolding { consumer, project, user, allocations: &[] }]
        }
        _ => Vec::new(),
    }
}

/// True if two lists contain the same resources of the same providers, in any order.
#[must_use]
pub fn same_allocations(one: &[Allocation], other: &[Allocation]) -> bool {
    let amounts = |of: &[Allocation]| -> BTreeMap<String, BTreeMap<String, u32>> {
        of.iter().map(|allocation| (allocation.provider.clone(), resources(allocation))).collect()
    };
    one.len() == other.len() && amounts(one) == amounts(other)
}

/// Checks that `effect` writes only what the history shows.
pub fn check(task: &Task, history: &[Exchange], effect: &Effect) -> Result<(), OutOfBounds> {
    entries(effect).into_iter().try_for_each(|entry| {
        let refused = |(field, written, shown)| OutOfBounds::Value {
            consumer: entry.consumer.to_owned(),
            effect: effect.name(),
            field,
            written,
            shown,
        };
        check_owner(task, history, &entry).map_err(refused)?;
        entry.allocations.iter().try_for_each(|written| check_allocation(task, history, written).map_err(refused))
    })
}

/// The field, its written value, and the values that the history shows for it.
type Mismatch = (&'static str, String, String);

fn check_owner(task: &Task, history: &[Exchange], entry: &WrittenHolding<'_>) -> Result<(), Mismatch> {
    let mut known = owners(task, history);
    if known.contains(&(entry.project, entry.user)) {
        return Ok(());
    }
    known.sort_unstable();
    known.dedup();
    let is_project = !known.iter().any(|(project, _)| *project == entry.project);
    let (field, written) = if is_project { ("a project", entry.project) } else { ("a user", entry.user) };
    let shown: Vec<String> =
        known.iter().map(|(project, user)| format!("project {project:?} with user {user:?}")).collect();
    Err((field, format!("{written:?}"), or_none(&shown, "no owner")))
}

fn check_allocation(task: &Task, history: &[Exchange], written: &Allocation) -> Result<(), Mismatch> {
    let shown: Vec<&Allocation> = holdings(history).flat_map(|holding| &holding.allocations).collect();
    let claimed: Vec<&Allocation> = claims(task, history).collect();
    let is_written = |known: &Allocation| known.provider == written.provider && same_resources(known, written);
    let to_forced_node = || {
        forced_nodes(task, history).any(|node| *node == written.provider)
            && shown.iter().any(|known| same_resources(known, written))
    };
    if shown.iter().chain(&claimed).any(|known| is_written(known)) || to_forced_node() {
        return Ok(());
    }
    let of_provider = shown.iter().chain(&claimed).filter(|known| known.provider == written.provider);
    let mut of_provider: Vec<String> = of_provider.map(|known| text(known)).collect();
    of_provider.sort_unstable();
    of_provider.dedup();
    Err(("allocations", text(written), or_none(&of_provider, "nothing of that provider")))
}

/// The pairs of project and user that the history shows.
fn owners<'a>(task: &'a Task, history: &'a [Exchange]) -> Vec<(&'a str, &'a str)> {
    let of_task = match task {
        Task::Migrate(MigrateTask { request_spec, .. }) | Task::LiveMigrate(LiveMigrateTask { request_spec, .. }) => {
            of_spec(request_spec)
        }
        _ => None,
    };
    let answered = history.iter().filter_map(|exchange| match &exchange.reply {
        Reply::Holding(Holding { owner: Some(owner), .. }) => Some((owner.project.as_str(), owner.user.as_str())),
        Reply::ProjectAndUser(whose) => Some((whose.project.as_str(), whose.user.as_str())),
        _ => None,
    });
    of_task.into_iter().chain(answered).collect()
}

fn of_spec(spec: &RequestSpec) -> Option<(&str, &str)> {
    Some((spec.project.as_deref()?, spec.user.as_deref()?))
}

/// The holdings that were read; every read is of a consumer of the task.
fn holdings(history: &[Exchange]) -> impl Iterator<Item = &Holding> {
    history.iter().filter_map(|exchange| match &exchange.reply {
        Reply::Holding(holding) => Some(holding),
        _ => None,
    })
}

/// The allocations that the task and the scheduler allow the server to claim.
fn claims<'a>(task: &'a Task, history: &'a [Exchange]) -> impl Iterator<Item = &'a Allocation> {
    let alternates: &[Selection] = match task {
        Task::Migrate(MigrateTask { host_list: Some(hosts), .. }) => hosts,
        _ => &[],
    };
    let selected = history.iter().filter_map(|exchange| match &exchange.reply {
        Reply::Selections(answer) => Some(&answer.selections),
        _ => None,
    });
    let all = alternates.iter().chain(selected.flatten());
    all.filter_map(|selection| selection.allocation_request.as_ref()).flat_map(|request| &request.allocations)
}

/// The node of the forced host, as nova has named it.
fn forced_nodes<'a>(task: &'a Task, history: &'a [Exchange]) -> impl Iterator<Item = &'a ProviderId> {
    let forced = match task {
        Task::LiveMigrate(LiveMigrateTask { forced_host, .. }) => forced_host.as_ref(),
        _ => None,
    };
    history.iter().filter_map(move |exchange| match (&exchange.effect, &exchange.reply) {
        (Effect::FindHostNode(of), Reply::ComputeNode(ComputeNodeAnswer { node })) if Some(&of.host) == forced => {
            node.as_ref()
        }
        _ => None,
    })
}

fn entry(new: &NewHolding) -> WrittenHolding<'_> {
    let NewHolding { consumer, project, user, allocations, .. } = new;
    WrittenHolding { consumer, project, user, allocations }
}

fn same_resources(one: &Allocation, other: &Allocation) -> bool {
    one.resources.len() == other.resources.len() && resources(one) == resources(other)
}

fn resources(allocation: &Allocation) -> BTreeMap<String, u32> {
    allocation.resources.iter().map(|resource| (resource.class.clone(), resource.amount)).collect()
}

fn text(allocation: &Allocation) -> String {
    describe::allocations(std::slice::from_ref(allocation))
}

fn or_none(known: &[String], none: &str) -> String {
    if known.is_empty() { none.to_owned() } else { known.join(", ") }
}
