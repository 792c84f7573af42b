//! Five resizes in which a migration succeeds or fails. Each is played by the real loop on a simulated nova and
//! Placement, and is judged by who holds what when all activity has ended.

use swaparoo_placement::Invalid;

use crate::contract::{Effect, Outcome, Task};
use crate::drive::drive;
use crate::engine::Policy;
use crate::failure::Failure;
use crate::simulation::fixture::{ALTERNATE, DESTINATION, SERVER, SOURCE, resize};
use crate::simulation::{EffectFault, FaultInjector, MigrationEnd, Reach, SimCloud, SimWorld, Violation};

use super::DemoVerdict;

/// What happens to the resize.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResizeScenario {
    /// A host is found, and the user confirms.
    Confirmed,
    /// No other host has room for the server.
    NoValidHost,
    /// A user deletes the server while the scheduler looks for a host, and no host is found.
    ServerDeleted,
    /// The conductor is killed after the migration record has got the server's allocations.
    ConductorKilled,
    /// No host is found, and Placement does not answer when the allocations must be given back.
    PlacementAway,
}

/// What a consumer holds on one host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldVcpu {
    /// The compute service's host.
    pub host: String,
    /// The amount of VCPU.
    pub vcpu: u64,
}

/// The result under one policy.
#[derive(Debug, Clone)]
pub struct ResizeResult {
    /// The policy's name, such as `standard`.
    pub policy: String,
    /// The end of the task.
    pub end: Result<Outcome, Failure>,
    /// What the server holds at the end, by host.
    pub server: Vec<HeldVcpu>,
    /// What its migration record holds at the end, by host.
    pub migration: Vec<HeldVcpu>,
    /// Whether the allocations at the end are right.
    pub verdict: DemoVerdict,
}

impl ResizeScenario {
    /// All resizes, in the order in which the demo plays them.
    pub const ALL: [Self; 5] =
        [Self::Confirmed, Self::NoValidHost, Self::ServerDeleted, Self::ConductorKilled, Self::PlacementAway];

    fn cloud(self) -> Result<SimCloud, Invalid> {
        let mut cloud = SimCloud::with_a_server()?;
        // nova's API still answers whether a server exists, even if the conductor is dead.
        cloud.api = true;
        let full = self != Self::Confirmed && self != Self::ConductorKilled;
        for host in [DESTINATION, ALTERNATE] {
            if let Some(node) = cloud.node_mut(host) {
                node.up = !full;
            }
        }
        Ok(cloud)
    }

    fn injector(self) -> &'static FaultInjector {
        match self {
            Self::Confirmed | Self::NoValidHost => &|_, _| EffectFault::Answered,
            Self::ServerDeleted => &|cloud, effect| {
                if matches!(effect, Effect::SelectDestinations(_)) {
                    cloud.delete_server(SERVER);
                }
                EffectFault::Answered
            },
            Self::ConductorKilled => &|cloud, effect| {
                if matches!(effect, Effect::EnsureProjectAndUser(_)) {
                    cloud.conductor = false;
                }
                EffectFault::Answered
            },
            // Placement answers again after the task has paused.
            Self::PlacementAway => &|cloud, effect| {
                match effect {
                    Effect::SaveMigration(_) => cloud.reach = Reach::Away,
                    Effect::Pause(_) => cloud.reach = Reach::Here,
                    _ => {}
                }
                EffectFault::Answered
            },
        }
    }
}

/// Plays `scenario` under `policy` until all activity has ended; a migration that has started is confirmed.
///
/// # Errors
/// `Invalid` if the simulated Placement rejects the initial state.
pub async fn play(scenario: ResizeScenario, policy: &Policy) -> Result<ResizeResult, Invalid> {
    let stage = SimWorld::new(scenario.cloud()?, scenario.injector());
    let end = drive(policy, &Task::Migrate(resize()), &stage, &mut ()).await.end;
    let mut cloud = stage.into_inner();
    cloud.finish(MigrationEnd::Confirmed);
    let migration = cloud.migrations.keys().flat_map(|migration| held_vcpu(&cloud, migration)).collect();
    Ok(ResizeResult {
        policy: policy.description().name.clone(),
        end,
        server: held_vcpu(&cloud, SERVER),
        migration,
        verdict: verdict(&cloud.violations()),
    })
}

/// By host; the source host comes last.
fn held_vcpu(cloud: &SimCloud, consumer: &str) -> Vec<HeldVcpu> {
    let held = cloud.held(consumer);
    let of = |host: &str| {
        let vcpu = *held.get(&cloud.node(host)?.provider)?.get("VCPU")?;
        Some(HeldVcpu { host: host.to_owned(), vcpu })
    };
    [DESTINATION, ALTERNATE, SOURCE].into_iter().filter_map(of).collect()
}

/// A running server without its allocations is worse than a consumer that holds too much.
fn verdict(violations: &[Violation]) -> DemoVerdict {
    match violations {
        [] => DemoVerdict::Right,
        violations if violations.contains(&Violation::Lost) => DemoVerdict::Loss,
        _ => DemoVerdict::Leak,
    }
}
