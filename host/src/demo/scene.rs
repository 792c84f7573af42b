//! The scene of a story: a compute node with a server on it, created in a Placement and deleted again.

use serde_json::{Value, json};
use swaparoo_placement::Request;
use uuid::Uuid;

use crate::contract::{Effect, GetAllocations, Reply};
use crate::placement::Placement;
use crate::wire::{self, Answer};
use crate::words;
use crate::world::World;

/// The VCPU that the server holds on its node.
pub(super) const VCPU: u32 = 2;

/// The UUIDs of a node, a server on it, and the future migration record.
#[derive(Debug, Clone)]
pub struct Scene {
    /// The compute node's provider.
    pub node: String,
    /// Holds 2 VCPU, 2048 MEMORY_MB and 20 DISK_GB of it.
    pub server: String,
    /// Holds nothing yet.
    pub migration: String,
}

/// Why the scene could not be created or deleted.
#[derive(Debug, thiserror::Error)]
pub enum SceneError {
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

impl Scene {
    /// Creates the scene. On an error it deletes what it has created so far.
    ///
    /// # Errors
    /// Placement refuses, or does not answer.
    pub async fn set(placement: &Placement) -> Result<Self, SceneError> {
        let [node, server, migration] = std::array::from_fn(|_| Uuid::new_v4().to_string());
        let scene = Self { node, server, migration };
        if let Err(error) = scene.make(placement).await {
            // Return the first error; errors of the cleanup are only consequences.
            let _ = scene.strike(placement).await;
            return Err(error);
        }
        Ok(scene)
    }

    async fn make(&self, placement: &Placement) -> Result<(), SceneError> {
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

    /// Deletes whatever exists of the scene, as far as Placement allows.
    ///
    /// # Errors
    /// Placement refuses, or does not answer; the first such error.
    pub async fn strike(&self, placement: &Placement) -> Result<(), SceneError> {
        let Self { node, server, migration } = self;
        let paths = [server, migration].map(|consumer| format!("/allocations/{consumer}"));
        let mut end = Ok(());
        for path in paths.into_iter().chain([format!("/resource_providers/{node}")]) {
            match send(placement, Request::delete(&path)).await {
                Ok(()) | Err(SceneError::Refused { status: 404, .. }) => {}
                failed => end = end.and(failed),
            }
        }
        end
    }

    /// The amount of VCPU that a consumer holds.
    pub(super) async fn vcpu(&self, world: &World, consumer: &str) -> Result<u32, SceneError> {
        let effect = Effect::GetAllocations(GetAllocations { consumer: consumer.into() });
        match world.perform(&effect).await {
            Reply::Holding(holding) => {
                let resources = holding.allocations.iter().flat_map(|allocation| &allocation.resources);
                Ok(resources.filter(|resource| resource.class == "VCPU").map(|resource| resource.amount).sum())
            }
            other => Err(SceneError::Silent { what: words::effect(&effect), why: words::reply(&other) }),
        }
    }
}

async fn send(placement: &Placement, request: Request) -> Result<(), SceneError> {
    let what = format!("{} {}", request.method, request.path);
    match placement.send(&request).await {
        Answer::Response { status, .. } if status < 300 => Ok(()),
        Answer::Response { status, body } => {
            let said = match wire::refusal(status, &body) {
                Some(refusal) => words::refusal(&refusal),
                None => words::foreign(&wire::foreign_answer(status, &body)),
            };
            Err(SceneError::Refused { what, status, said })
        }
        Answer::Lost(why) | Answer::Unsent(why) => Err(SceneError::Silent { what, why: words::unanswered(&why) }),
    }
}
