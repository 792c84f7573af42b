//! A way to a state that violates a property.

use super::{Action, Property};
use crate::Violation;

/// The first way that was found, with the fewest faults and the fewest actions.
#[derive(Debug, Clone, PartialEq)]
pub struct Counterexample {
    /// The property that does not hold.
    pub property: Property,
    /// What is wrong.
    pub violation: Violation,
    /// The faults on the way.
    pub faults: u32,
    /// The way from the beginning of the scene.
    pub actions: Vec<Action>,
    /// The number of states in which the same is wrong.
    pub states: usize,
}
