//! Two stories in which the policies part: a server deleted during its migration (bug 1848343), and a live server whose
//! migration fails. Each is played with real tasks on a Placement, and told by who holds what at the end.

pub mod migrate;
mod scene;

pub use scene::{Scene, SceneError};

use crate::contract::{Outcome, ReplaceTask, RevertTask, ServerState, Task};
use crate::drive::drive;
use crate::failure::Failure;
use crate::placement::Placement;
use crate::policy::Policy;
use crate::world::{Nova, World};

/// What happens between the swap and the way back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Story {
    /// The server is deleted, so nobody should hold anything at the end.
    ServerDeleted,
    /// No valid host is found, and the server runs on: it should hold what it held.
    ServerAlive,
}

/// How a story went under one policy.
#[derive(Debug, Clone)]
pub struct Told {
    /// The policy's name.
    pub policy: String,
    /// The swap's end.
    pub swap: Result<Outcome, Failure>,
    /// The way back's end.
    pub back: Result<Outcome, Failure>,
    /// What the server holds at the end, in VCPU.
    pub server: u32,
    /// What the migration record holds at the end, in VCPU.
    pub migration: u32,
}

/// What there is to say of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Whoever should hold holds, and nobody else.
    Right,
    /// Somebody holds who should not.
    Leak,
    /// A running server holds nothing.
    Loss,
}

impl Story {
    /// Both, in the order of telling.
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

    /// What there is to say of an end.
    #[must_use]
    pub fn verdict(self, told: &Told) -> Verdict {
        match (told.server, told.migration) {
            (server, 0) if server == self.due() => Verdict::Right,
            (0, 0) => Verdict::Loss,
            _ => Verdict::Leak,
        }
    }
}

/// Plays `story` under `policy`, and takes what it made away again, however it went. The Placement comes back for the next one.
///
/// # Errors
/// The Placement does not do what the scene needs.
pub async fn play(story: Story, policy: &Policy, placement: Placement) -> Result<(Told, Placement), SceneError> {
    let mut world = World { placement, nova: Nova::Told(ServerState::Present), desk: None };
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

    // A server that is deleted now holds nothing that nova could take away: the swap has emptied it.
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
