//! The allocations of one resource provider, and usage of it that no consumer explains.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::HoldingsError;
use super::holdings::get;
use crate::clients::outgoing::{Pauses, Repeat};
use crate::clients::placement::Placement;
use crate::contract::ResourceAmount;

/// Usage of a provider that no consumer explains: an allocation whose consumer has no row in Placement's database. No
/// answer of Placement shows such an allocation, but it uses the provider up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = AuditHiddenUsage)]
pub struct HiddenUsage {
    /// The UUID of the provider.
    pub provider: String,
    /// Its name.
    pub name: String,
    /// The amounts by resource class.
    pub resources: BTreeMap<String, u64>,
}

impl HiddenUsage {
    /// The kind in metrics.
    pub const KIND: &'static str = "hidden-consumer";

    /// What it is in words, and the way out.
    #[must_use]
    pub fn words(&self) -> String {
        let amounts: Vec<_> = self.resources.iter().map(|(class, amount)| format!("{amount} {class}")).collect();
        format!(
            "{} of resource provider {} are in use, and no consumer holds them: allocations whose consumer is missing in \
             Placement's database; `placement-manage db online_data_migrations` creates the missing consumers, and then \
             another audit lists them",
            amounts.join(" + "),
            self.name
        )
    }
}

/// What Placement answers to `/resource_providers/{uuid}/allocations`.
#[derive(Deserialize)]
pub struct ProviderAllocations {
    pub allocations: BTreeMap<String, HeldResources>,
    #[serde(default)]
    resource_provider_generation: Option<u64>,
}

/// The resources in an allocation.
#[derive(Deserialize)]
pub struct HeldResources {
    pub resources: BTreeMap<String, u32>,
}

#[derive(Deserialize)]
struct Usages {
    usages: BTreeMap<String, u64>,
    #[serde(default)]
    resource_provider_generation: Option<u64>,
}

/// A provider's allocations by consumer, and its hidden usage. `None` if the provider is gone. It is read again if it has
/// changed while it was read.
pub async fn read(
    placement: &Placement,
    provider: &str,
) -> Result<Option<(ProviderAllocations, BTreeMap<String, u64>)>, HoldingsError> {
    let mut pauses = Pauses::default();
    loop {
        let reading = once(placement, provider).await;
        let repeat = match &reading {
            Ok(Reading::Changed(_)) => Repeat::Soon,
            // The client has repeated a request that failed.
            _ => Repeat::No,
        };
        let Some(pause) = pauses.next(repeat) else { return reading.map(Reading::result) };
        tokio::time::sleep(pause).await;
    }
}

enum Reading {
    Gone,
    /// It is being used: its allocations and its usage are of different times.
    Changed(ProviderAllocations),
    Stable(ProviderAllocations, BTreeMap<String, u64>),
}

impl Reading {
    fn result(self) -> Option<(ProviderAllocations, BTreeMap<String, u64>)> {
        match self {
            Self::Gone => None,
            Self::Changed(held) => Some((held, BTreeMap::new())),
            Self::Stable(held, hidden) => Some((held, hidden)),
        }
    }
}

async fn once(placement: &Placement, provider: &str) -> Result<Reading, HoldingsError> {
    let of = |what: &str| format!("/resource_providers/{provider}/{what}");
    let held: ProviderAllocations = match get(placement, &of("allocations")).await {
        Err(error) if error.is_not_found() => return Ok(Reading::Gone),
        held => held?,
    };
    let used: Usages = match get(placement, &of("usages")).await {
        Err(error) if error.is_not_found() => return Ok(Reading::Gone),
        used => used?,
    };
    let hidden = difference(&used.usages, &held);
    // Each write of allocations changes the provider's generation.
    let stable = used.resource_provider_generation == held.resource_provider_generation;
    Ok(if hidden.is_empty() || stable { Reading::Stable(held, hidden) } else { Reading::Changed(held) })
}

/// The usage that these allocations do not explain.
fn difference(used: &BTreeMap<String, u64>, held: &ProviderAllocations) -> BTreeMap<String, u64> {
    let mut left = used.clone();
    for (class, amount) in held.allocations.values().flat_map(|held| &held.resources) {
        if let Some(left) = left.get_mut(class) {
            *left = left.saturating_sub((*amount).into());
        }
    }
    left.retain(|_, amount| *amount > 0);
    left
}

/// The amounts as values of the contract.
pub fn amounts(resources: BTreeMap<String, u32>) -> Vec<ResourceAmount> {
    resources.into_iter().map(|(class, amount)| ResourceAmount { class, amount }).collect()
}
