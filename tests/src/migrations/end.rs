//! How a task ends, and which state is correct after it.

use swaparoo::contract::{Failure, MigrationFailed, Outcome};

/// The end of a task.
pub type End = Result<Outcome, Failure>;

/// The expected state after a true end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// Everything is as it should be.
    Settled,
    /// A person must look, and can use `abort` and `release`.
    MustLook,
    /// The task was not done, and can be started again.
    NotDone,
}

/// The state that an end means.
pub fn claim(end: &End) -> Claim {
    match end {
        Ok(_) => Claim::Settled,
        // It ended before its migration.
        Err(
            Failure::NovaFailed(MigrationFailed { migration: None, .. })
            | Failure::MaxRetriesExceeded(MigrationFailed { migration: None, .. })
            | Failure::Abandoned(MigrationFailed { migration: None, .. }),
        ) => Claim::NotDone,
        Err(
            Failure::NoValidHost(_)
            | Failure::MaxRetriesExceeded(_)
            | Failure::NovaFailed(_)
            | Failure::Abandoned(_)
            | Failure::StillInUse(_)
            | Failure::ComputeHostNotFound(_),
        ) => Claim::Settled,
        Err(
            Failure::Undecided(_)
            | Failure::Unsettled(_)
            | Failure::Leaked(_)
            | Failure::NotRolledBack(_)
            | Failure::CastUnsettled(_),
        ) => Claim::MustLook,
        Err(_) => Claim::NotDone,
    }
}

/// The name of an end in the contract.
pub fn name(end: &End) -> &'static str {
    match end {
        Ok(outcome) => outcome.name(),
        Err(failure) => failure.name(),
    }
}
