//! Effects: one request to the outside.

use serde::{Deserialize, Serialize};
use wasmtime::component::{ComponentType, Lift, Lower};

use super::{Allocation, ConsumerId, Generation};

/// One request that the policy wants made. The host makes it once and answers with a `reply`.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize)]
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
}

/// The contract's `get-allocations`.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize)]
#[component(record)]
pub struct GetAllocations {
    /// `consumer`.
    pub consumer: ConsumerId,
}

/// The contract's `post-allocations`.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize)]
#[component(record)]
pub struct PostAllocations {
    /// One entry a consumer; each consumer at most once.
    pub consumers: Vec<NewHolding>,
}

/// What one consumer is to hold after the write, in place of all that it held before.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize)]
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
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize)]
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
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize)]
#[component(record)]
pub struct FindServer {
    /// `server`.
    pub server: ConsumerId,
}

/// The contract's `find-compute-node`.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize)]
#[component(record)]
pub struct FindComputeNode {
    /// `server`.
    pub server: ConsumerId,
}

/// The contract's `pause`.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize)]
#[component(record)]
pub struct Pause {
    /// Upper bound in milliseconds; the host waits a time drawn evenly from 0 to this.
    #[component(name = "up-to-ms")]
    pub up_to_ms: u32,
}
