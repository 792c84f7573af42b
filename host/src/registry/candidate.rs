//! A policy that may take over tasks that began under another policy.

use std::sync::Arc;

use super::{PolicyRegistry, RegistryError, newest};
use crate::engine::{Digest, Policy};

/// A policy that is trusted enough to become the active one or to take over a parked task: its signature was checked,
/// and no newer version of it was active. Only [`PolicyRegistry::candidate`] creates one.
#[derive(Debug)]
pub struct Candidate {
    policy: Arc<Policy>,
    allow_older: bool,
}

impl PolicyRegistry {
    /// The policy with this digest, for the promotion check and then for a role.
    ///
    /// # Errors
    /// The policy is not stored here, no trusted key has signed it, or a newer version of it was active and
    /// `allow_older` is not set.
    pub async fn candidate(&self, digest: Digest, allow_older: bool) -> Result<Candidate, RegistryError> {
        let candidate = Candidate { policy: self.deciding(digest).await?, allow_older };
        self.check_age(&candidate).await?;
        Ok(candidate)
    }

    /// The active policy may always stay active: its version was allowed, or it became active by a rollback.
    pub(super) async fn check_age(&self, candidate: &Candidate) -> Result<(), RegistryError> {
        if candidate.allow_older || self.roles().active == candidate.policy.digest() {
            return Ok(());
        }
        newest::check(&self.journal, &candidate.policy).await
    }
}

impl Candidate {
    /// The policy, for the promotion check.
    #[must_use]
    pub fn policy(&self) -> &Arc<Policy> {
        &self.policy
    }

    pub(super) fn into_policy(self) -> Arc<Policy> {
        self.policy
    }
}
