//! What others may have done to the consumers of a task: before an effect, and since a consumer was last read.

use std::collections::BTreeMap;

use swaparoo_placement::Resources;

use crate::contract::{Effect, Holding, ProviderId};
use crate::{MigrationEnd, SimCloud};

/// What others may do just before an effect: nothing, a deletion, or the end of what compute services have begun.
pub fn before_an_effect(cloud: &SimCloud, effect: &Effect) -> Vec<(Option<&'static str>, SimCloud)> {
    let mut all = vec![(None, cloud.clone())];
    let holders = consumers(effect).into_iter().filter(|consumer| !cloud.held(consumer).is_empty());
    all.extend(holders.map(|consumer| {
        let mut cloud = cloud.clone();
        cloud.drop_all(consumer);
        (Some("another client deletes the allocations"), cloud)
    }));
    if cloud.migrations.values().any(|migration| migration.destination.is_some()) {
        all.extend(ENDS.map(|(end, what)| {
            let mut cloud = cloud.clone();
            cloud.finish(end);
            (Some(what), cloud)
        }));
    }
    all
}

const ENDS: [(MigrationEnd, &str); 3] = [
    (MigrationEnd::Confirmed, "the migration arrives and is confirmed"),
    (MigrationEnd::Reverted, "the migration fails and is reverted"),
    (MigrationEnd::FinishFailed, "finish_resize fails"),
];

/// What another client has done to a consumer, if it explains that a read shows this: the scheduler claims more for it,
/// or its allocations are written again as they are.
pub fn since_the_last_read(cloud: &SimCloud, shown: &Holding) -> Option<&'static str> {
    let known = cloud.placement.consumers().get(&shown.consumer);
    let (held, generation) = (cloud.held(&shown.consumer), known.map(|known| known.generation));
    let now = amounts(shown);
    let is_later =
        shown.owner.as_ref().is_some_and(|owner| generation.is_none_or(|was| u64::from(owner.generation) > was));
    let keeps = held.iter().all(|(provider, resources)| now.get(provider) == Some(resources));
    match () {
        () if !is_later || !keeps || now.is_empty() => None,
        () if now == held => Some("another client has written the same allocations again"),
        // The scheduler does not claim for a migration record.
        () if !cloud.servers.contains_key(&shown.consumer) => None,
        () => Some("the scheduler has claimed more"),
    }
}

fn amounts(shown: &Holding) -> BTreeMap<ProviderId, Resources> {
    let one = |allocation: &crate::contract::Allocation| {
        let resources = allocation.resources.iter().map(|of| (of.class.clone(), u64::from(of.amount))).collect();
        (allocation.provider.clone(), resources)
    };
    shown.allocations.iter().map(one).collect()
}

fn consumers(effect: &Effect) -> Vec<&str> {
    match effect {
        Effect::GetAllocations(get) => vec![&get.consumer],
        Effect::PostAllocations(post) => post.consumers.iter().map(|entry| entry.consumer.as_str()).collect(),
        Effect::PutAllocations(put) => vec![&put.holding.consumer],
        Effect::DeleteAllocations(delete) => vec![&delete.consumer],
        _ => Vec::new(),
    }
}
