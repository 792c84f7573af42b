//! The cloud of a scenario: what its file says of it.

use serde::Deserialize;
use swaparoo_placement::{Consumer, Invalid, Inventory, Provider};

use crate::contract::{Effect, MigrationType, SelectDestinations};
use crate::fixture::{DESTINATION, MIGRATION, SERVER, SMALL, SOURCE, request_spec};
use crate::{EffectFault, Reach, SimCloud};

/// A shared disk pool of the source and the destination.
pub const DISKS: &str = "5a1d0000-0000-4000-8000-000000000020";
/// Another server on the source, which no task names.
const OTHER_SERVER: &str = "c0ffee00-0000-4000-8000-000000000003";

/// The changes to [`SimCloud::with_a_server`], in the order in which they are made.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ScenarioCloud {
    /// The hosts that are full or down.
    full: Vec<String>,
    /// The hosts that cannot take a live migration.
    unfit: Vec<String>,
    /// The server's migration.
    migration: Option<ScenarioMigration>,
    /// The server's and its migration record's state in Placement, where it is not the migration's.
    pub holds: Option<[ConsumerState; 2]>,
    /// The source's inventory of VCPU after that.
    pub inventory: Option<Inventory>,
    /// Whether servers of other users are on the hosts.
    neighbours: bool,
    /// Whether the server is deleted.
    deleted: bool,
    /// Whether the scheduler has claimed for the server after that.
    claimed: bool,
    /// Whether a conductor answers for nova.
    conductor: bool,
    /// Whether nova's API says if a server exists, even without a conductor.
    api: bool,
    /// Whether Placement cannot be reached.
    placement_away: bool,
}

/// The server's migration at the beginning.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct ScenarioMigration {
    #[serde(rename = "type")]
    migration_type: MigrationType,
    /// The status while the migration was under way.
    status: String,
    /// Whether the record has got the server's allocations, and the server a claim on the destination.
    #[serde(default)]
    swap: Swap,
    /// Whether the server runs on the destination.
    #[serde(default)]
    arrived: bool,
    /// The status now, if no compute service works on the migration any more.
    #[serde(default)]
    settled: Option<String>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Swap {
    #[default]
    NotMade,
    Made,
    MadeAndClaimed,
}

/// The state of a consumer in Placement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConsumerState {
    /// Placement does not know it.
    Unknown,
    /// Placement has a row for it without allocations, which no read shows.
    Orphan,
    /// It holds the allocations to be moved: of the source's node and of a shared disk pool.
    Holding,
    /// The same, but the inventory's bounds were lowered since, so Placement refuses to write these amounts.
    HoldingTooMuch,
    /// It holds a claim on the destination.
    Claiming,
}

impl Default for ScenarioCloud {
    fn default() -> Self {
        Self {
            full: Vec::new(),
            unfit: Vec::new(),
            migration: None,
            holds: None,
            inventory: None,
            neighbours: false,
            deleted: false,
            claimed: false,
            conductor: true,
            api: true,
            placement_away: false,
        }
    }
}

impl ScenarioCloud {
    /// The cloud; fails if the model of Placement refuses the allocations.
    pub fn build(&self) -> Result<SimCloud, Invalid> {
        let mut cloud = SimCloud::with_a_server()?;
        if self.neighbours {
            cloud = cloud.with_neighbours()?;
        }
        for node in &mut cloud.nodes {
            (node.up, node.fit) = (!self.full.contains(&node.host), !self.unfit.contains(&node.host));
        }
        if let Some(migration) = &self.migration {
            cloud = migration.add(cloud)?;
        }
        if let Some(holds) = self.holds {
            hold(&mut cloud, holds)?;
        }
        if let Some(inventory) = self.inventory {
            set_vcpu(&mut cloud, inventory)?;
        }
        if self.deleted {
            cloud.delete_server(SERVER);
        }
        if self.claimed {
            let select = SelectDestinations { server: SERVER.into(), request_spec: request_spec() };
            cloud.answer(&Effect::SelectDestinations(select), EffectFault::Answered);
        }
        (cloud.conductor, cloud.api) = (self.conductor, self.api);
        cloud.reach = if self.placement_away { Reach::Away } else { Reach::Here };
        Ok(cloud)
    }
}

impl ScenarioMigration {
    fn add(&self, cloud: SimCloud) -> Result<SimCloud, Invalid> {
        let mut cloud = cloud.with_a_migration(self.migration_type, &self.status);
        if self.swap != Swap::NotMade {
            cloud = cloud.swapped(self.swap == Swap::MadeAndClaimed)?;
        }
        if self.arrived {
            cloud.arrive(MIGRATION);
        }
        Ok(match &self.settled {
            Some(status) => cloud.settled(status),
            None => cloud,
        })
    }
}

/// Puts the two consumers into these states, beside another server and a shared disk pool.
fn hold(cloud: &mut SimCloud, holds: [ConsumerState; 2]) -> Result<(), Invalid> {
    cloud.placement.add_provider(DISKS, Provider::named("disks").with("DISK_GB", Inventory::of(500)))?;
    if holds.contains(&ConsumerState::HoldingTooMuch) {
        set_vcpu(cloud, Inventory { max_unit: 1, ..Inventory::of(16) })?;
    }
    let [source, destination] = [SOURCE, DESTINATION].map(|host| provider(cloud, host));
    cloud.placement.add_consumer(OTHER_SERVER, Consumer::of("other", "other").holding(&source, "VCPU", 4))?;
    cloud.drop_all(SERVER);
    for (id, state) in [SERVER, MIGRATION].into_iter().zip(holds) {
        let owned = Consumer::of("project", "user");
        let flavor = cloud.flavors.get(SMALL).into_iter().flatten();
        let consumer = match state {
            ConsumerState::Unknown => continue,
            ConsumerState::Orphan => owned,
            ConsumerState::Holding | ConsumerState::HoldingTooMuch => flavor
                .fold(owned, |owned, (class, amount)| owned.holding(&source, class, *amount))
                .holding(DISKS, "DISK_GB", 20),
            ConsumerState::Claiming => owned.holding(&destination, "VCPU", 3).holding(&destination, "MEMORY_MB", 4_096),
        };
        cloud.placement.add_consumer(id, consumer)?;
    }
    Ok(())
}

/// Sets the source's inventory of VCPU.
fn set_vcpu(cloud: &mut SimCloud, inventory: Inventory) -> Result<(), Invalid> {
    let source = provider(cloud, SOURCE);
    let node = cloud.placement.providers().get(&source).cloned().unwrap_or_default();
    cloud.placement.add_provider(&source, node.with("VCPU", inventory))
}

fn provider(cloud: &SimCloud, host: &str) -> String {
    cloud.node(host).map(|node| node.provider.clone()).unwrap_or_default()
}
