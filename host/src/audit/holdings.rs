//! Reads all allocations from Placement, by consumer.

use std::collections::BTreeMap;

use serde::Deserialize;
use swaparoo_placement::{Microversion, Request};

use crate::clients::placement::{HttpOutcome, Placement};
use crate::contract::{Allocation, ResourceAmount};
use crate::placement_codec::refusal;

/// How many characters of an unexpected answer are kept: Placement's longest error is shorter.
const KEPT: usize = 2_000;
/// How many of them are shown if it is not Placement's.
const SHOWN: usize = 200;

/// All allocations in Placement.
#[derive(Debug, Clone, Default)]
pub struct PlacementHoldings {
    /// The allocations of each consumer, in ascending order of provider.
    pub consumers: BTreeMap<String, Vec<Allocation>>,
    roots: BTreeMap<String, String>,
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
    root_provider_uuid: Option<String>,
}

#[derive(Deserialize)]
struct HeldAllocation {
    allocations: BTreeMap<String, HeldResources>,
}

#[derive(Deserialize)]
struct HeldResources {
    resources: BTreeMap<String, u32>,
}

impl PlacementHoldings {
    /// Reads all allocations, one provider after another; `progress` is called with the number of read providers and
    /// the total.
    ///
    /// # Errors
    /// Placement does not answer, or refuses the list.
    pub async fn read(placement: &Placement, mut progress: impl FnMut(usize, usize)) -> Result<Self, HoldingsError> {
        let ProviderList { resource_providers } = get(placement, "/resource_providers").await?;
        let mut holdings = Self::default();
        for (number, ListedProvider { uuid, root_provider_uuid }) in resource_providers.iter().enumerate() {
            progress(number, resource_providers.len());
            let root = root_provider_uuid.as_ref().unwrap_or(uuid);
            holdings.roots.insert(uuid.clone(), root.clone());
            let held: HeldAllocation = get(placement, &format!("/resource_providers/{uuid}/allocations")).await?;
            for (consumer, HeldResources { resources }) in held.allocations {
                let resources = resources.into_iter().map(|(class, amount)| ResourceAmount { class, amount }).collect();
                let allocation = Allocation { provider: uuid.clone(), resources };
                holdings.consumers.entry(consumer).or_default().push(allocation);
            }
        }
        progress(resource_providers.len(), resource_providers.len());
        holdings.consumers.values_mut().for_each(|held| held.sort_by(|a, b| a.provider.cmp(&b.provider)));
        Ok(holdings)
    }

    /// Whether a consumer holds allocations of a compute node or of a provider below it.
    #[must_use]
    pub fn holds_of(&self, consumer: &str, node: &str) -> bool {
        self.roots_of(consumer).any(|root| root == node)
    }

    /// The root providers of the consumer's allocations.
    pub fn roots_of<'a>(&'a self, consumer: &str) -> impl Iterator<Item = &'a str> {
        let held = self.consumers.get(consumer).into_iter().flatten();
        held.map(|held| self.roots.get(&held.provider).unwrap_or(&held.provider).as_str())
    }
}

async fn get<T: for<'de> Deserialize<'de>>(placement: &Placement, path: &str) -> Result<T, HoldingsError> {
    let path = path.to_owned();
    match placement.send(&Request::get(&path).at(Microversion::NOVA)).await {
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
