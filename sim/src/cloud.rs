//! The simulated cloud: servers, flavors, compute nodes, migrations, and Placement.

use std::collections::BTreeMap;

use swaparoo_placement::{Consumer, Placement, Resources};

use super::placement::{Late, Reach};
use crate::contract::{
    AllocationRequest, ConsumerId, HostNode, MigrationRecord, ProviderId, ResourceRequest, RpcVersion, ServerDetails,
};

/// The state of a cloud.
#[derive(Debug, Clone)]
pub struct SimCloud {
    /// The model of Placement, with all allocations.
    pub placement: Placement,
    /// nova's instances, including deleted ones.
    pub servers: BTreeMap<ConsumerId, SimServer>,
    /// The resources of a flavor, by the flavor's id.
    pub flavors: BTreeMap<String, Resources>,
    /// The compute nodes in the scheduler's order, best first.
    pub nodes: Vec<ComputeNode>,
    /// nova's migration records.
    pub migrations: BTreeMap<ConsumerId, SimMigration>,
    /// The version to which the compute RPC API is pinned.
    pub rpc: RpcVersion,
    /// Whether a conductor answers for nova.
    pub conductor: bool,
    /// Whether nova's API says if a server exists and where it is, even without a conductor.
    pub api: bool,
    /// Whether the scheduler is as old as a release whose answers name neither the providers of each port (microversion
    /// 1.34) nor availability zones.
    pub old_scheduler: bool,
    /// Whether nova shows the flavors of servers.
    pub shows_flavors: bool,
    /// Whether Placement can be reached.
    pub reach: Reach,
    /// The number of the task's writes that Placement has done.
    pub writes_done: u32,
    /// Placement's state before the last commit, which a replica of its database may still show.
    pub(super) earlier: Option<Placement>,
    /// Requests that have not arrived yet, oldest first.
    pub(super) late: Vec<Late>,
}

/// nova's instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SimServer {
    /// False once it is deleted.
    pub alive: bool,
    /// The host on which it runs.
    pub host: String,
    /// The id of its flavor.
    pub flavor: String,
    /// Keystone's project id.
    pub project: String,
    /// Keystone's user id.
    pub user: String,
    /// The resources that its ports request.
    pub ports: Vec<ResourceRequest>,
    /// The providers to which its ports are bound.
    pub bound: PortProviders,
    /// The availability zone that nova shows for it.
    pub zone: Option<String>,
    /// Nothing that it uses is in Placement, as of a server that is older than Placement, until it is on another host.
    pub unaccounted: bool,
    /// What nova has shown of it in a record, whose cloud does not know more.
    pub recorded: Option<ServerDetails>,
}

/// nova's compute node, with its service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComputeNode {
    /// The compute service's host.
    pub host: String,
    /// The hypervisor's hostname.
    pub node: String,
    /// Its root provider in Placement.
    pub provider: ProviderId,
    /// The UUID of its cell.
    pub cell: String,
    /// The version of the compute service; `None` if nova has no row for it.
    pub version: Option<u32>,
    /// Whether the compute service is up.
    pub up: bool,
    /// Its availability zone.
    pub zone: Option<String>,
    /// Whether nova's check for live migration accepts it as the destination.
    pub fit: bool,
}

/// The providers of each resource request of a port, by the requester.
pub type PortProviders = BTreeMap<String, Vec<ProviderId>>;

/// nova's migration record, and the progress of the compute service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SimMigration {
    /// The record as nova returns it.
    pub record: MigrationRecord,
    /// The flavor after the migration.
    pub new_flavor: String,
    /// The destination, once a compute service has started the migration.
    pub destination: Option<HostNode>,
    /// What the cast said to the compute service, once one has started the migration.
    pub cast_data: Option<CastData>,
}

/// What a cast says about the server on the destination.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CastData {
    /// The providers of the ports; `None` if a cast of its kind names none.
    pub ports: Option<PortProviders>,
    /// The availability zone.
    pub zone: Option<String>,
}

impl SimMigration {
    /// A migration that no compute service has started.
    #[must_use]
    pub fn new(record: MigrationRecord, new_flavor: &str) -> Self {
        Self { record, new_flavor: new_flavor.into(), destination: None, cast_data: None }
    }
}

impl SimServer {
    /// A live server on this host, without a flavor and ports.
    #[must_use]
    pub fn on(host: &str) -> Self {
        let [project, user] = ["project", "user"].map(str::to_owned);
        let (ports, bound, zone, unaccounted, recorded) = Default::default();
        let (host, flavor) = (host.to_owned(), String::new());
        Self { alive: true, host, flavor, project, user, ports, bound, zone, unaccounted, recorded }
    }
}

impl SimCloud {
    /// A cloud with this Placement and nothing in nova.
    #[must_use]
    pub fn of(placement: Placement) -> Self {
        Self {
            placement,
            servers: BTreeMap::new(),
            flavors: BTreeMap::new(),
            nodes: Vec::new(),
            migrations: BTreeMap::new(),
            rpc: RpcVersion { major: 6, minor: 3 },
            conductor: true,
            api: false,
            old_scheduler: false,
            shows_flavors: true,
            reach: Reach::Here,
            writes_done: 0,
            earlier: None,
            late: Vec::new(),
        }
    }

    /// The compute node of a host.
    #[must_use]
    pub fn node(&self, host: &str) -> Option<&ComputeNode> {
        self.nodes.iter().find(|node| node.host == host)
    }

    /// The server; `None` if it is deleted.
    #[must_use]
    pub fn alive(&self, server: &str) -> Option<&SimServer> {
        self.servers.get(server).filter(|server| server.alive)
    }

    /// Whether a conductor answers and Placement can be reached.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.conductor && self.reach == Reach::Here
    }

    /// The allocations of a consumer, by provider.
    #[must_use]
    pub fn held(&self, consumer: &str) -> BTreeMap<ProviderId, Resources> {
        self.placement.consumers().get(consumer).map(|consumer| consumer.allocations.clone()).unwrap_or_default()
    }

    /// Whether a replica may still show an earlier state of the consumer.
    #[must_use]
    pub fn may_be_stale(&self, consumer: &str) -> bool {
        let now = self.placement.consumers().get(consumer);
        self.earlier.as_ref().is_some_and(|earlier| earlier.consumers().get(consumer) != now)
    }

    /// The consumers of which a replica may still show an earlier state, each with that state; nothing if it had none.
    pub fn stale_consumers(&self) -> impl Iterator<Item = (&ConsumerId, Option<&Consumer>)> {
        let now = self.placement.consumers();
        let earlier = self.earlier.as_ref().map(Placement::consumers);
        let changed = earlier.into_iter().flatten().filter(|(id, was)| now.get(*id) != Some(was));
        let new = now.keys().filter(move |id| earlier.is_some_and(|earlier| !earlier.contains_key(*id)));
        changed.map(|(id, was)| (id, Some(was))).chain(new.map(|id| (id, None)))
    }

    /// All replicas show the present state.
    pub(super) fn catch_up(&mut self) {
        self.earlier = None;
    }

    /// Keeps the present state for a replica that is behind, before a commit changes it.
    pub(super) fn remember(&mut self) {
        self.earlier = Some(self.placement.clone());
    }

    /// The allocations that a live server must have: those of its flavor and its ports on its host.
    #[must_use]
    pub fn due(&self, server: &SimServer) -> BTreeMap<ProviderId, Resources> {
        let request = self.use_of(server).filter(|_| !server.unaccounted);
        let allocations = request.into_iter().flat_map(|request| request.allocations);
        let amounts = allocations.map(|allocation| {
            let resources = allocation.resources.into_iter().map(|of| (of.class, u64::from(of.amount)));
            (allocation.provider, resources.collect())
        });
        amounts.collect()
    }

    /// The providers to which the ports of a live server must be bound.
    #[must_use]
    pub fn ports_due(&self, server: &SimServer) -> PortProviders {
        let mappings = self.use_of(server).into_iter().flat_map(|request| request.mappings);
        let of_ports = mappings.filter(|mapping| !mapping.requester.is_empty());
        of_ports.map(|mapping| (mapping.requester, mapping.providers)).collect()
    }

    /// What a server uses of its host.
    fn use_of(&self, server: &SimServer) -> Option<AllocationRequest> {
        let (node, flavor) = self.node(&server.host).zip(self.flavors.get(&server.flavor))?;
        self.request(node, flavor, &server.ports, &|_, _, _| true)
    }

    /// The id of the next migration record: deterministic, so that a run can be repeated.
    pub(super) fn next_migration(&self) -> ConsumerId {
        format!("319ba710-0000-4000-8000-{:012x}", self.migrations.len() + 1)
    }
}
