//! Reads all allocations from Placement, by consumer.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::{StreamExt, stream};
use serde::Deserialize;
use swaparoo_placement::{Microversion, Request};

use super::provider::{self, HiddenUsage};
use super::{CONCURRENT, Progress, Stage, Unchecked};
use crate::clients::placement::{HttpOutcome, Placement};
use crate::contract::Allocation;
use crate::placement_codec::refusal;

/// How many characters of an unexpected answer are kept: Placement's longest error is shorter.
const KEPT: usize = 2_000;
/// How many of them are shown if it is not Placement's.
const SHOWN: usize = 200;
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

/// The allocations could not be read completely.
#[derive(Debug, thiserror::Error)]
pub enum HoldingsError {
    /// Placement does not answer.
    #[error(
        "Placement does not answer GET {path}: {why}; check that it runs, and check --placement or the cloud's endpoint"
    )]
    Silent {
        /// The path of the request.
        path: String,
        /// The error of the transport.
        why: String,
    },
    /// Placement's answer is not the expected one.
    #[error("Placement answers {status} to GET {path}: {}{}", said(*status, body), way_out(*status, body))]
    Refused {
        /// The path of the request.
        path: String,
        /// The HTTP status.
        status: u16,
        /// The beginning of the body.
        body: String,
    },
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
        HttpOutcome::Response { status, body } => match serde_json::from_slice(&body) {
            Ok(shown) if status == 200 => Ok(shown),
            _ => {
                let body = String::from_utf8_lossy(&body).chars().take(KEPT).collect();
                Err(HoldingsError::Refused { path, status, body })
            }
        },
    }
}

impl HoldingsError {
    /// Whether it is Placement's own answer that there is no such provider.
    pub(super) fn is_not_found(&self) -> bool {
        matches!(self, Self::Refused { status: 404, body, .. } if body.contains("\"errors\""))
    }

    /// Whether the same request may have another answer in a moment.
    pub(super) fn may_pass(&self) -> bool {
        match self {
            Self::Silent { .. } => true,
            Self::Refused { status, .. } => *status >= 500 || *status == 429,
        }
    }
}

/// Placement's own message, or the beginning of another body.
fn said(status: u16, body: &str) -> String {
    let own = refusal(status, body.as_bytes()).map(|refusal| refusal.detail);
    let text = own.unwrap_or_else(|| body.chars().take(SHOWN).collect());
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What an operator can do about a status. Only Placement's own 403 is about the credentials' roles: a proxy may answer
/// 403, too.
fn way_out(status: u16, body: &str) -> String {
    match status {
        401 => "; the token is unknown or has expired".to_owned(),
        403 if refusal(status, body.as_bytes()).is_some() => {
            "; listing allocations needs an administrator's credentials".to_owned()
        }
        406 => format!("; the audit needs a Placement that supports the microversion {}", Microversion::NOVA),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(status: u16, body: &str, words: &str) {
        let error = HoldingsError::Refused { path: "/resource_providers".into(), status, body: body.into() };
        assert_eq!(error.to_string(), format!("Placement answers {status} to GET /resource_providers: {words}"));
    }

    #[test]
    fn an_error_has_placements_message_and_the_way_out_of_its_cause() {
        let own = |status: u16, detail: &str| {
            format!(r#"{{"errors": [{{"status": {status}, "title": "x", "detail": "{detail}"}}]}}"#)
        };
        check(
            403,
            &own(403, "Policy does not allow this."),
            "Policy does not allow this.; listing allocations needs an administrator's credentials",
        );
        check(403, "<html> Denied by\n squid", "<html> Denied by squid");
        let range = "Version 1.28 is not supported by the API.\\n Minimum is 1.0 and maximum is 1.17.";
        check(
            406,
            &own(406, range),
            "Version 1.28 is not supported by the API. Minimum is 1.0 and maximum is 1.17.; the audit needs a Placement \
             that supports the microversion 1.28",
        );
        check(503, "<html>", "<html>");
        check(401, "", "; the token is unknown or has expired");
    }
}
