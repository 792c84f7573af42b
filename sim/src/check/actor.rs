//! Who acts in a scene.

use super::footprint::Footprint;
use super::in_flight::arrive;
use super::{Deletion, Mover, OtherAction};
use crate::contract::{Effect, MigrationType, SelectDestinations};
use crate::fixture::{SERVER, request_spec};
use crate::{MigrationEnd, SimCloud, SimMigration};

/// One actor: a small automaton whose actions change the cloud.
#[derive(Debug, Clone)]
pub enum Actor {
    /// Tasks under the policy, one after the other.
    Mover(Mover),
    /// A user deletes the server.
    Deletion(Deletion),
    /// The scheduler makes one claim for the server, at any time or never. It does not ask whether the server exists.
    Scheduler {
        /// Whether it has claimed.
        has_claimed: bool,
    },
    /// The compute services finish what they have begun.
    Compute,
}

impl Actor {
    /// A scheduler that has not claimed yet.
    pub const SCHEDULER: Self = Self::Scheduler { has_claimed: false };

    /// Its tasks, if it is a mover.
    #[must_use]
    pub fn mover(&self) -> Option<&Mover> {
        match self {
            Self::Mover(mover) => Some(mover),
            _ => None,
        }
    }

    /// What it can do now that is not a task's effect.
    pub(super) fn actions(&self, cloud: &SimCloud) -> Vec<OtherAction> {
        match self {
            Self::Mover(_) | Self::Scheduler { has_claimed: true } => Vec::new(),
            Self::Deletion(deletion) => deletion.next().into_iter().collect(),
            Self::Scheduler { has_claimed: false } => vec![OtherAction::Claims],
            Self::Compute if has_begun(cloud) => ends(cloud).map(OtherAction::Finishes).collect(),
            Self::Compute => Vec::new(),
        }
    }

    /// Does it.
    pub(super) fn act(&mut self, cloud: &mut SimCloud, action: OtherAction) {
        match action {
            OtherAction::Claims => {
                let select = SelectDestinations { server: SERVER.into(), request_spec: request_spec() };
                arrive(cloud, &Effect::SelectDestinations(select));
            }
            OtherAction::Finishes(ending) => cloud.finish(ending),
            OtherAction::Gone => {
                if let Some(server) = cloud.servers.get_mut(SERVER) {
                    server.alive = false;
                }
            }
            OtherAction::AllocationsDeleted => cloud.drop_all(SERVER),
            OtherAction::Deleting => {}
        }
        match self {
            Self::Deletion(deletion) => deletion.advance(),
            Self::Scheduler { has_claimed } => *has_claimed = true,
            Self::Mover(_) | Self::Compute => {}
        }
    }

    /// Whether it may stay as it is for ever.
    pub(super) fn may_rest(&self, cloud: &SimCloud) -> bool {
        match self {
            Self::Mover(mover) => !mover.is_running(),
            Self::Deletion(deletion) => deletion.may_rest(),
            Self::Scheduler { .. } => true,
            Self::Compute => !has_begun(cloud),
        }
    }

    /// What its remaining actions use and change, except those of a mover.
    pub(super) fn footprint(&self, cloud: &SimCloud) -> Footprint {
        match self {
            Self::Deletion(deletion) if deletion.next().is_some() => Footprint::SERVER.and(Footprint::HELD_BY_SERVER),
            Self::Scheduler { has_claimed: false } => Footprint::ALL,
            Self::Compute if has_begun(cloud) => Footprint::ALL,
            _ => Footprint::NONE,
        }
    }
}

/// Whether compute services work on a migration.
fn has_begun(cloud: &SimCloud) -> bool {
    begun(cloud).next().is_some()
}

/// How the compute services may end what they have begun. A live migration has no `finish_resize`.
fn ends(cloud: &SimCloud) -> impl Iterator<Item = MigrationEnd> {
    let is_cold = begun(cloud).all(|one| one.record.migration_type != MigrationType::LiveMigration);
    let all = [MigrationEnd::Confirmed, MigrationEnd::Reverted].into_iter();
    all.chain(is_cold.then_some(MigrationEnd::FinishFailed))
}

fn begun(cloud: &SimCloud) -> impl Iterator<Item = &SimMigration> {
    let is_begun = |one: &&SimMigration| ["migrating", "finished"].contains(&one.record.status.as_str());
    cloud.migrations.values().filter(is_begun).filter(|one| one.destination.is_some())
}
