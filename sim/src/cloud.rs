//! What there is: servers, flavors, compute nodes, migrations, and a Placement.

use std::collections::BTreeMap;

use swaparoo_placement::{Placement, Resources};

use super::placement::{Late, Reach};
use crate::contract::{ConsumerId, HostNode, MigrationRecord, ProviderId, ResourceRequest, RpcVersion};

/// A cloud at one moment.
#[derive(Debug, Clone)]
pub struct Cloud {
    /// Who holds what.
    pub placement: Placement,
    /// nova's instances, the deleted ones among them.
    pub servers: BTreeMap<ConsumerId, Server>,
    /// What a flavor takes of a compute node, by the flavor's id.
    pub flavors: BTreeMap<String, Resources>,
    /// In the scheduler's order: best first.
    pub nodes: Vec<ComputeNode>,
    /// nova's migration records.
    pub migrations: BTreeMap<ConsumerId, Migration>,
    /// What the compute RPC API is pinned to.
    pub rpc: RpcVersion,
    /// Whether there is a conductor to answer for nova.
    pub conductor: bool,
    /// Whether nova's API tells where a server is and whether there is one, conductor or not.
    pub api: bool,
    /// Whether Placement can be reached.
    pub reach: Reach,
    /// What is still under way, oldest first.
    pub(super) late: Vec<Late>,
}

/// nova's instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// False once it is deleted.
    pub alive: bool,
    /// The host that it is on.
    pub host: String,
    /// Its flavor's id.
    pub flavor: String,
    /// Keystone's project id.
    pub project: String,
    /// Keystone's user id.
    pub user: String,
    /// What its ports need of the host.
    pub ports: Vec<ResourceRequest>,
}

/// nova's compute node, with its service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComputeNode {
    /// The compute service's host.
    pub host: String,
    /// The hypervisor's hostname.
    pub node: String,
    /// Its root provider.
    pub provider: ProviderId,
    /// Its cell, by UUID.
    pub cell: String,
    /// The compute service's version; none where nova has no row for it.
    pub version: Option<u32>,
    /// Is the compute service up?
    pub up: bool,
    /// Its availability zone.
    pub zone: Option<String>,
    /// Does it take servers that migrate live?
    pub fit: bool,
}

/// nova's migration record, and how far a compute service has come with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migration {
    /// As nova tells it.
    pub record: MigrationRecord,
    /// The flavor that the server is to have.
    pub new_flavor: String,
    /// Where a compute service is taking it; none as long as none has begun.
    pub destination: Option<HostNode>,
}

impl Cloud {
    /// A cloud with nothing in it but what Placement holds.
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
            reach: Reach::Here,
            late: Vec::new(),
        }
    }

    /// The compute node of a host.
    #[must_use]
    pub fn node(&self, host: &str) -> Option<&ComputeNode> {
        self.nodes.iter().find(|node| node.host == host)
    }

    /// The server, unless it is deleted.
    #[must_use]
    pub fn alive(&self, server: &str) -> Option<&Server> {
        self.servers.get(server).filter(|server| server.alive)
    }

    /// Whether there is a conductor, and a Placement that answers.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.conductor && self.reach == Reach::Here
    }

    /// What a consumer holds, by provider.
    #[must_use]
    pub fn held(&self, consumer: &str) -> BTreeMap<ProviderId, Resources> {
        self.placement.consumers().get(consumer).map(|consumer| consumer.allocations.clone()).unwrap_or_default()
    }

    /// What a live server should hold: its flavor and its ports, on the host where it is.
    #[must_use]
    pub fn due(&self, server: &Server) -> BTreeMap<ProviderId, Resources> {
        let taken = self.node(&server.host).zip(self.flavors.get(&server.flavor));
        let request = taken.and_then(|(node, flavor)| self.request(node, flavor, &server.ports, &|_, _, _| true));
        let allocations = request.into_iter().flat_map(|request| request.allocations);
        let amounts = allocations.map(|allocation| {
            let resources = allocation.resources.into_iter().map(|of| (of.class, u64::from(of.amount)));
            (allocation.provider, resources.collect())
        });
        amounts.collect()
    }

    /// The id of the next migration record: the same each time, so that a course of the world can be played again.
    pub(super) fn next_migration(&self) -> ConsumerId {
        format!("319ba710-0000-4000-8000-{:012x}", self.migrations.len() + 1)
    }
}
