//! The scene of a story: a compute node with a server on it, created in a Placement and deleted again.

use serde_json::{Value, json};
use swaparoo_placement::Request;
use uuid::Uuid;

use crate::clients::placement::Placement;
use crate::contract::{Effect, GetAllocations, Reply};
use crate::describe;
use crate::executor::LiveExecutor;
use crate::placement_codec::{self, HttpOutcome};

/// The VCPU that the server holds on its node.
pub(super) const VCPU: u32 = 2;

/// The UUIDs of a node, a server on it, and the future migration record.
#[derive(Debug, Clone)]
pub struct DemoServer {
    /// The compute node's provider.
    pub node: String,
    /// Holds 2 VCPU, 2048 MEMORY_MB and 20 DISK_GB of it.
    pub server: String,
    /// Holds nothing yet.
    pub migration: String,
}

/// Why the scene could not be created or deleted.
#[derive(Debug, thiserror::Error)]
pub enum FixtureError {
    /// Placement refused what the scene needs.
    #[error("{what}: {said}")]
    Refused {
        /// Method and path.
        what: String,
        /// The HTTP status.
        status: u16,
        /// Placement's error message.
        said: String,
    },
    /// Placement did not answer, or not as expected.
    #[error("{what}: {why}")]
    Silent {
        /// Method and path.
        what: String,
        /// The reason, or the unexpected answer.
        why: String,
    },
}

impl DemoServer {
    /// Creates the scene. On an error it deletes what it has created so far.
    ///
    /// # Errors
    /// Placement refuses, or does not answer.
    pub async fn create(placement: &Placement) -> Result<Self, FixtureError> {
        let [node, server, migration] = std::array::from_fn(|_| Uuid::new_v4().to_string());
        let fixture = Self { node, server, migration };
        if let Err(error) = fixture.make(placement).await {
            // Return the first error; errors of the cleanup are only consequences.
            let _ = fixture.delete(placement).await;
            return Err(error);
        }
        Ok(fixture)
    }

    async fn make(&self, placement: &Placement) -> Result<(), FixtureError> {
        let Self { node, server, .. } = self;
        let name = format!("swaparoo-demo-{node}");
        send(placement, Request::post("/resource_providers", json!({ "uuid": node, "name": name }))).await?;
        let inventories =
            json!({ "VCPU": { "total": 16 }, "MEMORY_MB": { "total": 32768 }, "DISK_GB": { "total": 500 } });
        let inventories = json!({ "resource_provider_generation": 0, "inventories": inventories });
        send(placement, Request::put(&format!("/resource_providers/{node}/inventories"), inventories)).await?;
        let resources = json!({ "VCPU": VCPU, "MEMORY_MB": 2048, "DISK_GB": 20 });
        let holding = json!({
            "allocations": { node: { "resources": resources } },
            "project_id": "swaparoo-demo",
            "user_id": "swaparoo-demo",
            "consumer_generation": Value::Null,
        });
        send(placement, Request::put(&format!("/allocations/{server}"), holding)).await
    }

    /// Deletes everything of the scene that exists, as far as Placement allows.
    ///
    /// # Errors
    /// Placement refuses, or does not answer; the first such error.
    pub async fn delete(&self, placement: &Placement) -> Result<(), FixtureError> {
        let Self { node, server, migration } = self;
        let paths = [server, migration].map(|consumer| format!("/allocations/{consumer}"));
        let mut end = Ok(());
        for path in paths.into_iter().chain([format!("/resource_providers/{node}")]) {
            match send(placement, Request::delete(&path)).await {
                Ok(()) | Err(FixtureError::Refused { status: 404, .. }) => {}
                failed => end = end.and(failed),
            }
        }
        end
    }

    /// The amount of VCPU that a consumer holds.
    pub(super) async fn vcpu(&self, executor: &LiveExecutor, consumer: &str) -> Result<u32, FixtureError> {
        let effect = Effect::GetAllocations(GetAllocations { consumer: consumer.into() });
        match executor.perform(&effect).await {
            Reply::Holding(holding) => {
                let resources = holding.allocations.iter().flat_map(|allocation| &allocation.resources);
                Ok(resources.filter(|resource| resource.class == "VCPU").map(|resource| resource.amount).sum())
            }
            other => Err(FixtureError::Silent { what: describe::effect(&effect), why: describe::reply(&other) }),
        }
    }
}

async fn send(placement: &Placement, request: Request) -> Result<(), FixtureError> {
    let what = format!("{} {}", request.method, request.path);
    match placement.send(&request).await {
        HttpOutcome::Response { status, .. } if status < 300 => Ok(()),
        HttpOutcome::Response { status, body } => {
            let said = match placement_codec::refusal(status, &body) {
                Some(refusal) => describe::refusal(&refusal),
                None => describe::foreign(&placement_codec::foreign_answer(status, &body)),
            };
            Err(FixtureError::Refused { what, status, said })
        }
        HttpOutcome::Lost(why) | HttpOutcome::Unsent(why) | HttpOutcome::Untrusted(why) => {
            Err(FixtureError::Silent { what, why: describe::unanswered(&why) })
        }
    }
}
