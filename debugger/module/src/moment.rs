//! Who holds what at one point of a course.

use std::collections::BTreeMap;

use serde::Serialize;
use swaparoo_placement::Resources;
use swaparoo_sim::{Cloud, RIVAL, Reach, UNKNOWN_TOTAL};
use tsify::Tsify;

use crate::known::{Fact, Known};

/// One moment of the world.
#[derive(Debug, Clone, PartialEq, Serialize, Tsify)]
#[tsify(missing_as_null)]
pub struct Moment {
    /// All consumers that hold something, or that the task is about.
    pub consumers: Vec<Held>,
    /// Each provider's generation.
    #[tsify(type = "Record<string, number>")]
    pub generations: BTreeMap<String, u32>,
    /// Whether nova has a conductor.
    pub conductor: bool,
    /// Whether Placement answers.
    pub placement: bool,
    /// Something is still on its way.
    pub late: bool,
}

/// What one consumer holds.
#[derive(Debug, Clone, PartialEq, Serialize, Tsify)]
#[tsify(missing_as_null)]
pub struct Held {
    /// Its UUID.
    pub consumer: String,
    /// `server`, `migration`, `rival` or `other`.
    pub role: &'static str,
    /// For a server: whether nova has it, if `existence` is known; a migration's status is in `status`.
    pub alive: bool,
    /// Whether it is known that it exists; of a server only.
    pub existence: Fact,
    /// Whether it is known what it holds.
    pub holding: Fact,
    /// nova's word for the migration's state.
    pub status: Option<String>,
    /// None where Placement has no record of it.
    pub generation: Option<u32>,
    /// By provider and resource class.
    #[tsify(type = "Record<string, Record<string, number>>")]
    pub holds: BTreeMap<String, Resources>,
}

/// A provider, as it stays through a course.
#[derive(Debug, Clone, Serialize, Tsify)]
#[tsify(missing_as_null)]
pub struct ProviderView {
    /// Its UUID.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The provider that it is part of.
    pub parent: Option<String>,
    /// How much it has of each class; null where that is not known.
    #[tsify(type = "Record<string, number | null>")]
    pub totals: BTreeMap<String, Option<u64>>,
}

impl Moment {
    /// The world as it is, and what is known of it.
    #[must_use]
    pub fn of(cloud: &Cloud, facts: &Known) -> Self {
        let known = cloud.placement.consumers();
        let parties = cloud.servers.keys().chain(cloud.migrations.keys());
        let others = known.keys().filter(|id| !cloud.servers.contains_key(*id) && !cloud.migrations.contains_key(*id));
        let narrow = |generation: u64| u32::try_from(generation).unwrap_or(u32::MAX);
        let held = |id: &String| Held {
            role: role(cloud, id),
            alive: cloud.servers.get(id).is_none_or(|server| server.alive),
            existence: if cloud.servers.contains_key(id) { facts.existence(id) } else { Fact::Known },
            holding: facts.holding(id),
            status: cloud.migrations.get(id).map(|migration| migration.record.status.clone()),
            generation: known.get(id).map(|consumer| narrow(consumer.generation)),
            holds: cloud.held(id),
            consumer: id.clone(),
        };
        let providers = cloud.placement.providers().iter();
        Self {
            consumers: parties.chain(others).map(held).collect(),
            generations: providers.map(|(id, provider)| (id.clone(), narrow(provider.generation))).collect(),
            conductor: cloud.conductor,
            placement: cloud.reach == Reach::Here,
            late: cloud.has_late(),
        }
    }

    /// What a consumer holds of a provider.
    #[must_use]
    pub fn held(&self, consumer: &str, provider: &str) -> Option<&Resources> {
        self.consumer(consumer)?.holds.get(provider)
    }

    /// A consumer, if anything is known of it.
    #[must_use]
    pub fn consumer(&self, consumer: &str) -> Option<&Held> {
        self.consumers.iter().find(|held| held.consumer == consumer)
    }
}

/// Roots first, each with what is part of it after it.
#[must_use]
pub fn providers(cloud: &Cloud) -> Vec<ProviderView> {
    let all = cloud.placement.providers();
    let total = |total: u64| (total < UNKNOWN_TOTAL).then_some(total);
    let mut views: Vec<ProviderView> = all
        .iter()
        .map(|(id, provider)| ProviderView {
            id: id.clone(),
            name: provider.name.clone(),
            parent: provider.parent.clone(),
            totals: provider.inventories.iter().map(|(class, of)| (class.clone(), total(of.total))).collect(),
        })
        .collect();
    let place = |view: &ProviderView| (view.parent.clone().unwrap_or_else(|| view.id.clone()), view.parent.is_some());
    views.sort_by_key(place);
    views
}

fn role(cloud: &Cloud, id: &str) -> &'static str {
    if cloud.servers.contains_key(id) {
        "server"
    } else if cloud.migrations.contains_key(id) {
        "migration"
    } else if id == RIVAL {
        "rival"
    } else {
        "other"
    }
}
