//! Effects: one request to the outside.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    CheckDestination, ComponentType, CreateMigration, DeleteAllocations, FindComputeNode, FindMigration, FindServer,
    GetAllocations, GetProviderTraits, Lift, LiveMigration, Lower, OfHost, OfMigration, OfServer, Pause,
    PostAllocations, PrepResize, PutAllocations, SaveMigration, SelectDestinations,
};

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
