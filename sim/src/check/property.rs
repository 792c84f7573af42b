//! What must hold, as named values.

use crate::Violation;

/// A property of what a policy does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Property {
    /// In every state.
    Safe,
    /// In every state in which nothing has to happen any more.
    RightAtRest,
    /// Of every task.
    Ends,
    /// Of a task that nothing disturbs.
    Works,
}

impl Property {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Safe, Self::RightAtRest, Self::Ends, Self::Works];

    /// The name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Safe => "safe",
            Self::RightAtRest => "right-at-rest",
            Self::Ends => "ends",
            Self::Works => "works",
        }
    }

    /// What it demands, in words.
    #[must_use]
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Safe => {
                "no provider is over its capacity, and a host accepts every step and outcome: no consumer of others, \
                 and nothing that the history does not show"
            }
            Self::RightAtRest => {
                "when nothing has to happen any more, a live server holds its resources once and others nothing, as \
                 the task's end says; or the end says that a person must look, and `abort` and `release` lead there"
            }
            Self::Ends => "the policy answers every call, recognises its own history, and ends each task",
            Self::Works => "a task ends with an outcome if before its end no fault occurs and no other actor acts",
        }
    }

    /// The property that this end of a task violates.
    pub(super) fn of_an_end(violation: Violation) -> Self {
        if violation == Violation::StepRefused { Self::Safe } else { Self::Ends }
    }
}
