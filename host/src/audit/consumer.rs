//! One consumer, as Placement shows it now.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use swaparoo_placement::{Microversion, Request};
use utoipa::ToSchema;

use super::HoldingsError;
use super::holdings::answer;
use super::provider::{HeldResources, amounts};
use crate::clients::placement::{HttpOutcome, Placement};
use crate::contract::Allocation;

/// The consumer types of nova. The last one is Placement's name for consumers created without a type, as nova does.
const NOVAS: [&str; 3] = ["INSTANCE", "MIGRATION", "unknown"];

/// The owner as Placement returns it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ConsumerOwner {
    /// Keystone's project id.
    #[serde(rename(deserialize = "project_id"))]
    pub project: String,
    /// Keystone's user id.
    #[serde(rename(deserialize = "user_id"))]
    pub user: String,
    /// The consumer type; null if Placement does not support 1.38.
    #[serde(default)]
    pub consumer_type: Option<String>,
}

impl ConsumerOwner {
    /// The consumer type, if it shows that another service owns the consumer.
    #[must_use]
    pub fn type_of_another_service(&self) -> Option<&str> {
        self.consumer_type.as_deref().filter(|named| !NOVAS.contains(named))
    }

    /// The owner in words.
    #[must_use]
    pub fn words(&self) -> String {
        let Self { project, user, consumer_type } = self;
        let of_type = consumer_type.as_ref().map_or_else(String::new, |named| format!(", consumer type {named}"));
        format!("project {project}, user {user}{of_type}")
    }
}

/// What a consumer holds now, in ascending order of provider, and its owner if it holds anything.
#[derive(Debug, Clone, Default)]
pub struct ConsumerNow {
    pub held: Vec<Allocation>,
    pub owner: Option<ConsumerOwner>,
}

#[derive(Deserialize)]
struct Shown {
    allocations: BTreeMap<String, HeldResources>,
    #[serde(flatten)]
    rest: serde_json::Value,
}

impl ConsumerNow {
    /// Asks Placement.
    ///
    /// # Errors
    /// Placement does not answer, or refuses.
    pub async fn ask(placement: &Placement, consumer: &str) -> Result<Self, HoldingsError> {
        let path = format!("/allocations/{consumer}");
        let get = |version| Request::get(&path).at(version);
        let typed = placement.send(&get(Microversion::TYPED)).await;
        let outcome = match typed {
            // Placement is older than 1.38.
            HttpOutcome::Response { status: 406, .. } => placement.send(&get(Microversion::NOVA)).await,
            outcome => outcome,
        };
        let Shown { allocations, rest } = answer(&path, outcome)?;
        let allocation =
            |(provider, held): (String, HeldResources)| Allocation { provider, resources: amounts(held.resources) };
        Ok(Self { held: allocations.into_iter().map(allocation).collect(), owner: serde_json::from_value(rest).ok() })
    }
}
