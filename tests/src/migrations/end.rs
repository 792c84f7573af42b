//! How a task ends, by what may be expected of it.

use swaparoo::contract::{Failure, MigrationFailed, Outcome};

/// What a task ended with.
pub type End = Result<Outcome, Failure>;

/// Whether all is as it should be, if the end is true.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// It is.
    Settled,
    /// A person must look, who has `abort` and `release` for it.
    MustLook,
    /// It was not done; the task can be asked for again.
    NotDone,
}

/// What an end says of the state of things.
pub fn claim(end: &End) -> Claim {
    match end {
        Ok(_) => Claim::Settled,
        // It has not come to its migration.
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

/// An end by its case's name in the contract.
pub fn name(end: &End) -> &'static str {
    match end {
        Ok(outcome) => outcome.name(),
        Err(failure) => failure.name(),
    }
}
