//! Two stories in which the policies differ: a server deleted during its migration (bug 1848343), and a live server
//! whose migration fails. Each is played with real tasks on a Placement, and is judged by who holds what at the end.

mod fixture;
pub mod migrate;

pub use fixture::{DemoServer, FixtureError};

use crate::clients::placement::Placement;
use crate::contract::{Outcome, ReplaceTask, RevertTask, ServerState, Task};
use crate::drive::drive;
use crate::engine::Policy;
use crate::executor::{LiveExecutor, NovaSource};
use crate::failure::Failure;

/// What happens between the swap and the revert.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DemoScenario {
    /// The server is deleted, so no consumer should hold anything at the end.
    ServerDeleted,
    /// No valid host is found, and the server continues to run: it should hold what it held before.
    ServerAlive,
}

/// The result of a story under one policy.
#[derive(Debug, Clone)]
pub struct DemoResult {
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
pub enum DemoVerdict {
    /// Exactly the consumers that should hold allocations hold them.
    Right,
    /// A consumer holds what it should not.
    Leak,
    /// A running server holds nothing.
    Loss,
}

impl DemoScenario {
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
            Self::ServerAlive => fixture::VCPU,
        }
    }

    /// Judges the allocations at the end of the story.
    #[must_use]
    pub fn verdict(self, result: &DemoResult) -> DemoVerdict {
        match (result.server, result.migration) {
            (server, 0) if server == self.due() => DemoVerdict::Right,
            (0, 0) => DemoVerdict::Loss,
            _ => DemoVerdict::Leak,
        }
    }
}

/// Plays `scenario` under `policy`, and always deletes what it created. Returns the Placement for the next story.
///
/// # Errors
/// Placement refuses a request of the scene, or does not answer.
pub async fn play(
    scenario: DemoScenario,
    policy: &Policy,
    placement: Placement,
) -> Result<(DemoResult, Placement), FixtureError> {
    let mut executor = LiveExecutor { placement, nova: NovaSource::Reported(ServerState::Present), caller: None };
    let fixture = DemoServer::create(&executor.placement).await?;
    let result = swap_and_revert(scenario, policy, &fixture, &mut executor).await;
    let deleted = fixture.delete(&executor.placement).await;
    let result = result?;
    deleted?;
    Ok((result, executor.placement))
}

async fn swap_and_revert(
    scenario: DemoScenario,
    policy: &Policy,
    fixture: &DemoServer,
    executor: &mut LiveExecutor,
) -> Result<DemoResult, FixtureError> {
    let (server, migration) = (fixture.server.clone(), fixture.migration.clone());

    let source_node = Some(fixture.node.clone());
    let swap = Task::Replace(ReplaceTask { server: server.clone(), migration: migration.clone(), source_node });
    let swap = drive(policy, &swap, executor, &mut ()).await.end;

    // nova's own deletion frees nothing here, because the swap has already emptied the server.
    executor.nova = NovaSource::Reported(scenario.server());
    let back = Task::Revert(RevertTask { server: server.clone(), migration: migration.clone() });
    let back = drive(policy, &back, executor, &mut ()).await.end;

    Ok(DemoResult {
        policy: policy.description().name.clone(),
        swap,
        back,
        server: fixture.vcpu(executor, &server).await?,
        migration: fixture.vcpu(executor, &migration).await?,
    })
}
