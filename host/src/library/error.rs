//! Why a policy is not had.

use crate::journal::JournalError;
use crate::policy::{Digest, LoadError, NotADigest};

/// What can go wrong with the service's policies.
#[derive(Debug, thiserror::Error)]
pub enum LibraryError {
    /// No such policy was ever given to this service.
    #[error("no policy with the digest {0} is here: push it first")]
    Unknown(Digest),
    /// What should name a policy does not.
    #[error(transparent)]
    NotADigest(#[from] NotADigest),
    /// The component is not a policy that can run here.
    #[error(transparent)]
    Invalid(#[from] LoadError),
    /// The file of the first policy has gone.
    #[error("cannot read the policy {0}")]
    Unreadable(String, #[source] std::io::Error),
    /// There is nothing to go back to.
    #[error("no policy was active before this one: promote another instead")]
    NoPrevious,
    /// The journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The service stops.
    #[error("interrupted: the service is stopping")]
    Interrupted,
}
