//! What an effect or an action uses and changes, so that the search leaves out orders that make no difference.
//!
//! Two actions whose footprints do not meet lead to the same state in either order. So before an effect of the only
//! running task, another actor acts only if the effect meets what the actor may still do, or meets what a third one may
//! still do that this one meets, and so on. Otherwise the actor waits: after the effect it finds the same choices. All
//! remaining actions of an actor count, not only its next one. If two tasks run, every order is tried, since nothing is
//! known of a task's later effects.

use crate::contract::Effect;
use crate::fixture::SERVER;

/// A set of parts of the cloud.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Footprint(u8);

impl Footprint {
    /// Nothing.
    pub const NONE: Self = Self(0);
    /// nova's row of the server.
    pub const SERVER: Self = Self(1);
    /// The server's allocations.
    pub const HELD_BY_SERVER: Self = Self(2);
    /// The allocations of migration records.
    pub const HELD_BY_MIGRATIONS: Self = Self(4);
    /// nova's migration records.
    pub const MIGRATIONS: Self = Self(8);
    /// Everything.
    pub const ALL: Self = Self(15);

    /// Both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether they have a part in common.
    #[must_use]
    pub fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// What the effect reads or changes when it arrives.
    #[must_use]
    pub fn of(effect: &Effect) -> Self {
        match effect {
            Effect::GetAllocations(get) => held_by(&get.consumer),
            Effect::PostAllocations(post) => {
                post.consumers.iter().fold(Self::NONE, |all, entry| all.and(held_by(&entry.consumer)))
            }
            Effect::PutAllocations(put) => held_by(&put.holding.consumer),
            Effect::DeleteAllocations(delete) => held_by(&delete.consumer),
            Effect::FindMigration(_)
            | Effect::GetMigration(_)
            | Effect::CreateMigration(_)
            | Effect::SaveMigration(_) => Self::MIGRATIONS,
            // A claim depends on what others hold, and on the flavor of a running migration.
            Effect::SelectDestinations(_) | Effect::PrepResize(_) | Effect::LiveMigration(_) => Self::ALL,
            Effect::FindServer(_)
            | Effect::FindComputeNode(_)
            | Effect::GetPortRequests(_)
            | Effect::FindCell(_)
            | Effect::EnsureProjectAndUser(_)
            | Effect::CheckDestination(_) => Self::SERVER,
            Effect::Pause(_)
            | Effect::GetProviderTraits(_)
            | Effect::SetupInstanceGroup(_)
            | Effect::EnsureNetworkMetadata(_)
            | Effect::HealIsBfv(_)
            | Effect::FindService(_)
            | Effect::GetComputeRpcVersion
            | Effect::GetAvailabilityZone(_)
            | Effect::CheckNuma(_)
            | Effect::CheckServiceUp(_)
            | Effect::FindHostNode(_) => Self::NONE,
        }
    }
}

fn held_by(consumer: &str) -> Footprint {
    if consumer == SERVER { Footprint::HELD_BY_SERVER } else { Footprint::HELD_BY_MIGRATIONS }
}
