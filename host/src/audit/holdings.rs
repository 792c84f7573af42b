//! Reads all allocations from Placement, by consumer.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::{StreamExt, stream};
use serde::Deserialize;
use swaparoo_placement::{Microversion, Request};

use super::provider::{self, HiddenUsage};
use super::{CONCURRENT, HoldingsError, Progress, Stage, Unchecked};
use crate::clients::placement::{HttpOutcome, Placement};
use crate::contract::Allocation;

/// How many characters of an unexpected answer are kept: Placement's longest error is shorter.
const KEPT: usize = 2_000;
/// The trait of providers that other compute nodes use, too, such as shared disks.
const SHARING: &str = "MISC_SHARES_VIA_AGGREGATE";
/// The trait of nova's providers since 2026.2. The providers of other services have other traits with this prefix.
const OWNER_NOVA: &str = "OWNER_NOVA";
const OWNER: &str = "OWNER_";
/// After so many failures in a row Placement is away, and the other providers are not asked.
const AWAY: usize = 16;

/// All allocations in Placement.
#[derive(Debug, Clone, Default)]
pub struct PlacementHoldings {
    /// The allocations of each consumer, in ascending order of provider.
    pub consumers: BTreeMap<String, Vec<Allocation>>,
    /// Usage that no consumer explains.
    pub hidden: Vec<HiddenUsage>,
    /// Providers that could not be read.
    pub unread: Vec<Unchecked>,
    /// The kinds of providers.
    pub providers: Providers,
}

/// What Placement says of its providers.
#[derive(Debug, Clone, Default)]
pub struct Providers {
    roots: BTreeMap<String, String>,
    /// Providers that other compute nodes use, too.
    sharing: BTreeSet<String>,
    /// The trait of each provider that belongs to another service.
    owners: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct ProviderList {
    resource_providers: Vec<ListedProvider>,
}

#[derive(Deserialize)]
struct ListedProvider {
    uuid: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    root_provider_uuid: Option<String>,
}

#[derive(Deserialize)]
struct TraitList {
    traits: Vec<String>,
}

impl PlacementHoldings {
    /// Reads all allocations, a few providers at a time. A provider that is gone meanwhile has none; one that cannot be
    /// read is named in the result.
    ///
    /// # Errors
    /// Placement does not answer, or refuses the list of providers.
    pub async fn read(placement: &Placement, progress: Progress<'_>) -> Result<Self, HoldingsError> {
        let ProviderList { resource_providers: list } = get(placement, "/resource_providers").await?;
        let mut holdings = Self { providers: Providers::read(placement, &list).await?, ..Self::default() };
        let (total, failures) = (list.len(), AtomicUsize::new(0));
        let reads = list.into_iter().map(|provider| {
            let failures = &failures;
            async move {
                if failures.load(Ordering::Relaxed) >= AWAY {
                    return (provider, Err(None));
                }
                let read = provider::read(placement, &provider.uuid).await;
                if read.is_ok() {
                    failures.store(0, Ordering::Relaxed);
                } else {
                    failures.fetch_add(1, Ordering::Relaxed);
                }
                (provider, read.map_err(Some))
            }
        });
        let mut reads = stream::iter(reads).buffer_unordered(CONCURRENT);
        let (mut done, mut not_asked) = (0, 0);
        while let Some((provider, read)) = reads.next().await {
            match read {
                Ok(read) => holdings.add(provider, read),
                Err(Some(error)) => holdings.unread.push(Unchecked {
                    what: format!("resource provider {} ({})", provider.uuid, provider.name),
                    why: error.to_string(),
                }),
                Err(None) => not_asked += 1,
            }
            done += 1;
            progress(Stage::Providers, done, Some(total));
        }
        if not_asked > 0 {
            let what = format!("{not_asked} more resource providers");
            holdings.unread.push(Unchecked { what, why: format!("not asked after {AWAY} failures in a row") });
        }
        holdings.consumers.values_mut().for_each(|held| held.sort_by(|a, b| a.provider.cmp(&b.provider)));
        Ok(holdings)
    }

    fn add(
        &mut self,
        ListedProvider { uuid, name, .. }: ListedProvider,
        read: Option<(provider::ProviderAllocations, BTreeMap<String, u64>)>,
    ) {
        let Some((held, hidden)) = read else { return };
        for (consumer, held) in held.allocations {
            let allocation = Allocation { provider: uuid.clone(), resources: provider::amounts(held.resources) };
            self.consumers.entry(consumer).or_default().push(allocation);
        }
        if !hidden.is_empty() {
            self.hidden.push(HiddenUsage { provider: uuid, name, resources: hidden });
        }
    }
}

impl Providers {
    async fn read(placement: &Placement, list: &[ListedProvider]) -> Result<Self, HoldingsError> {
        let root = |one: &ListedProvider| one.root_provider_uuid.as_ref().unwrap_or(&one.uuid).clone();
        let roots = list.iter().map(|one| (one.uuid.clone(), root(one))).collect();
        let sharing = with_trait(placement, SHARING).await?.into_iter().collect();
        let named = get(placement, &format!("/traits?name=startswith:{OWNER}")).await;
        let TraitList { traits } = unless_refused(named, || TraitList { traits: Vec::new() })?;
        let mut owners = BTreeMap::new();
        for owner in traits.into_iter().filter(|name| name != OWNER_NOVA && name.starts_with(OWNER)) {
            let owned = with_trait(placement, &owner).await?;
            owners.extend(owned.into_iter().map(|provider| (provider, owner.clone())));
        }
        Ok(Self { roots, sharing, owners })
    }

    /// The root of a provider's tree. A provider that came after the list is its own.
    #[must_use]
    pub fn root<'a>(&'a self, provider: &'a str) -> &'a str {
        self.roots.get(provider).map_or(provider, String::as_str)
    }

    /// Whether other compute nodes use it, too.
    #[must_use]
    pub fn is_sharing(&self, provider: &str) -> bool {
        self.sharing.contains(provider)
    }

    /// The trait of the other service that owns the provider.
    #[must_use]
    pub fn other_owner(&self, provider: &str) -> Option<&str> {
        self.owners.get(provider).map(String::as_str)
    }
}

/// The providers with this trait; none if Placement does not know the trait.
async fn with_trait(placement: &Placement, name: &str) -> Result<Vec<String>, HoldingsError> {
    let list = get(placement, &format!("/resource_providers?required={name}")).await;
    let list: ProviderList = unless_refused(list, || ProviderList { resource_providers: Vec::new() })?;
    Ok(list.resource_providers.into_iter().map(|provider| provider.uuid).collect())
}

/// Placement answers 400 if it does not know a trait, and the model also if it has no such filter.
fn unless_refused<T>(answer: Result<T, HoldingsError>, none: impl FnOnce() -> T) -> Result<T, HoldingsError> {
    match answer {
        Err(HoldingsError::Refused { status: 400 | 404 | 405 | 501, .. }) => Ok(none()),
        answer => answer,
    }
}

/// Sends a GET at nova's microversion.
pub async fn get<T: for<'de> Deserialize<'de>>(placement: &Placement, path: &str) -> Result<T, HoldingsError> {
    answer(path, placement.send(&Request::get(path).at(Microversion::NOVA)).await)
}

/// The document in an answer to a GET.
pub fn answer<T: for<'de> Deserialize<'de>>(path: &str, outcome: HttpOutcome) -> Result<T, HoldingsError> {
    let path = path.to_owned();
    match outcome {
        HttpOutcome::Lost(why) | HttpOutcome::Unsent(why) => Err(HoldingsError::Silent { path, why }),
        HttpOutcome::Untrusted(why) => Err(HoldingsError::Untrusted(why)),
        HttpOutcome::Response { status, body } => match serde_json::from_slice(&body) {
            Ok(shown) if status == 200 => Ok(shown),
            _ => {
                let body = String::from_utf8_lossy(&body).chars().take(KEPT).collect();
                Err(HoldingsError::Refused { path, status, body })
            }
        },
    }
}
