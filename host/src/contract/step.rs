//! Steps: what to do next, and how a task ends.

use serde::{Deserialize, Serialize};

use super::{
    Aborted, ComponentType, Effect, Failure, Lift, Lower, NotHeld, NothingHeld, Reason, Removal, Started, Transfer,
};

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize)]
#[component(variant)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Step {
    /// Carry out these effects, which do not wait for each other, and call again with all of them in the history,
    /// in this order.
    #[component(name = "perform")]
    Perform(Perform),
    /// The task has ended with an outcome.
    #[component(name = "finished")]
    Finished(Finished),
    /// The task has ended without one.
    #[component(name = "failed")]
    Failed(Failed),
}

/// The contract's `perform`.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize)]
#[component(record)]
pub struct Perform {
    /// One or more.
    pub effects: Vec<Effect>,
    /// `reasons`.
    pub reasons: Vec<Reason>,
}

/// The contract's `finished`.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize)]
#[component(record)]
pub struct Finished {
    /// `outcome`.
    pub outcome: Outcome,
    /// `reasons`.
    pub reasons: Vec<Reason>,
}

/// The contract's `failed`.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize)]
#[component(record)]
pub struct Failed {
    /// `failure`.
    pub failure: Failure,
    /// `reasons`.
    pub reasons: Vec<Reason>,
}

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
