//! What consumers hold.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{ComponentType, ConsumerId, Generation, Lift, Lower, ProviderId};

/// The contract's `resource-amount`.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize, ToSchema)]
#[component(record)]
pub struct ResourceAmount {
    /// A resource class, such as `VCPU` or `CUSTOM_GOLD`.
    pub class: String,
    /// In the class's own unit (Placement: MEMORY_MB in MiB, DISK_GB in GiB); 1 or more.
    #[schema(maximum = 4_294_967_295_u64)]
    pub amount: u32,
}

/// What a consumer holds of one resource provider.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize, ToSchema)]
#[component(record)]
pub struct Allocation {
    /// `provider`.
    pub provider: ProviderId,
    /// In ascending order of class.
    pub resources: Vec<ResourceAmount>,
}

/// The owner that Placement keeps with a consumer. It exists only while a consumer holds something.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize, ToSchema)]
#[component(record)]
pub struct Owner {
    /// Keystone's project id.
    pub project: String,
    /// Keystone's user id.
    pub user: String,
    /// Placement's consumer generation.
    pub generation: Generation,
}

/// What Placement says of one consumer. It answers alike for a consumer it does not know and for one whose record
/// holds nothing: no allocations, no owner. So `owner` is none exactly when `allocations` is empty.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize, ToSchema)]
#[component(record)]
pub struct Holding {
    /// `consumer`.
    pub consumer: ConsumerId,
    /// `owner`.
    pub owner: Option<Owner>,
    /// In ascending order of provider.
    pub allocations: Vec<Allocation>,
}
