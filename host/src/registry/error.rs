//! Errors of the policy registry.

use semver::Version;

use super::{Distrust, Kinds};
use crate::engine::{Digest, LoadError, NotADigest};
use crate::journal::JournalError;

/// An error of the policy registry.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// The policy was never pushed to this service.
    #[error("no policy with the digest {0} is stored here: push it first")]
    Unknown(Digest),
    /// The bytes in the journal do not match the digest: another program changed the journal.
    #[error(
        "the component of the policy {name} (sha256 {digest}) was changed in the journal: it has sha256 {found} and is not \
         run; restore the journal from a backup, or promote another policy"
    )]
    OtherBytes {
        /// The policy's name according to the journal.
        name: String,
        /// The digest under which the policy is stored.
        digest: Digest,
        /// The digest of the stored bytes.
        found: Digest,
    },
    /// A policy that is in use cannot be removed.
    #[error("the policy {digest} is not removed: {why}")]
    InUse {
        /// The policy.
        digest: Digest,
        /// What uses it, and when it can be removed.
        why: String,
    },
    /// The text is not a digest.
    #[error(transparent)]
    NotADigest(#[from] NotADigest),
    /// The component is not a policy that can run here.
    #[error(transparent)]
    Invalid(#[from] LoadError),
    /// The same of the policy that the configuration names in `policies.default`.
    #[error("policies.default")]
    Bootstrap(#[source] LoadError),
    /// The policy is not trusted.
    #[error(transparent)]
    Distrusted(#[from] Distrust),
    /// A policy with a role is not trusted any more: the configured keys have changed since it got the role.
    #[error(
        "the policy {name} (sha256 {digest}) may have no role under policies.trusted_keys: start once without these keys, \
         push it with a signature by one of them (`swaparoo policy sign`) or promote another, then configure them again"
    )]
    RoleDistrusted {
        /// The name that the component reports.
        name: String,
        /// The SHA-256 of the component.
        digest: Digest,
        /// Why it is not trusted.
        #[source]
        why: Distrust,
    },
    /// The policy that the configuration names in `policies.default` is not trusted.
    #[error("policies.default {name} may not be active under policies.trusted_keys: sign it (`swaparoo policy sign`)")]
    BootstrapDistrusted {
        /// The name or file in the configuration.
        name: String,
        /// Why it is not trusted.
        #[source]
        why: Distrust,
    },
    /// A newer version of it was active.
    #[error(
        "{name} {version} is older than {newest}, which was active here: promote a newer version, or allow an older \
         one (`--allow-older`, or \"allow_older\": true)"
    )]
    Older {
        /// The name of the policy.
        name: String,
        /// The version that was to become active.
        version: Version,
        /// The newest version that was active under the same name.
        newest: Version,
    },
    /// A rollback is not possible.
    #[error("no policy was active before this one: promote another instead")]
    NoPrevious,
    /// A rollback of some of the named kinds of task is not possible.
    #[error("no policy was active before for {0}: promote another instead, or roll back other kinds")]
    NoPreviousFor(Kinds),
    /// The policy was to get a role for kinds of task that it has no rules for.
    #[error("{name} has no rules for {missing}: name only kinds that it has rules for (`--for {}`)", .offered.as_option())]
    NotOffered {
        /// The name of the policy.
        name: String,
        /// The named kinds without rules.
        missing: Kinds,
        /// The kinds that it has rules for.
        offered: Kinds,
    },
    /// Another runner has changed the roles of policies at the same time.
    #[error(
        "another runner has changed the roles of policies at this moment: nothing was changed here; look at them again"
    )]
    RolesChanged,
    /// The journal cannot be read or written.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The service is stopping.
    #[error("interrupted: the service is stopping")]
    Interrupted,
}

impl RegistryError {
    /// Whether the error may go away by itself, so that another attempt or another start is worthwhile.
    #[must_use]
    pub fn passes(&self) -> bool {
        match self {
            Self::Journal(_) | Self::Interrupted => true,
            Self::Invalid(LoadError::NotCompiled { source, .. })
            | Self::Bootstrap(LoadError::NotCompiled { source, .. }) => source.passes(),
            _ => false,
        }
    }
}
