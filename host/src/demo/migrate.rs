//! Five resizes in which a migration succeeds or fails. Each is played by the real loop on a simulated nova and
//! Placement, and is judged by who holds what when all activity has ended.

use crate::contract::Outcome;
use crate::drive::drive;
use crate::engine::Policy;
use crate::failure::Failure;
use crate::simulation::fixture::{ALTERNATE, DESTINATION, SERVER, SOURCE};
use crate::simulation::scenario::built_in;
use crate::simulation::{SimCloud, SimWorld, Violation};

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

    /// The name of the built-in scenario that is played.
    fn name(self) -> &'static str {
        match self {
            Self::Confirmed => "resize",
            Self::NoValidHost => "resize-without-a-host",
            Self::ServerDeleted => "resize-of-a-server-deleted-meanwhile",
            Self::ConductorKilled => "resize-while-the-conductor-is-silent",
            Self::PlacementAway => "resize-whose-rollback-finds-no-placement",
        }
    }
}

/// No built-in scenario has this name.
#[derive(Debug, thiserror::Error)]
#[error("the scenario {0} does not exist")]
pub struct MissingScenario(&'static str);

/// Plays `scenario` under `policy` until all activity has ended; a migration that has started is confirmed.
///
/// # Errors
/// [`MissingScenario`] if the built-in files lack it.
pub async fn play(scenario: ResizeScenario, policy: &Policy) -> Result<ResizeResult, MissingScenario> {
    let name = scenario.name();
    let scenario = built_in().iter().find(|one| one.name == name).ok_or(MissingScenario(name))?;
    let world = SimWorld::new(scenario);
    let end = drive(policy, &scenario.task, &world, &mut ()).await.end;
    let cloud = world.into_inner().at_rest();
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
