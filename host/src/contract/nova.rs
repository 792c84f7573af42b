//! What nova knows: the parts of its objects that the rules read and change.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Allocation, ComponentType, ConsumerId, Lift, Lower, ProviderId, ResourceAmount};

/// What the rules read and change of nova's RequestSpec. The rest of it stays with the conductor.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize, ToSchema)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct RequestSpec {
    /// Keystone's project id; none when nova has not recorded it (`ensure-project-and-user`).
    pub project: Option<String>,
    /// Keystone's user id.
    pub user: Option<String>,
    /// Is the server a member of a server group?
    #[component(name = "in-group")]
    pub in_group: bool,
    /// Hosts that the server was forced to when it was created.
    #[component(name = "force-hosts")]
    pub force_hosts: Vec<String>,
    /// The same, by compute node.
    #[component(name = "force-nodes")]
    pub force_nodes: Vec<String>,
    /// Hosts that must not be chosen.
    #[component(name = "ignore-hosts")]
    pub ignore_hosts: Vec<String>,
    /// Where somebody wants the server to be.
    #[component(name = "requested-destination")]
    pub requested_destination: Option<Destination>,
    /// How often it was tried, and where.
    pub retry: Option<Retry>,
    /// What the server's ports need of the destination (`get-port-requests`).
    #[component(name = "requested-resources")]
    pub requested_resources: Vec<ResourceRequest>,
}

/// nova's Destination.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize, ToSchema)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct Destination {
    /// Just this host; none: any.
    pub host: Option<String>,
    /// nova's name of the compute node.
    pub node: Option<String>,
    /// Just this cell, by its UUID.
    pub cell: Option<String>,
}

/// nova's SchedulerRetries.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize, ToSchema)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct Retry {
    /// Which attempt this is, from 1.
    #[component(name = "num-attempts")]
    #[schema(maximum = 4_294_967_295_u64)]
    pub num_attempts: u32,
    /// Where it was tried, in order.
    pub hosts: Vec<HostNode>,
}

/// A compute node by nova's names.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize, ToSchema)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct HostNode {
    /// The compute service's host.
    pub host: String,
    /// The node's hypervisor hostname.
    pub node: String,
}

/// nova's RequestGroup, of a port.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize, ToSchema)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct ResourceRequest {
    /// Who needs it: the port's UUID.
    pub requester: String,
    /// How much.
    pub resources: Vec<ResourceAmount>,
    /// Traits that the provider must have.
    #[component(name = "required-traits")]
    pub required_traits: Vec<String>,
    /// Which providers serve it, once that is known.
    pub providers: Vec<ProviderId>,
}

/// One host that the scheduler would take: nova's Selection.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize, ToSchema)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct Selection {
    /// The compute service's host.
    pub host: String,
    /// The node's hypervisor hostname.
    pub node: String,
    /// The cell of the host, by its UUID.
    pub cell: Option<String>,
    /// How to claim it. None: a scheduler that does not use Placement.
    #[component(name = "allocation-request")]
    pub allocation_request: Option<AllocationRequest>,
    /// nova's availability zone of the host; none when the scheduler did not say.
    #[component(name = "availability-zone")]
    pub availability_zone: Option<String>,
}

/// What a server would hold of a host.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize, ToSchema)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct AllocationRequest {
    /// By provider.
    pub allocations: Vec<Allocation>,
    /// Which providers serve which resource request (Placement, 1.34); empty from an older scheduler.
    pub mappings: Vec<Mapping>,
    /// The microversion that it is written for, such as `1.36`.
    pub version: String,
}

/// Placement's `mappings`, one entry.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize, ToSchema)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// The request's suffix, which is the port's UUID; empty for what is asked for without one.
    pub requester: String,
    /// Who serves it.
    pub providers: Vec<ProviderId>,
}

/// nova's `migration_type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize, ToSchema)]
#[component(enum)]
#[repr(u8)]
#[serde(rename_all = "kebab-case")]
pub enum MigrationType {
    /// Cold, to another host.
    #[component(name = "migration")]
    Migration,
    /// Cold, to another flavor.
    #[component(name = "resize")]
    Resize,
    /// Live.
    #[component(name = "live-migration")]
    LiveMigration,
    /// From a host that is down.
    #[component(name = "evacuation")]
    Evacuation,
}

/// nova's migration record.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize, ToSchema)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct MigrationRecord {
    /// As a consumer.
    pub migration: ConsumerId,
    /// Whose it is: nova's instance.
    pub server: ConsumerId,
    /// What kind of migration.
    #[component(name = "migration-type")]
    pub migration_type: MigrationType,
    /// nova's word, such as `pre-migrating`, `migrating`, `finished`, `confirmed`, `error`.
    pub status: String,
}
