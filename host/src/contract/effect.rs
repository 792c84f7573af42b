//! Effects: one request to the outside.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use wasmtime::component::{ComponentType, Lift, Lower};

use super::{Allocation, ConsumerId, Generation, HostNode, Mapping, MigrationType, ProviderId, RequestSpec, Selection};

/// One request that the policy wants made. The host makes it once and answers with a `reply`.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize, ToSchema)]
#[component(variant)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Effect {
    /// GET /allocations/{consumer} at microversion 1.28. Answered by `holding`.
    #[component(name = "get-allocations")]
    GetAllocations(GetAllocations),
    /// POST /allocations at microversion 1.28: all of it or none. Answered by `written`.
    #[component(name = "post-allocations")]
    PostAllocations(PostAllocations),
    /// PUT /allocations/{consumer} with no allocations, at microversion 1.28. Placement's DELETE checks no
    /// generation; this does. Answered by `written`.
    #[component(name = "delete-allocations")]
    DeleteAllocations(DeleteAllocations),
    /// Does this server still exist, for nova? Answered by `server`.
    #[component(name = "find-server")]
    FindServer(FindServer),
    /// On which compute node is this server, for nova? Answered by `compute-node`.
    #[component(name = "find-compute-node")]
    FindComputeNode(FindComputeNode),
    /// Wait before the next try. The host draws the time, since a policy has no random numbers. Answered by `paused`.
    #[component(name = "pause")]
    Pause(Pause),
    /// PUT /allocations/{consumer}: a claim. Answered by `written`.
    #[component(name = "put-allocations")]
    PutAllocations(PutAllocations),
    /// GET /resource_providers/{provider}/traits. Answered by `traits`.
    #[component(name = "get-provider-traits")]
    GetProviderTraits(GetProviderTraits),
    /// Set up the server group's hosts and policy in the request spec: nova's `setup_instance_group`. Answered by
    /// `done`.
    #[component(name = "setup-instance-group")]
    SetupInstanceGroup(OfServer),
    /// What do the server's ports need (neutron)? Answered by `port-requests`.
    #[component(name = "get-port-requests")]
    GetPortRequests(OfServer),
    /// In which cell is the server (nova's InstanceMapping)? Answered by `cell`.
    #[component(name = "find-cell")]
    FindCell(OfServer),
    /// Is there such a migration record? Answered by `migration`.
    #[component(name = "find-migration")]
    FindMigration(FindMigration),
    /// What has become of this migration? Answered by `migration`.
    #[component(name = "get-migration")]
    GetMigration(OfMigration),
    /// Make a migration record, `pre-migrating`, from where the server is now. Answered by `migration`.
    #[component(name = "create-migration")]
    CreateMigration(CreateMigration),
    /// Save the record's new status. Answered by `done`.
    #[component(name = "save-migration")]
    SaveMigration(SaveMigration),
    /// Whose is the server? nova's `ensure_project_and_user_id`. Answered by `project-and-user`.
    #[component(name = "ensure-project-and-user")]
    EnsureProjectAndUser(OfServer),
    /// nova's `ensure_network_metadata` of the request spec. Answered by `done`.
    #[component(name = "ensure-network-metadata")]
    EnsureNetworkMetadata(OfServer),
    /// nova's `heal_reqspec_is_bfv`: does the server boot from a volume? Answered by `done`.
    #[component(name = "heal-is-bfv")]
    HealIsBfv(OfServer),
    /// Ask the scheduler, which claims the first host that it names. Answered by `selections`.
    #[component(name = "select-destinations")]
    SelectDestinations(SelectDestinations),
    /// How new is the compute service of this host? Answered by `service`.
    #[component(name = "find-service")]
    FindService(OfHost),
    /// Which version is the compute RPC API pinned to? Answered by `rpc-version`.
    #[component(name = "get-compute-rpc-version")]
    GetComputeRpcVersion,
    /// In which availability zone is this host? Answered by `availability-zone`.
    #[component(name = "get-availability-zone")]
    GetAvailabilityZone(OfHost),
    /// Cast to the destination: nova's `prep_resize`. Answered by `done` when it was sent.
    #[component(name = "prep-resize")]
    PrepResize(PrepResize),
    /// Cast to the source: nova's `live_migration`. Answered by `done` when it was sent.
    #[component(name = "live-migration")]
    LiveMigration(LiveMigration),
    /// Can the server's NUMA topology be migrated live? Answered by `done`.
    #[component(name = "check-numa")]
    CheckNuma(OfServer),
    /// Is this host's compute service up? Answered by `done`.
    #[component(name = "check-service-up")]
    CheckServiceUp(OfHost),
    /// Which compute node is this host's (by its root provider)? Answered by `compute-node`.
    #[component(name = "find-host-node")]
    FindHostNode(OfHost),
    /// May the server be migrated live to this host? Answered by `done`.
    #[component(name = "check-destination")]
    CheckDestination(CheckDestination),
}

impl Effect {
    /// Its name in the contract.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::GetAllocations(_) => "get-allocations",
            Self::PostAllocations(_) => "post-allocations",
            Self::DeleteAllocations(_) => "delete-allocations",
            Self::FindServer(_) => "find-server",
            Self::FindComputeNode(_) => "find-compute-node",
            Self::Pause(_) => "pause",
            Self::PutAllocations(_) => "put-allocations",
            Self::GetProviderTraits(_) => "get-provider-traits",
            Self::SetupInstanceGroup(_) => "setup-instance-group",
            Self::GetPortRequests(_) => "get-port-requests",
            Self::FindCell(_) => "find-cell",
            Self::FindMigration(_) => "find-migration",
            Self::GetMigration(_) => "get-migration",
            Self::CreateMigration(_) => "create-migration",
            Self::SaveMigration(_) => "save-migration",
            Self::EnsureProjectAndUser(_) => "ensure-project-and-user",
            Self::EnsureNetworkMetadata(_) => "ensure-network-metadata",
            Self::HealIsBfv(_) => "heal-is-bfv",
            Self::SelectDestinations(_) => "select-destinations",
            Self::FindService(_) => "find-service",
            Self::GetComputeRpcVersion => "get-compute-rpc-version",
            Self::GetAvailabilityZone(_) => "get-availability-zone",
            Self::PrepResize(_) => "prep-resize",
            Self::LiveMigration(_) => "live-migration",
            Self::CheckNuma(_) => "check-numa",
            Self::CheckServiceUp(_) => "check-service-up",
            Self::FindHostNode(_) => "find-host-node",
            Self::CheckDestination(_) => "check-destination",
        }
    }

    /// The kind of reply by which nova, or whoever asked for the task, answers it; none when that is Placement, or the
    /// host itself. nova may raise an exception instead, save where the rules ask for a mere fact (`nova_may_raise`).
    #[must_use]
    pub fn answered_by(&self) -> Option<&'static str> {
        match self {
            Self::GetAllocations(_)
            | Self::PostAllocations(_)
            | Self::DeleteAllocations(_)
            | Self::PutAllocations(_)
            | Self::GetProviderTraits(_)
            | Self::Pause(_) => None,
            Self::FindServer(_) => Some("server"),
            Self::FindComputeNode(_) | Self::FindHostNode(_) => Some("compute-node"),
            Self::GetPortRequests(_) => Some("port-requests"),
            Self::FindCell(_) => Some("cell"),
            Self::FindMigration(_) | Self::GetMigration(_) | Self::CreateMigration(_) => Some("migration"),
            Self::EnsureProjectAndUser(_) => Some("project-and-user"),
            Self::SelectDestinations(_) => Some("selections"),
            Self::FindService(_) => Some("service"),
            Self::GetComputeRpcVersion => Some("rpc-version"),
            Self::GetAvailabilityZone(_) => Some("availability-zone"),
            Self::SetupInstanceGroup(_)
            | Self::SaveMigration(_)
            | Self::EnsureNetworkMetadata(_)
            | Self::HealIsBfv(_)
            | Self::PrepResize(_)
            | Self::LiveMigration(_)
            | Self::CheckNuma(_)
            | Self::CheckServiceUp(_)
            | Self::CheckDestination(_) => Some("done"),
        }
    }

    /// Whether `nova-error` answers it.
    #[must_use]
    pub fn nova_may_raise(&self) -> bool {
        self.answered_by().is_some() && !matches!(self, Self::FindServer(_) | Self::FindComputeNode(_))
    }

    /// Whether Placement may be another after it.
    #[must_use]
    pub fn is_write(&self) -> bool {
        matches!(self, Self::PostAllocations(_) | Self::DeleteAllocations(_) | Self::PutAllocations(_))
    }
}

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
