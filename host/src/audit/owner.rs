//! Whose a consumer is that nova does not know: all that Placement can tell of it.

use serde::{Deserialize, Serialize};
use swaparoo_placement::{Microversion, Request};

use super::{Finding, Why};
use crate::placement::{Answer, Placement};

/// The types that are nova's; the last one is Placement's word where the consumer was made without a type, as nova does.
const NOVAS: [&str; 3] = ["INSTANCE", "MIGRATION", "unknown"];

/// As Placement tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// Keystone's project id.
    #[serde(rename(deserialize = "project_id"))]
    pub project: String,
    /// Keystone's user id.
    #[serde(rename(deserialize = "user_id"))]
    pub user: String,
    /// Null from a Placement before 1.38.
    #[serde(default)]
    pub consumer_type: Option<String>,
}

impl Owner {
    /// Whether Placement says that it is nothing of nova's.
    #[must_use]
    pub fn is_another_services(&self) -> bool {
        self.consumer_type.as_deref().is_some_and(|named| !NOVAS.contains(&named))
    }

    /// In words.
    #[must_use]
    pub fn words(&self) -> String {
        let Self { project, user, consumer_type } = self;
        let of_type = consumer_type.as_ref().map_or_else(String::new, |named| format!(", consumer type {named}"));
        format!("project {project}, user {user}{of_type}")
    }
}

/// Asks Placement whose those are that nova does not know. One that it does not tell of stays without.
pub async fn name_owners(findings: &mut [Finding], placement: &Placement) {
    for finding in findings.iter_mut().filter(|finding| finding.why == Why::UnknownToNova) {
        finding.owner = owner(placement, &finding.consumer).await;
    }
}

async fn owner(placement: &Placement, consumer: &str) -> Option<Owner> {
    let get = |version| Request::get(&format!("/allocations/{consumer}")).at(version);
    let typed = placement.send(&get(Microversion::TYPED)).await;
    let answer = match typed {
        Answer::Response { status: 406, .. } => placement.send(&get(Microversion::NOVA)).await,
        answer => answer,
    };
    match answer {
        Answer::Response { status: 200, body } => serde_json::from_slice(&body).ok(),
        _ => None,
    }
}
