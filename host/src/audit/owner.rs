//! The owner, according to Placement, of a consumer that nova does not know.

use serde::{Deserialize, Serialize};
use swaparoo_placement::{Microversion, Request};

use super::{Finding, Why};
use crate::clients::placement::{HttpOutcome, Placement};

/// The consumer types of nova. The last one is Placement's name for consumers created without a type, as nova does.
const NOVAS: [&str; 3] = ["INSTANCE", "MIGRATION", "unknown"];

/// The owner as Placement returns it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
    /// Whether the consumer type shows that another service owns the consumer.
    #[must_use]
    pub fn is_another_services(&self) -> bool {
        self.consumer_type.as_deref().is_some_and(|named| !NOVAS.contains(&named))
    }

    /// The owner in words.
    #[must_use]
    pub fn words(&self) -> String {
        let Self { project, user, consumer_type } = self;
        let of_type = consumer_type.as_ref().map_or_else(String::new, |named| format!(", consumer type {named}"));
        format!("project {project}, user {user}{of_type}")
    }
}

/// Asks Placement for the owners of consumers that nova does not know. If Placement does not answer for one, it stays
/// without an owner.
pub async fn name_owners(findings: &mut [Finding], placement: &Placement) {
    for finding in findings.iter_mut().filter(|finding| finding.why == Why::UnknownToNova) {
        finding.owner = owner(placement, &finding.consumer).await;
    }
}

async fn owner(placement: &Placement, consumer: &str) -> Option<ConsumerOwner> {
    let get = |version| Request::get(&format!("/allocations/{consumer}")).at(version);
    let typed = placement.send(&get(Microversion::TYPED)).await;
    let answer = match typed {
        HttpOutcome::Response { status: 406, .. } => placement.send(&get(Microversion::NOVA)).await,
        answer => answer,
    };
    match answer {
        HttpOutcome::Response { status: 200, body } => serde_json::from_slice(&body).ok(),
        _ => None,
    }
}
