//! Steps: what to do next, and how a task ends.

use serde::{Deserialize, Serialize};

use super::{ComponentType, Effect, Failure, Lift, Lower, Outcome, Reason};

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
