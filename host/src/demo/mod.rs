//! Two stories in which the policies differ: a server deleted during its migration (bug 1848343), and a live server
//! whose migration fails. Each is played with real tasks on a Placement, and is judged by who holds what at the end.

pub mod migrate;
mod scene;

pub use scene::{Scene, SceneError};

use crate::contract::{Outcome, ReplaceTask, RevertTask, ServerState, Task};
use crate::drive::drive;
use crate::failure::Failure;
use crate::placement::Placement;
use crate::policy::Policy;
use crate::world::{Nova, World};

/// What happens between the swap and the revert.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Story {
    /// The server is deleted, so no consumer should hold anything at the end.
    ServerDeleted,
    /// No valid host is found, and the server continues to run: it should hold what it held before.
    ServerAlive,
}

/// The result of a story under one policy.
#[derive(Debug, Clone)]
pub struct Told {
    /// The policy's name, such as `standard`.
    pub policy: String,
    /// The end of the swap.
    pub swap: Result<Outcome, Failure>,
    /// The end of the revert.
    pub back: Result<Outcome, Failure>,
    /// What the server holds at the end, in VCPU.
    pub server: u32,
    /// What the migration record holds at the end, in VCPU.
    pub migration: u32,
}

/// Whether the allocations at the end are right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Exactly the consumers that should hold allocations hold them.
    Right,
    /// A consumer holds what it should not.
    Leak,
    /// A running server holds nothing.
    Loss,
}

impl Story {
    /// Both stories, in the order in which the demo plays them.
    pub const ALL: [Self; 2] = [Self::ServerDeleted, Self::ServerAlive];

    fn server(self) -> ServerState {
        match self {
            Self::ServerDeleted => ServerState::Gone,
            Self::ServerAlive => ServerState::Present,
        }
    }

    /// What the server should hold at the end, in VCPU.
    fn due(self) -> u32 {
        match self {
            Self::ServerDeleted => 0,
            Self::ServerAlive => scene::VCPU,
        }
    }

    /// Judges the allocations at the end of the story.
    #[must_use]
    pub fn verdict(self, told: &Told) -> Verdict {
        match (told.server, told.migration) {
            (server, 0) if server == self.due() => Verdict::Right,
            (0, 0) => Verdict::Loss,
            _ => Verdict::Leak,
        }
    }
}

/// Plays `story` under `policy`, and always deletes what it created. Returns the Placement for the next story.
///
/// # Errors
/// Placement refuses a request of the scene, or does not answer.
pub async fn play(story: Story, policy: &Policy, placement: Placement) -> Result<(Told, Placement), SceneError> {
    let mut world = World { placement, nova: Nova::Told(ServerState::Present), caller: None };
    let scene = Scene::set(&world.placement).await?;
    let told = tell(story, policy, &scene, &mut world).await;
    let struck = scene.strike(&world.placement).await;
    let told = told?;
    struck?;
    Ok((told, world.placement))
}

async fn tell(story: Story, policy: &Policy, scene: &Scene, world: &mut World) -> Result<Told, SceneError> {
    let (server, migration) = (scene.server.clone(), scene.migration.clone());

    let source_node = Some(scene.node.clone());
    let swap = Task::Replace(ReplaceTask { server: server.clone(), migration: migration.clone(), source_node });
    let swap = drive(policy, &swap, world, &mut ()).await.end;

    // nova's own deletion frees nothing here, because the swap has already emptied the server.
    world.nova = Nova::Told(story.server());
    let back = Task::Revert(RevertTask { server: server.clone(), migration: migration.clone() });
    let back = drive(policy, &back, world, &mut ()).await.end;

    Ok(Told {
        policy: policy.description().name.clone(),
        swap,
        back,
        server: scene.vcpu(world, &server).await?,
        migration: scene.vcpu(world, &migration).await?,
    })
}
