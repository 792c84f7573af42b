//! Five resizes in which a migration goes well or wrong, each played by the loop itself on a rehearsal of nova and
//! Placement, and told by who holds what once everything has come to rest.

use swaparoo_placement::Invalid;

use crate::contract::{Effect, Outcome, Task};
use crate::drive::drive;
use crate::failure::Failure;
use crate::policy::Policy;
use crate::rehearsal::scene::{ALTERNATE, DESTINATION, SERVER, SOURCE, resize};
use crate::rehearsal::{Cloud, Ending, Fate, Interference, Reach, Stage, Wrong};

use super::Verdict;

/// What happens to the resize.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resize {
    /// A host is found, and the user confirms.
    Confirmed,
    /// There is no room for the server anywhere else.
    NoValidHost,
    /// A user deletes the server while the scheduler looks for a host, and there is none.
    ServerDeleted,
    /// The conductor is killed once the migration record has the server's allocations.
    ConductorKilled,
    /// There is no host, and Placement is away when the allocations are to be given back.
    PlacementAway,
}

/// What a consumer holds of one host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldOf {
    /// The host.
    pub host: String,
    /// How much VCPU.
    pub vcpu: u64,
}

/// How it went under one policy.
#[derive(Debug, Clone)]
pub struct Resized {
    /// The policy's name.
    pub policy: String,
    /// How the task ended.
    pub end: Result<Outcome, Failure>,
    /// What the server holds in the end.
    pub server: Vec<HeldOf>,
    /// What its migration record holds in the end.
    pub migration: Vec<HeldOf>,
    /// What there is to say of it.
    pub verdict: Verdict,
}

impl Resize {
    /// All of them, in the order of telling.
    pub const ALL: [Self; 5] =
        [Self::Confirmed, Self::NoValidHost, Self::ServerDeleted, Self::ConductorKilled, Self::PlacementAway];

    fn cloud(self) -> Result<Cloud, Invalid> {
        let mut cloud = Cloud::with_a_server()?;
        // nova's API answers whether a server exists, whoever of nova is dead besides.
        cloud.api = true;
        let full = self != Self::Confirmed && self != Self::ConductorKilled;
        for host in [DESTINATION, ALTERNATE] {
            if let Some(node) = cloud.node_mut(host) {
                node.up = !full;
            }
        }
        Ok(cloud)
    }

    fn interference(self) -> &'static Interference {
        match self {
            Self::Confirmed | Self::NoValidHost => &|_, _| Fate::Answered,
            Self::ServerDeleted => &|cloud, effect| {
                if matches!(effect, Effect::SelectDestinations(_)) {
                    cloud.delete_server(SERVER);
                }
                Fate::Answered
            },
            Self::ConductorKilled => &|cloud, effect| {
                if matches!(effect, Effect::EnsureProjectAndUser(_)) {
                    cloud.conductor = false;
                }
                Fate::Answered
            },
            // It is there again when somebody has waited.
            Self::PlacementAway => &|cloud, effect| {
                match effect {
                    Effect::SaveMigration(_) => cloud.reach = Reach::Away,
                    Effect::Pause(_) => cloud.reach = Reach::Here,
                    _ => {}
                }
                Fate::Answered
            },
        }
    }
}

/// Plays it under `policy`, to where everything has come to rest: what has begun is confirmed.
///
/// # Errors
/// Placement's model could not hold the beginning.
pub async fn play(story: Resize, policy: &Policy) -> Result<Resized, Invalid> {
    let stage = Stage::set(story.cloud()?, story.interference());
    let end = drive(policy, &Task::Migrate(resize()), &stage, &mut ()).await.end;
    let mut cloud = stage.strike();
    cloud.finish(Ending::Confirmed);
    let migration = cloud.migrations.keys().flat_map(|migration| held(&cloud, migration)).collect();
    Ok(Resized {
        policy: policy.description().name.clone(),
        end,
        server: held(&cloud, SERVER),
        migration,
        verdict: verdict(&cloud.wrongs()),
    })
}

/// By host; the one that the server was on comes last.
fn held(cloud: &Cloud, consumer: &str) -> Vec<HeldOf> {
    let held = cloud.held(consumer);
    let of = |host: &str| {
        let vcpu = *held.get(&cloud.node(host)?.provider)?.get("VCPU")?;
        Some(HeldOf { host: host.to_owned(), vcpu })
    };
    [DESTINATION, ALTERNATE, SOURCE].into_iter().filter_map(of).collect()
}

/// That a running server lacks what it should hold outweighs who else has it.
fn verdict(wrongs: &[Wrong]) -> Verdict {
    match wrongs {
        [] => Verdict::Right,
        wrongs if wrongs.contains(&Wrong::Lost) => Verdict::Loss,
        _ => Verdict::Leak,
    }
}
