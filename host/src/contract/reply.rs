//! Replies: what became of an effect.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    AvailabilityZoneAnswer, CellAnswer, ComponentType, Effect, Holding, Lift, Lower, MigrationAnswer, NovaError,
    PortRequests, ProjectAndUser, ProviderId, RpcVersion, Selections, ServiceAnswer, Traits,
};

/// What became of an effect.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize)]
#[component(variant)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Reply {
    /// To `get-allocations`: 200.
    #[component(name = "holding")]
    Holding(Holding),
    /// To a write: 204. Placement has done it.
    #[component(name = "written")]
    Written,
    /// Placement has answered, in its own error form, and has not done it.
    #[component(name = "refused")]
    Refused(Refusal),
    /// An answer came that is not of Placement's form: a proxy's page, or one cut short. To a write with a 5xx or
    /// 2xx status it says nothing about whether Placement has done it.
    #[component(name = "foreign")]
    Foreign(ForeignAnswer),
    /// To a write: it was sent, or may have been, and no answer of Placement's came back. It is neither done nor
    /// not done until a read tells.
    #[component(name = "lost")]
    Lost(Silence),
    /// Nothing was sent, or a read went unanswered after the host's repeats. Nothing has changed by it.
    #[component(name = "unreachable")]
    Unreachable(Silence),
    /// To `find-server`.
    #[component(name = "server")]
    Server(ServerAnswer),
    /// To `find-compute-node`.
    #[component(name = "compute-node")]
    ComputeNode(ComputeNodeAnswer),
    /// To `pause`.
    #[component(name = "paused")]
    Paused(Paused),
    /// To what nova was to do, or to check: it is done, or so.
    #[component(name = "done")]
    Done,
    /// To an effect that nova answers: it raised an exception.
    #[component(name = "nova-error")]
    NovaError(NovaError),
    /// To an effect that nova answers: whoever was to answer it has fallen silent. It may have been done, or be done
    /// later.
    #[component(name = "abandoned")]
    Abandoned(Silence),
    /// To `get-provider-traits`.
    #[component(name = "traits")]
    Traits(Traits),
    /// To `get-port-requests`.
    #[component(name = "port-requests")]
    PortRequests(PortRequests),
    /// To `find-cell`.
    #[component(name = "cell")]
    Cell(CellAnswer),
    /// To `find-migration`, `get-migration` and `create-migration`.
    #[component(name = "migration")]
    Migration(MigrationAnswer),
    /// To `ensure-project-and-user`.
    #[component(name = "project-and-user")]
    ProjectAndUser(ProjectAndUser),
    /// To `select-destinations`.
    #[component(name = "selections")]
    Selections(Selections),
    /// To `find-service`.
    #[component(name = "service")]
    Service(ServiceAnswer),
    /// To `get-compute-rpc-version`.
    #[component(name = "rpc-version")]
    RpcVersion(RpcVersion),
    /// To `get-availability-zone`.
    #[component(name = "availability-zone")]
    AvailabilityZone(AvailabilityZoneAnswer),
}

/// The contract's `refusal`.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize)]
#[component(record)]
pub struct Refusal {
    /// HTTP status, 400 to 599.
    pub status: u16,
    /// Placement's error code, such as `placement.concurrent_update`; empty when the answer has none.
    pub code: String,
    /// Placement's detail, at most 2,000 bytes.
    pub detail: String,
}

/// The contract's `foreign-answer`.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize)]
#[component(record)]
pub struct ForeignAnswer {
    /// HTTP status, 200 to 599.
    pub status: u16,
    /// The beginning of the body, at most 500 bytes.
    pub body: String,
}

/// Why there was no answer, in the transport's words. For people: rules do not decide by it.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize)]
#[component(record)]
pub struct Silence {
    /// `detail`.
    pub detail: String,
}

/// The contract's `server-state`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize, ToSchema)]
#[component(enum)]
#[repr(u8)]
#[serde(rename_all = "kebab-case")]
pub enum ServerState {
    /// nova has the server and it is not being deleted.
    #[component(name = "present")]
    Present,
    /// nova does not have it, or has it as deleted.
    #[component(name = "gone")]
    Gone,
    /// nobody could tell: nova was not asked, did not answer, or is just deleting the server.
    #[component(name = "unknown")]
    Unknown,
}

/// The contract's `server-answer`.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize)]
#[component(record)]
pub struct ServerAnswer {
    /// `state`.
    pub state: ServerState,
}

/// The contract's `compute-node-answer`.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize)]
#[component(record)]
pub struct ComputeNodeAnswer {
    /// None: nova has no such compute node (nova's `ComputeHostNotFound`).
    // An answer that does not name one says nothing, and is not taken for null.
    #[serde(deserialize_with = "Option::deserialize")]
    pub node: Option<ProviderId>,
}

/// The contract's `paused`.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize)]
#[component(record)]
pub struct Paused {
    /// How long it was, in milliseconds.
    pub ms: u32,
}

/// An effect with its reply: one entry of a task's history.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize)]
#[component(record)]
pub struct Exchange {
    /// `effect`.
    pub effect: Effect,
    /// `reply`.
    pub reply: Reply,
}
