//! How a task ends well, and what it says then.

use serde::{Deserialize, Serialize};

use super::{Allocation, ComponentType, ConsumerId, HostNode, Lift, Lower, ProviderId};

/// What is so now.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize)]
#[component(variant)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Outcome {
    /// The target holds what the source held; the source holds nothing.
    #[component(name = "moved")]
    Moved(Transfer),
    /// The source held nothing and the target did: nothing was written.
    #[component(name = "already-moved")]
    AlreadyMoved(Transfer),
    /// The target is gone for good, so the source's allocations were deleted.
    #[component(name = "source-deleted")]
    SourceDeleted(Removal),
    /// The target was gone by the time that it had been given the allocations, so they were deleted again.
    #[component(name = "target-deleted")]
    TargetDeleted(Removal),
    /// Neither consumer holds anything.
    #[component(name = "nothing-to-move")]
    NothingToMove,
    /// Replace only: the server holds nothing of its own compute node, so there is nothing to swap.
    #[component(name = "not-held")]
    NotHeld(NotHeld),
    /// Migrate and live-migrate: the compute service has been told to begin.
    #[component(name = "started")]
    Started(Started),
    /// The consumer's allocations were dropped.
    #[component(name = "released")]
    Released(Removal),
    /// The consumer holds nothing.
    #[component(name = "nothing-held")]
    NothingHeld(NothingHeld),
    /// Abort: the migration is ended, and what its record held is where it belongs.
    #[component(name = "aborted")]
    Aborted(Aborted),
}

/// The contract's `transfer`.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize)]
#[component(record)]
pub struct Transfer {
    /// `source`.
    pub source: ConsumerId,
    /// `target`.
    pub target: ConsumerId,
    /// What the target holds.
    pub allocations: Vec<Allocation>,
}

/// The contract's `removal`.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize)]
#[component(record)]
pub struct Removal {
    /// `consumer`.
    pub consumer: ConsumerId,
    /// What it held.
    pub allocations: Vec<Allocation>,
}

/// The contract's `not-held`.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize)]
#[component(record)]
pub struct NotHeld {
    /// `server`.
    pub server: ConsumerId,
    /// `node`.
    pub node: ProviderId,
}

/// A migration that a compute service goes on with.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize)]
#[component(record)]
pub struct Started {
    /// Its record.
    pub migration: ConsumerId,
    /// Where to.
    pub destination: HostNode,
    /// Does the record hold what the server held before?
    pub swapped: bool,
}

/// A consumer without allocations.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize)]
#[component(record)]
pub struct NothingHeld {
    /// Who was asked about.
    pub consumer: ConsumerId,
}

/// A migration that was ended.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize)]
#[component(record)]
pub struct Aborted {
    /// Its record.
    pub migration: ConsumerId,
    /// What became of what it held.
    pub allocations: AllocationsFate,
}

/// What became of the allocations that a server had at a migration's beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize)]
#[component(enum)]
#[repr(u8)]
#[serde(rename_all = "kebab-case")]
pub enum AllocationsFate {
    /// They were never given to the migration record.
    #[component(name = "untouched")]
    Untouched,
    /// The server has them again.
    #[component(name = "returned")]
    Returned,
    /// The server is gone, and nobody has them.
    #[component(name = "dropped")]
    Dropped,
    /// The migration record still has them (nova 34).
    #[component(name = "left")]
    Left,
}
