//! What leads from one state to the next.

use crate::{MigrationEnd, SimEvent};

/// One transition.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Action {
    /// The next effect of a mover is answered, with this event.
    Effect {
        /// The position of the mover among the actors.
        actor: usize,
        /// What happens at the effect.
        event: SimEvent,
    },
    /// Placement has checked the write of a mover, and has not written yet. The effect is its second half.
    Begins {
        /// The position of the mover.
        actor: usize,
    },
    /// The machine of a mover crashes after its next effect was done, and the last entries of the journal are lost.
    Forgets {
        /// The position of the mover.
        actor: usize,
        /// The number of exchanges that are left, with which the task goes on.
        left: usize,
    },
    /// Another actor acts.
    Other {
        /// The position of the actor.
        actor: usize,
        /// What it does.
        action: OtherAction,
    },
    /// A request that is in flight arrives.
    Arrives {
        /// Its position among the requests in flight.
        request: usize,
    },
}

/// What an actor does that is not a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OtherAction {
    /// nova begins to delete the server: its task state is `deleting`.
    Deleting,
    /// nova does not have the server any more.
    Gone,
    /// nova deletes the server's allocations, whatever their generation.
    AllocationsDeleted,
    /// The scheduler claims a host for the server.
    Claims,
    /// The compute services finish a migration that has begun.
    Finishes(MigrationEnd),
}

impl Action {
    /// Whether it counts against the number of faults, if no [lasting](super::LastingFaults) fault includes it.
    #[must_use]
    pub fn is_fault(self) -> bool {
        match self {
            Self::Effect { event, .. } => event.is_rare(),
            Self::Forgets { .. } => true,
            Self::Begins { .. } | Self::Other { .. } | Self::Arrives { .. } => false,
        }
    }

    /// Whether a task does it, and no other actor and no request in flight.
    pub(super) fn is_of_a_task(self) -> bool {
        !matches!(self, Self::Other { .. } | Self::Arrives { .. })
    }
}

impl OtherAction {
    /// Who does it.
    #[must_use]
    pub fn who(self) -> &'static str {
        match self {
            Self::Deleting | Self::Gone | Self::AllocationsDeleted => "nova",
            Self::Claims => "the scheduler",
            Self::Finishes(_) => "the compute services",
        }
    }

    /// What is done, in words.
    #[must_use]
    pub fn what(self) -> &'static str {
        match self {
            Self::Deleting => "a user deletes the server: its task state is `deleting`",
            Self::Gone => "the server does not exist any more",
            Self::AllocationsDeleted => "DELETE of the server's allocations",
            Self::Claims => "claims a host for the server",
            Self::Finishes(MigrationEnd::Confirmed) => "the migration arrives and is confirmed",
            Self::Finishes(MigrationEnd::Reverted) => "the migration fails and is reverted",
            Self::Finishes(MigrationEnd::FinishFailed) => {
                "finish_resize fails, and the server stays on the destination"
            }
        }
    }
}
