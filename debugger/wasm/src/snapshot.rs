//! The state of consumers and providers at one point of a run.

use std::collections::BTreeMap;

use serde::Serialize;
use swaparoo_placement::Resources;
use swaparoo_sim::{COMPETITOR, Reach, SimCloud, UNKNOWN_TOTAL};
use tsify::Tsify;

use crate::known_facts::{FactState, KnownFacts};

/// The state at one point.
#[derive(Debug, Clone, PartialEq, Serialize, Tsify)]
#[tsify(missing_as_null)]
pub struct Snapshot {
    /// All consumers that hold something, or belong to the task.
    pub consumers: Vec<ConsumerView>,
    /// Each provider's generation.
    #[tsify(type = "Record<string, number>")]
    pub generations: BTreeMap<String, u32>,
    /// Whether nova's conductor is alive.
    pub conductor: bool,
    /// Whether Placement answers.
    pub placement: bool,
    /// Whether a request is still in transit.
    pub late: bool,
}

/// A consumer and its allocations.
#[derive(Debug, Clone, PartialEq, Serialize, Tsify)]
#[tsify(missing_as_null)]
pub struct ConsumerView {
    /// Its UUID.
    pub id: String,
    /// `server`, `migration`, `rival` or `other`.
    pub role: &'static str,
    /// For a server: whether it exists, if `existence` is known. Migrations use `status` instead.
    pub alive: bool,
    /// For a server: whether `alive` is known.
    pub existence: FactState,
    /// Whether `holds` is known.
    pub holding: FactState,
    /// nova's status of the migration.
    pub status: Option<String>,
    /// Its consumer generation; none if Placement does not know the consumer.
    pub generation: Option<u32>,
    /// Its allocations: amounts by provider and resource class.
    #[tsify(type = "Record<string, Record<string, number>>")]
    pub holds: BTreeMap<String, Resources>,
}

/// The data of a provider that stays the same during a run.
#[derive(Debug, Clone, Serialize, Tsify)]
#[tsify(missing_as_null)]
pub struct ProviderView {
    /// Its UUID.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The provider that it is part of.
    pub parent: Option<String>,
    /// Its total of each class; null if that is not known.
    #[tsify(type = "Record<string, number | null>")]
    pub totals: BTreeMap<String, Option<u64>>,
}

impl Snapshot {
    /// Builds it from the state of the world and what is known about it.
    #[must_use]
    pub fn of(cloud: &SimCloud, facts: &KnownFacts) -> Self {
        let known = cloud.placement.consumers();
        let parties = cloud.servers.keys().chain(cloud.migrations.keys());
        let others = known.keys().filter(|id| !cloud.servers.contains_key(*id) && !cloud.migrations.contains_key(*id));
        let narrow = |generation: u64| u32::try_from(generation).unwrap_or(u32::MAX);
        let view = |id: &String| ConsumerView {
            role: role(cloud, id),
            alive: cloud.servers.get(id).is_none_or(|server| server.alive),
            existence: if cloud.servers.contains_key(id) { facts.existence(id) } else { FactState::Known },
            holding: facts.holding(id),
            status: cloud.migrations.get(id).map(|migration| migration.record.status.clone()),
            generation: known.get(id).map(|consumer| narrow(consumer.generation)),
            holds: cloud.held(id),
            id: id.clone(),
        };
        let providers = cloud.placement.providers().iter();
        Self {
            consumers: parties.chain(others).map(view).collect(),
            generations: providers.map(|(id, provider)| (id.clone(), narrow(provider.generation))).collect(),
            conductor: cloud.conductor,
            placement: cloud.reach == Reach::Here,
            late: cloud.has_late(),
        }
    }

    /// A consumer's allocations on a provider.
    #[must_use]
    pub fn held(&self, consumer: &str, provider: &str) -> Option<&Resources> {
        self.consumer(consumer)?.holds.get(provider)
    }

    /// A consumer, if anything is known about it.
    #[must_use]
    pub fn consumer(&self, consumer: &str) -> Option<&ConsumerView> {
        self.consumers.iter().find(|one| one.id == consumer)
    }
}

/// Sorted: each root provider is followed by its nested providers.
#[must_use]
pub fn providers(cloud: &SimCloud) -> Vec<ProviderView> {
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

fn role(cloud: &SimCloud, id: &str) -> &'static str {
    if cloud.servers.contains_key(id) {
        "server"
    } else if cloud.migrations.contains_key(id) {
        "migration"
    } else if id == COMPETITOR {
        "rival"
    } else {
        "other"
    }
}
