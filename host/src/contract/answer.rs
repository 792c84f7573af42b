//! What nova answers, or whoever answers for it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{ComponentType, Lift, Lower, MigrationRecord, ResourceRequest, Selection};

/// An exception in nova.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize, ToSchema)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct NovaError {
    /// The exception's class, such as `NoValidHost`.
    pub error: String,
    /// Its text, at most 2,000 bytes.
    pub detail: String,
}

/// What a provider is capable of.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize, ToSchema)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct Traits {
    /// Such as `CUSTOM_PHYSNET_0`, in ascending order.
    pub traits: Vec<String>,
}

/// What a server's ports need.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize, ToSchema)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct PortRequests {
    /// One entry a port that needs something.
    pub requests: Vec<ResourceRequest>,
}

/// nova's answer about a server's cell.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize, ToSchema)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct CellAnswer {
    /// By its UUID. None: the server is mapped to no cell.
    #[serde(deserialize_with = "Option::deserialize")]
    #[schema(required)]
    pub cell: Option<String>,
}

/// nova's answer about a migration.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize, ToSchema)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct MigrationAnswer {
    /// None: nova has no such record.
    #[serde(deserialize_with = "Option::deserialize")]
    #[schema(required)]
    pub migration: Option<MigrationRecord>,
}

/// Whose a server is.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize, ToSchema)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct ProjectAndUser {
    /// Keystone's project id.
    pub project: String,
    /// Keystone's user id.
    pub user: String,
}

/// The scheduler's answer.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize, ToSchema)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct Selections {
    /// One or more; the first one is claimed, the others are alternates, best first.
    pub selections: Vec<Selection>,
}

/// nova's answer about a compute service.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize, ToSchema)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct ServiceAnswer {
    /// Its version. None: nova has no row for it.
    #[serde(deserialize_with = "Option::deserialize")]
    #[schema(required, maximum = 4_294_967_295_u64)]
    pub version: Option<u32>,
}

/// A version of nova's compute RPC API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize, ToSchema)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct RpcVersion {
    /// Such as 6 in 6.3.
    #[schema(maximum = 4_294_967_295_u64)]
    pub major: u32,
    /// Such as 3 in 6.3.
    #[schema(maximum = 4_294_967_295_u64)]
    pub minor: u32,
}

/// nova's answer about a host's availability zone.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize, ToSchema)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct AvailabilityZoneAnswer {
    /// None: it is in none.
    #[serde(deserialize_with = "Option::deserialize")]
    #[schema(required)]
    pub zone: Option<String>,
}
