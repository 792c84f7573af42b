//! A policy that is to decide for tasks which it did not begin with.

use std::sync::Arc;

use super::{Library, LibraryError, newest};
use crate::policy::{Digest, Policy};

/// A policy that may become the active one, or take over a parked task, as far as trust goes: it is vouched for, and no
/// newer version of it was active. Only [`Library::candidate`] makes one.
#[derive(Debug)]
pub struct Candidate {
    policy: Arc<Policy>,
    allow_older: bool,
}

impl Library {
    /// The policy of that digest, for the gate and then for a role.
    ///
    /// # Errors
    /// It does not exist here, no trusted key vouches for it any more, or a newer version of it was active and
    /// `allow_older` is not said.
    pub async fn candidate(&self, digest: Digest, allow_older: bool) -> Result<Candidate, LibraryError> {
        let candidate = Candidate { policy: self.deciding(digest).await?, allow_older };
        self.check_age(&candidate).await?;
        Ok(candidate)
    }

    /// What is active already may stay so: it was allowed, or rolled back to.
    pub(super) async fn check_age(&self, candidate: &Candidate) -> Result<(), LibraryError> {
        if candidate.allow_older || self.roles().active == candidate.policy.digest() {
            return Ok(());
        }
        newest::check(&self.journal, &candidate.policy).await
    }
}

impl Candidate {
    /// The policy, to be judged.
    #[must_use]
    pub fn policy(&self) -> &Arc<Policy> {
        &self.policy
    }

    pub(super) fn into_policy(self) -> Arc<Policy> {
        self.policy
    }
}
