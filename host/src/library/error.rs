//! Why a policy is not had.

use semver::Version;

use super::Distrust;
use crate::journal::JournalError;
use crate::policy::{Digest, LoadError, NotADigest};

/// What can go wrong with the service's policies.
#[derive(Debug, thiserror::Error)]
pub enum LibraryError {
    /// No such policy was ever given to this service.
    #[error("no policy with the digest {0} is here: push it first")]
    Unknown(Digest),
    /// The journal was changed by another hand.
    #[error(
        "the journal has other bytes as the policy {name} (sha256 {digest}): they are of sha256 {found}, and are not \
         run; put the journal back from a copy, or promote another policy"
    )]
    OtherBytes {
        /// By the journal's words.
        name: String,
        /// By which it is kept.
        digest: Digest,
        /// What the bytes have.
        found: Digest,
    },
    /// What should name a policy does not.
    #[error(transparent)]
    NotADigest(#[from] NotADigest),
    /// The component is not a policy that can run here.
    #[error(transparent)]
    Invalid(#[from] LoadError),
    /// Nobody who counts vouches for it.
    #[error(transparent)]
    Distrusted(#[from] Distrust),
    /// What is in a role is of a time with other keys, or none.
    #[error(
        "the policy {name} (sha256 {digest}) may have no role under policies.trusted_keys: start once without them, \
         push it with a signature by one of them (`swaparoo policy sign`) or promote another, and name them again"
    )]
    RoleDistrusted {
        /// By its own words.
        name: String,
        /// Of its component.
        digest: Digest,
        /// Why not.
        #[source]
        why: Distrust,
    },
    /// The first one is not signed by one who counts.
    #[error("policies.default {name} may not be active under policies.trusted_keys: sign it (`swaparoo policy sign`)")]
    FirstDistrusted {
        /// Its file.
        name: String,
        /// Why not.
        #[source]
        why: Distrust,
    },
    /// A newer version of it was active.
    #[error(
        "{name} {version} is older than {newest}, which was active here: promote a newer version, or say that an older \
         one may become active (`--allow-older`, or \"allow_older\": true)"
    )]
    Older {
        /// Its name.
        name: String,
        /// Its version.
        version: Version,
        /// The newest that was active under the same name.
        newest: Version,
    },
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
