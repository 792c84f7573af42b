//! The contract's values, as `wit/types.wit` says them, with the JSON form of a record: a variant is an object with its
//! `kind`, an enum a string, both in WIT's own spelling.
//!
//! wasmtime's generator has no way to say how a type looks in JSON, so they stand here in full, and the bindings that it
//! generates use them: a case, field or type that differs from the WIT does not compile or does not load.

mod answer;
mod effect;
mod failure;
mod holding;
#[path = "../../../wit/names.rs"]
mod names;
mod nova;
mod outcome;
mod reason;
mod reply;
mod request;
mod step;
mod task;

pub use answer::*;
pub use effect::*;
pub use failure::*;
pub use holding::*;
pub use nova::*;
pub use outcome::*;
pub use reason::*;
pub use reply::*;
pub use request::*;
pub use step::*;
pub use task::*;

use serde::{Deserialize, Serialize};
use wasmtime::component::{ComponentType, Lift, Lower};

/// The UUID of a consumer (Placement, /allocations/{consumer_uuid}): 36 characters, lower case, with dashes.
/// The host refuses any other spelling before a policy sees it, since Placement compares these strings as they are.
pub type ConsumerId = String;

/// The UUID of a resource provider. A compute node's UUID is that of its root provider.
pub type ProviderId = String;

/// A resource provider's or consumer's generation, as Placement counts it: a signed 32-bit column that only grows.
pub type Generation = u32;

/// The version of the contract that this host speaks.
pub const CONTRACT: &str = "0.1.0";

/// What a policy says of itself.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize)]
#[component(record)]
pub struct Description {
    /// Such as `standard`.
    pub name: String,
    /// The policy's own version.
    pub version: String,
    /// The contract that it was built for.
    pub contract: String,
    /// The kinds of task that it has rules for.
    pub tasks: Vec<TaskKind>,
}
