//! The clouds with which simulations begin: a server on one of three hosts, with its allocations in Placement.

use std::collections::BTreeMap;

use swaparoo_placement::{Consumer, Invalid, Inventory, Placement, Provider, Resources};

use super::cloud::SimMigration;
use super::scheduler::SHARING;
use super::{ComputeNode, SimCloud, SimServer};
use crate::contract::{
    ConsumerId, HostNode, LiveMigrateTask, MigrateTask, MigrationRecord, MigrationType, RequestSpec, ResourceAmount,
    ResourceRequest,
};

/// nova's instance.
pub const SERVER: &str = "c0ffee00-0000-4000-8000-000000000001";
/// A migration record of the server that exists from the beginning.
pub const MIGRATION: &str = "319ba710-0000-4000-8000-000000000000";
/// The record of an earlier migration of the server.
pub const OLD_MIGRATION: &str = "319ba710-0000-4000-8000-00000000001d";
/// The host on which the server runs.
pub const SOURCE: &str = "source";
/// The host that the scheduler prefers.
pub const DESTINATION: &str = "destination";
/// The scheduler's second choice.
pub const ALTERNATE: &str = "alternate";
/// The id of the server's flavor.
pub const SMALL: &str = "small";
/// The id of the flavor after a resize.
pub const LARGE: &str = "large";

/// Servers of other users, by the index of the host, with their VCPU.
const NEIGHBOURS: [(&str, usize, u64); 3] = [
    ("07e40000-0000-4000-8000-000000000001", 0, 6),
    ("07e40000-0000-4000-8000-000000000002", 1, 11),
    ("07e40000-0000-4000-8000-000000000003", 2, 9),
];
const HOSTS: [&str; 3] = [DESTINATION, ALTERNATE, SOURCE];
const CELL: &str = "ce110000-0000-4000-8000-000000000001";
const PORT: &str = "90470000-0000-4000-8000-000000000001";
const BANDWIDTH: &str = "NET_BW_EGR_KILOBIT_PER_SEC";
/// nova gives this trait to the root provider of each compute node.
const COMPUTE_NODE: &str = "COMPUTE_NODE";
const PHYSNET: &str = "CUSTOM_PHYSNET_0";
const NORMAL: &str = "CUSTOM_VNIC_TYPE_NORMAL";
const PORT_RATE: &str = "90470000-0000-4000-8000-000000000002";
const PACKET_RATE: &str = "NET_PACKET_RATE_KILOPACKET_PER_SEC";
/// A version of nova-compute that supports moving ports with resource requests, as in nova 34.
const VERSION: u32 = 66;

impl SimCloud {
    /// A server of flavor [`SMALL`] on [`SOURCE`]; [`DESTINATION`] and [`ALTERNATE`] have room for it. Fails if
    /// Placement's model refuses the allocations.
    pub fn with_a_server() -> Result<Self, Invalid> {
        let mut placement = Placement::default();
        let nodes: Vec<ComputeNode> = (1..).zip(HOSTS).map(|(number, host)| compute_node(number, host)).collect();
        for (number, node) in (1..).zip(&nodes) {
            let mut provider = Provider::named(&node.host).with("VCPU", Inventory::of(16));
            provider.traits = [COMPUTE_NODE.to_owned()].into();
            placement.add_provider(&node.provider, provider.with("MEMORY_MB", Inventory::of(32_768)))?;
            let mut nic = Provider::named(&format!("{}:nic", node.host)).with(BANDWIDTH, Inventory::of(10_000));
            (nic.parent, nic.traits) = (Some(node.provider.clone()), [PHYSNET.to_owned()].into());
            placement.add_provider(&provider_id(10 + number), nic)?;
        }
        let server = SimServer { flavor: SMALL.into(), ..SimServer::on(SOURCE) };
        let flavors = BTreeMap::from([(SMALL.into(), flavor(2, 2_048)), (LARGE.into(), flavor(4, 8_192))]);
        let servers = BTreeMap::from([(SERVER.to_owned(), server)]);
        Self { nodes, flavors, servers, ..Self::of(placement) }.holding_its_due()
    }

    /// The same server with a port that requests bandwidth; fails if Placement's model refuses the allocations.
    pub fn with_a_port(mut self) -> Result<Self, Invalid> {
        let resources = vec![ResourceAmount { class: BANDWIDTH.into(), amount: 1_000 }];
        let required_traits = vec![PHYSNET.to_owned()];
        let port = ResourceRequest { requester: PORT.into(), resources, required_traits, providers: Vec::new() };
        if let Some(server) = self.servers.get_mut(SERVER) {
            server.ports = vec![port];
        }
        self.holding_its_due()
    }

    /// The same server with a port that requests bandwidth and a packet rate, each of another provider of its host; fails if
    /// Placement's model refuses the allocations.
    pub fn with_a_packet_rate(mut self) -> Result<Self, Invalid> {
        for (number, host) in (1..).zip(HOSTS) {
            let root = provider_id(number);
            let provider = |name: &str, class: &str, traits: &[&str]| {
                let mut provider = Provider::named(&format!("{host}:{name}")).with(class, Inventory::of(10_000));
                provider.parent = Some(root.clone());
                provider.traits = traits.iter().map(|of| (*of).to_owned()).collect();
                provider
            };
            self.placement.add_provider(&provider_id(10 + number), provider("nic", BANDWIDTH, &[PHYSNET, NORMAL]))?;
            self.placement.add_provider(&provider_id(20 + number), provider("ovs", PACKET_RATE, &[NORMAL]))?;
        }
        let request = |requester: &str, class: &str, amount, required_traits: &[&str]| ResourceRequest {
            requester: requester.into(),
            resources: vec![ResourceAmount { class: class.into(), amount }],
            required_traits: required_traits.iter().map(|of| (*of).to_owned()).collect(),
            providers: Vec::new(),
        };
        if let Some(server) = self.servers.get_mut(SERVER) {
            let bandwidth = request(PORT, BANDWIDTH, 1_000, &[PHYSNET, NORMAL]);
            server.ports = vec![request(PORT_RATE, PACKET_RATE, 100, &[NORMAL]), bandwidth];
        }
        self.holding_its_due()
    }

    /// The same with disks on a provider that all hosts share; fails if Placement's model refuses the allocations.
    pub fn with_shared_disks(mut self) -> Result<Self, Invalid> {
        let mut shared = Provider::named("shared disks").with("DISK_GB", Inventory::of(1_000));
        shared.traits = [SHARING.to_owned()].into();
        self.placement.add_provider(&provider_id(31), shared)?;
        for flavor in self.flavors.values_mut() {
            flavor.insert("DISK_GB".to_owned(), 20);
        }
        self.holding_its_due()
    }

    /// The same server, of which Placement knows nothing: it is older than Placement. Fails if Placement's model refuses
    /// the change.
    pub fn unaccounted(mut self) -> Result<Self, Invalid> {
        if let Some(server) = self.servers.get_mut(SERVER) {
            server.unaccounted = true;
        }
        self.holding_its_due()
    }

    /// Another server takes all that is left of a host; fails if Placement's model refuses the allocations.
    pub fn with_a_full_host(mut self, host: &str) -> Result<Self, Invalid> {
        let Some(provider) = self.node(host).map(|node| node.provider.clone()) else { return Ok(self) };
        let left = 16_u64.saturating_sub(self.placement.used(&provider, "VCPU"));
        let held = Consumer::of("neighbour", "neighbour").holding(&provider, "VCPU", left);
        self.placement.add_consumer(NEIGHBOURS[0].0, held)?;
        Ok(self)
    }

    /// The same with servers of other users on the hosts; fails if Placement's model refuses the allocations.
    pub fn with_neighbours(mut self) -> Result<Self, Invalid> {
        for (id, node, vcpu) in NEIGHBOURS {
            let Some(provider) = self.nodes.get(node).map(|node| node.provider.clone()) else { continue };
            let consumer = Consumer::of("neighbour", "neighbour");
            let held = consumer.holding(&provider, "VCPU", vcpu).holding(&provider, "MEMORY_MB", vcpu * 1_536);
            self.placement.add_consumer(id, held)?;
        }
        Ok(self)
    }

    /// Adds [`MIGRATION`] with this status and without allocations.
    #[must_use]
    pub fn with_a_migration(mut self, migration_type: MigrationType, status: &str) -> Self {
        let new_flavor = if migration_type == MigrationType::Resize { LARGE } else { SMALL };
        let (migration, server, status) = (MIGRATION.to_owned(), SERVER.to_owned(), status.to_owned());
        let record = MigrationRecord { migration, server, migration_type, status };
        let migration = SimMigration::new(record, new_flavor);
        self.migrations.insert(MIGRATION.into(), migration);
        self
    }

    /// Adds [`OLD_MIGRATION`]: a resize that failed earlier, whose record still holds what the server needs on its host.
    /// nova's `heal_allocations` has restored the server's allocations since. Fails if Placement's model refuses them.
    pub fn with_an_old_migration(mut self) -> Result<Self, Invalid> {
        let (migration, server, status) = (OLD_MIGRATION.to_owned(), SERVER.to_owned(), "error".to_owned());
        let record = MigrationRecord { migration, server, migration_type: MigrationType::Resize, status };
        let old = SimMigration::new(record, LARGE);
        self.migrations.insert(OLD_MIGRATION.into(), old);
        let due = self.servers.get(SERVER).map(|server| self.due(server)).unwrap_or_default();
        self.give(OLD_MIGRATION, &due)?;
        Ok(self)
    }

    /// Adds [`OLD_MIGRATION`]: a conductor died before the migration had begun, and its record holds nothing.
    #[must_use]
    pub fn with_an_unfinished_record(mut self) -> Self {
        let (migration, server, status) = (OLD_MIGRATION.to_owned(), SERVER.to_owned(), "accepted".to_owned());
        let record = MigrationRecord { migration, server, migration_type: MigrationType::LiveMigration, status };
        self.migrations.insert(OLD_MIGRATION.into(), SimMigration::new(record, SMALL));
        self
    }

    /// Gives all migrations this status; no compute service works on them any more.
    #[must_use]
    pub fn settled(mut self, status: &str) -> Self {
        for migration in self.migrations.values_mut() {
            (migration.destination, migration.record.status) = (None, status.to_owned());
        }
        self
    }

    /// Deletes the server, as a user does.
    #[must_use]
    pub fn deleted(mut self) -> Self {
        self.delete_server(SERVER);
        self
    }

    /// Makes the swap of the migration, and the server's claim on [`DESTINATION`] if `claimed`. Fails if Placement's
    /// model refuses the allocations.
    pub fn swapped(mut self, claimed: bool) -> Result<Self, Invalid> {
        let held = self.held(SERVER);
        self.earlier = Some(self.placement.clone());
        self.give(MIGRATION, &held)?;
        self.give(SERVER, &BTreeMap::new())?;
        if claimed {
            self.earlier = Some(self.placement.clone());
        }
        let moved = self.servers.get(SERVER).zip(self.migrations.get(MIGRATION)).map(|(server, migration)| SimServer {
            host: DESTINATION.into(),
            flavor: migration.new_flavor.clone(),
            ..server.clone()
        });
        let claim = moved.filter(|_| claimed).map(|moved| self.due(&moved)).unwrap_or_default();
        self.give(SERVER, &claim)?;
        if let Some(migration) = self.migrations.get_mut(MIGRATION).filter(|_| claimed) {
            migration.destination = Some(HostNode { host: DESTINATION.into(), node: DESTINATION.into() });
        }
        Ok(self)
    }

    /// A resize from [`SMALL`] to [`LARGE`] on the server's own host has ended with this status, and left the server with
    /// this flavor; neither consumer's allocations were settled. Fails if Placement's model refuses the allocations.
    pub fn resized_on_its_host(mut self, status: &str, flavor: &str) -> Result<Self, Invalid> {
        self = self.with_a_migration(MigrationType::Resize, status).swapped(false)?;
        let large = self.servers.get(SERVER).map(|server| SimServer { flavor: LARGE.into(), ..server.clone() });
        let claim = large.map(|large| self.due(&large)).unwrap_or_default();
        self.give(SERVER, &claim)?;
        if let Some(server) = self.servers.get_mut(SERVER) {
            flavor.clone_into(&mut server.flavor);
        }
        Ok(self)
    }

    /// The compute node of a host, for changes.
    pub fn node_mut(&mut self, host: &str) -> Option<&mut ComputeNode> {
        self.nodes.iter_mut().find(|node| node.host == host)
    }

    fn holding_its_due(mut self) -> Result<Self, Invalid> {
        let due = self.servers.get(SERVER).map(|server| (self.due(server), self.ports_due(server)));
        let (due, bound) = due.unwrap_or_default();
        self.give(SERVER, &due)?;
        if let Some(server) = self.servers.get_mut(SERVER) {
            server.bound = bound;
        }
        Ok(self)
    }

    /// Gives a consumer exactly these allocations, as if they had been written once.
    fn give(&mut self, consumer: &str, held: &BTreeMap<String, Resources>) -> Result<(), Invalid> {
        if held.is_empty() {
            self.placement.handle(&swaparoo_placement::Request::delete(&format!("/allocations/{consumer}")));
            return Ok(());
        }
        let allocations = held.clone();
        self.placement
            .add_consumer(consumer, Consumer { allocations, generation: 1, ..Consumer::of("project", "user") })
    }
}

/// The conductor's request spec of [`SERVER`]; it ignores the server's present host.
#[must_use]
pub fn request_spec() -> RequestSpec {
    RequestSpec {
        project: Some("project".into()),
        user: Some("user".into()),
        in_group: false,
        force_hosts: Vec::new(),
        force_nodes: Vec::new(),
        ignore_hosts: vec![SOURCE.into()],
        requested_destination: None,
        retry: None,
        requested_resources: Vec::new(),
    }
}

/// A resize of [`SERVER`] from [`SMALL`] to [`LARGE`].
#[must_use]
pub fn resize() -> MigrateTask {
    let (old_flavor, new_flavor) = (SMALL.to_owned(), LARGE.to_owned());
    let server: ConsumerId = SERVER.into();
    MigrateTask { server, old_flavor, new_flavor, request_spec: request_spec(), host_list: None, max_attempts: 3 }
}

/// A live migration of [`SERVER`] with [`MIGRATION`], to this host or to one that the scheduler selects.
#[must_use]
pub fn live_migration(forced_host: Option<&str>) -> LiveMigrateTask {
    LiveMigrateTask {
        server: SERVER.into(),
        migration: MIGRATION.into(),
        source_host: SOURCE.into(),
        active: true,
        forced_host: forced_host.map(str::to_owned),
        request_spec: request_spec(),
        max_retries: Some(1),
    }
}

/// The write that gives back to [`SERVER`] what [`MIGRATION`] holds.
#[cfg(test)]
pub(crate) fn give_back(cloud: &SimCloud) -> crate::contract::Effect {
    use crate::contract::{Effect, NewHolding, PostAllocations};
    let allocations = crate::scheduler::allocations(cloud.held(MIGRATION));
    let entry = |consumer: &str, generation, allocations| NewHolding {
        consumer: consumer.into(),
        project: "project".into(),
        user: "user".into(),
        generation,
        allocations,
    };
    let consumers = vec![entry(MIGRATION, Some(1), Vec::new()), entry(SERVER, None, allocations)];
    Effect::PostAllocations(PostAllocations { consumers })
}

pub(crate) fn compute_node(number: u32, host: &str) -> ComputeNode {
    ComputeNode {
        host: host.into(),
        node: host.into(),
        provider: provider_id(number),
        cell: CELL.into(),
        version: Some(VERSION),
        up: true,
        zone: None,
        fit: true,
    }
}

fn provider_id(number: u32) -> String {
    format!("5a1d0000-0000-4000-8000-{number:012}")
}

fn flavor(vcpu: u64, memory_mb: u64) -> Resources {
    Resources::from([("MEMORY_MB".to_owned(), memory_mb), ("VCPU".to_owned(), vcpu)])
}
