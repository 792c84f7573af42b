//! What must hold at the end of a path, as named values.

use swaparoo_core::task::TaskEnd;

use super::{InitialState, PathEnd, PathWorld, Policy};
use crate::Violation;
use crate::contract::{Exchange, Failure};

/// A property of paths.
pub struct Property {
    /// The name, for messages.
    pub name: &'static str,
    /// Finds its violations at the end of a path. It may run more tasks under the same policy.
    pub check: fn(&mut dyn Policy, &EndedPath<'_>) -> Vec<Violation>,
}

/// A path at its end.
pub struct EndedPath<'a> {
    /// The start of the path.
    pub start: &'a InitialState,
    /// The world at the end; in a move, delayed writes have arrived.
    pub world: PathWorld<'a>,
    /// The exchanges of the task.
    pub history: &'a [Exchange],
    /// How it ended.
    pub end: &'a PathEnd,
}

/// The policy fails on no path, and comes to an end.
pub(super) const ENDS: Property =
    Property { name: "ends", check: |_, path| one(matches!(path.end, PathEnd::Broken(_)), Violation::Broken) };

/// A host accepts all steps and the outcome.
pub(super) const ACCEPTED: Property = Property {
    name: "accepted",
    check: |_, path| {
        let refused = matches!(path.end, PathEnd::Ended(TaskEnd::OutOfBounds(_) | TaskEnd::Unfounded(_)));
        one(refused, Violation::StepRefused)
    },
};

/// The policy recognises its own history.
pub(super) const NOT_DIVERGED: Property = Property {
    name: "not diverged",
    check: |_, path| one(matches!(path.failure(), Some(Failure::Diverged(_))), Violation::Diverged),
};

impl Property {
    /// The violations at the end of a path, each once.
    pub fn violations(&self, policy: &mut dyn Policy, path: &EndedPath<'_>) -> Vec<Violation> {
        let mut violations = (self.check)(policy, path);
        violations.sort_unstable();
        violations.dedup();
        violations
    }
}

impl<'a> EndedPath<'a> {
    /// The end of a path in this world.
    #[must_use]
    pub fn new(mut world: PathWorld<'a>, history: &'a [Exchange], end: &'a PathEnd) -> Self {
        let start = world.start;
        if start.is_move() {
            world.cloud.deliver_late();
        }
        Self { start, world, history, end }
    }

    /// The failure that the policy returned.
    #[must_use]
    pub fn failure(&self) -> Option<&Failure> {
        match self.end {
            PathEnd::Ended(TaskEnd::Failed(failure)) => Some(failure),
            _ => None,
        }
    }
}

/// The violation, if it is so.
pub(super) fn one(is_so: bool, violation: Violation) -> Vec<Violation> {
    is_so.then_some(violation).into_iter().collect()
}
