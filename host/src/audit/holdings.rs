//! All that Placement has allocated, by consumer.

use std::collections::BTreeMap;

use serde::Deserialize;
use swaparoo_placement::{Microversion, Request};

use crate::contract::{Allocation, ResourceAmount};
use crate::placement::{Answer, Placement};

/// Who holds what of which provider.
#[derive(Debug, Clone, Default)]
pub struct Holdings {
    /// By consumer, then in ascending order of provider.
    pub consumers: BTreeMap<String, Vec<Allocation>>,
    roots: BTreeMap<String, String>,
}

/// Placement could not be read to its end.
#[derive(Debug, thiserror::Error)]
pub enum HoldingsError {
    /// It does not answer.
    #[error("Placement does not answer GET {path}: {why}; see that it runs, and --placement or the cloud's endpoint")]
    Silent {
        /// What was asked.
        path: String,
        /// The transport's words.
        why: String,
    },
    /// It answers something else.
    #[error("Placement answers {status} to GET {path}: {body}; listing allocations takes an administrator")]
    Refused {
        /// What was asked.
        path: String,
        /// HTTP's.
        status: u16,
        /// The beginning.
        body: String,
    },
}

#[derive(Deserialize)]
struct Providers {
    resource_providers: Vec<Provider>,
}

#[derive(Deserialize)]
struct Provider {
    uuid: String,
    #[serde(default)]
    root_provider_uuid: Option<String>,
}

#[derive(Deserialize)]
struct Held {
    allocations: BTreeMap<String, Resources>,
}

#[derive(Deserialize)]
struct Resources {
    resources: BTreeMap<String, u32>,
}

impl Holdings {
    /// Reads them, provider by provider; `progress` hears how many of how many have been read.
    ///
    /// # Errors
    /// Placement cannot be read.
    pub async fn read(placement: &Placement, mut progress: impl FnMut(usize, usize)) -> Result<Self, HoldingsError> {
        let Providers { resource_providers } = get(placement, "/resource_providers").await?;
        let mut holdings = Self::default();
        for (number, Provider { uuid, root_provider_uuid }) in resource_providers.iter().enumerate() {
            progress(number, resource_providers.len());
            let root = root_provider_uuid.as_ref().unwrap_or(uuid);
            holdings.roots.insert(uuid.clone(), root.clone());
            let held: Held = get(placement, &format!("/resource_providers/{uuid}/allocations")).await?;
            for (consumer, Resources { resources }) in held.allocations {
                let resources = resources.into_iter().map(|(class, amount)| ResourceAmount { class, amount }).collect();
                let allocation = Allocation { provider: uuid.clone(), resources };
                holdings.consumers.entry(consumer).or_default().push(allocation);
            }
        }
        progress(resource_providers.len(), resource_providers.len());
        holdings.consumers.values_mut().for_each(|held| held.sort_by(|a, b| a.provider.cmp(&b.provider)));
        Ok(holdings)
    }

    /// Whether a consumer holds anything of a compute node, or of a provider below it.
    #[must_use]
    pub fn holds_of(&self, consumer: &str, node: &str) -> bool {
        self.roots_of(consumer).any(|root| root == node)
    }

    /// The roots of the providers that a consumer holds of.
    pub fn roots_of<'a>(&'a self, consumer: &str) -> impl Iterator<Item = &'a str> {
        let held = self.consumers.get(consumer).into_iter().flatten();
        held.map(|held| self.roots.get(&held.provider).unwrap_or(&held.provider).as_str())
    }
}

async fn get<T: for<'de> Deserialize<'de>>(placement: &Placement, path: &str) -> Result<T, HoldingsError> {
    let path = path.to_owned();
    match placement.send(&Request::get(&path).at(Microversion::NOVA)).await {
        Answer::Lost(why) | Answer::Unsent(why) => Err(HoldingsError::Silent { path, why }),
        Answer::Response { status, body } => match serde_json::from_slice(&body) {
            Ok(shown) if status == 200 => Ok(shown),
            _ => {
                let body = String::from_utf8_lossy(&body).chars().take(200).collect();
                Err(HoldingsError::Refused { path, status, body })
            }
        },
    }
}
