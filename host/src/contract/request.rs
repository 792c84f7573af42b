//! What each effect asks.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    Allocation, ComponentType, ConsumerId, Generation, HostNode, Lift, Lower, Mapping, MigrationType, ProviderId,
    RequestSpec, Selection,
};

/// The contract's `get-allocations`.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize, ToSchema)]
#[component(record)]
pub struct GetAllocations {
    /// `consumer`.
    pub consumer: ConsumerId,
}

/// The contract's `post-allocations`.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize, ToSchema)]
#[component(record)]
pub struct PostAllocations {
    /// One entry a consumer; each consumer at most once.
    pub consumers: Vec<NewHolding>,
}

/// What one consumer is to hold after the write, in place of all that it held before.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize, ToSchema)]
#[component(record)]
pub struct NewHolding {
    /// `consumer`.
    pub consumer: ConsumerId,
    /// `project`.
    pub project: String,
    /// `user`.
    pub user: String,
    /// The consumer generation that Placement is to find. None is Placement's null: no such consumer yet.
    pub generation: Option<Generation>,
    /// Empty: the consumer is to hold nothing.
    pub allocations: Vec<Allocation>,
}

/// The contract's `delete-allocations`.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize, ToSchema)]
#[component(record)]
pub struct DeleteAllocations {
    /// `consumer`.
    pub consumer: ConsumerId,
    /// `project`.
    pub project: String,
    /// `user`.
    pub user: String,
    /// `generation`.
    pub generation: Generation,
}

/// The contract's `find-server`.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize, ToSchema)]
#[component(record)]
pub struct FindServer {
    /// `server`.
    pub server: ConsumerId,
}

/// The contract's `find-compute-node`.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize, ToSchema)]
#[component(record)]
pub struct FindComputeNode {
    /// `server`.
    pub server: ConsumerId,
}

/// The contract's `pause`.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize, ToSchema)]
#[component(record)]
pub struct Pause {
    /// Upper bound in milliseconds; the host waits a time drawn evenly from 0 to this.
    #[component(name = "up-to-ms")]
    pub up_to_ms: u32,
}

/// A write of one consumer. The host sends it once, at the microversion given.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize, ToSchema)]
#[component(record)]
pub struct PutAllocations {
    /// What it is to hold, in place of all that it held before.
    pub holding: NewHolding,
    /// Sent as they are from microversion 1.34 on; Placement looks at their form only.
    pub mappings: Vec<Mapping>,
    /// The microversion, 1.28 or later.
    pub version: String,
}

/// A read. The host may repeat it while it goes unanswered.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize, ToSchema)]
#[component(record)]
pub struct GetProviderTraits {
    /// A resource provider.
    pub provider: ProviderId,
}

/// About a server.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize, ToSchema)]
#[component(record)]
pub struct OfServer {
    /// One of the task's own consumers.
    pub server: ConsumerId,
}

/// About a migration record.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize, ToSchema)]
#[component(record)]
pub struct OfMigration {
    /// One of the task's own consumers, or a record that an answer has named.
    pub migration: ConsumerId,
}

/// About a host.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize, ToSchema)]
#[component(record)]
pub struct OfHost {
    /// nova's name of it.
    pub host: String,
}

/// A question to nova.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize, ToSchema)]
#[component(record)]
pub struct FindMigration {
    /// One of the task's own consumers.
    pub server: ConsumerId,
    /// Of this type alone.
    #[component(name = "migration-type")]
    pub migration_type: MigrationType,
    /// In this status alone.
    pub status: String,
}

/// Work for nova.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize, ToSchema)]
#[component(record)]
pub struct CreateMigration {
    /// One of the task's own consumers.
    pub server: ConsumerId,
    /// Its type.
    #[component(name = "migration-type")]
    pub migration_type: MigrationType,
    /// The flavor that the server has.
    #[component(name = "old-flavor")]
    pub old_flavor: String,
    /// The flavor that it is to have.
    #[component(name = "new-flavor")]
    pub new_flavor: String,
}

/// Work for nova.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize, ToSchema)]
#[component(record)]
pub struct SaveMigration {
    /// As in `of-migration`.
    pub migration: ConsumerId,
    /// nova's word.
    pub status: String,
}

/// A call to nova's scheduler.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize, ToSchema)]
#[component(record)]
pub struct SelectDestinations {
    /// One of the task's own consumers.
    pub server: ConsumerId,
    /// As the rules have made it.
    #[component(name = "request-spec")]
    pub request_spec: RequestSpec,
}

/// A cast to a compute service.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize, ToSchema)]
#[component(record)]
pub struct PrepResize {
    /// One of the task's own consumers.
    pub server: ConsumerId,
    /// As in `of-migration`.
    pub migration: ConsumerId,
    /// Where to.
    pub destination: HostNode,
    /// The destination's availability zone, if it has one.
    #[component(name = "availability-zone")]
    pub availability_zone: Option<String>,
    /// As the rules have made it. Its retry names the destination too, where nova keeps one.
    #[component(name = "request-spec")]
    pub request_spec: RequestSpec,
    /// The alternates that are left, best first.
    #[component(name = "host-list")]
    pub host_list: Vec<Selection>,
}

/// A cast to a compute service.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize, ToSchema)]
#[component(record)]
pub struct LiveMigration {
    /// One of the task's own consumers.
    pub server: ConsumerId,
    /// As in `of-migration`.
    pub migration: ConsumerId,
    /// Where from.
    #[component(name = "source-host")]
    pub source_host: String,
    /// Where to.
    pub destination: HostNode,
    /// The destination's availability zone, if it has one.
    #[component(name = "availability-zone")]
    pub availability_zone: Option<String>,
}

/// A question to nova, and through it to the destination.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize, ToSchema)]
#[component(record)]
pub struct CheckDestination {
    /// One of the task's own consumers.
    pub server: ConsumerId,
    /// As in `of-migration`.
    pub migration: ConsumerId,
    /// Where to.
    pub destination: HostNode,
    /// What is asked.
    pub check: DestinationCheck,
}

/// In nova's order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize, ToSchema)]
#[component(enum)]
#[repr(u8)]
#[serde(rename_all = "kebab-case")]
pub enum DestinationCheck {
    /// Is its hypervisor of the source's type, and not older?
    #[component(name = "hypervisor")]
    Hypervisor,
    /// The compute service's own word: `check_can_live_migrate_destination`.
    #[component(name = "can-live-migrate")]
    CanLiveMigrate,
    /// Can neutron bind the server's ports there?
    #[component(name = "bind-ports")]
    BindPorts,
}
