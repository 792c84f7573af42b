//! The deletion of the server, in the phases in which nova makes it.

use super::OtherAction;

/// A deletion that a user may start at any time, or never. Once it has begun, it goes on to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Deletion {
    order: DeletionOrder,
    /// The number of phases that are over.
    done: usize,
}

/// The order of the phases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DeletionOrder {
    /// The compute service deletes the server, and its allocations last.
    Compute,
    /// nova's API deletes a server whose compute service is down: the allocations first, then the server.
    Local,
}

impl Deletion {
    /// A deletion that has not begun.
    #[must_use]
    pub fn new(order: DeletionOrder) -> Self {
        Self { order, done: 0 }
    }

    /// The next phase.
    #[must_use]
    pub fn next(self) -> Option<OtherAction> {
        self.phases().get(self.done).copied()
    }

    /// Whether nova says that the server is being deleted.
    #[must_use]
    pub fn is_deleting(self) -> bool {
        self.done > 0
    }

    pub(super) fn advance(&mut self) {
        self.done += 1;
    }

    pub(super) fn may_rest(self) -> bool {
        self.done == 0 || self.next().is_none()
    }

    fn phases(self) -> [OtherAction; 3] {
        use OtherAction::{AllocationsDeleted, Deleting, Gone};
        match self.order {
            DeletionOrder::Compute => [Deleting, Gone, AllocationsDeleted],
            DeletionOrder::Local => [Deleting, AllocationsDeleted, Gone],
        }
    }
}
