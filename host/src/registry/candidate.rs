//! A policy that may take over tasks that began under another policy.

use std::sync::Arc;

use super::{Kinds, PolicyRegistry, RegistryError, newest};
use crate::engine::{Digest, Policy};

/// A policy that is trusted enough to become the active one or to take over a parked task: its signature was checked,
/// and no newer version of it was active. Only [`PolicyRegistry::candidate`] creates one.
#[derive(Debug)]
pub struct Candidate {
    policy: Arc<Policy>,
    allow_older: bool,
    kinds: Kinds,
}

impl PolicyRegistry {
    /// The policy with this digest, for the promotion check and then for a role. It is for these kinds of task; by default for
    /// all, also for those without rules, which the promotion check then reports.
    ///
    /// # Errors
    /// The policy is not stored here, no trusted key has signed it, a newer version of it was active and `allow_older` is not
    /// set, or it has no rules for a kind that is named.
    pub async fn candidate(
        &self,
        digest: Digest,
        allow_older: bool,
        kinds: Option<Kinds>,
    ) -> Result<Candidate, RegistryError> {
        let policy = self.deciding(digest).await?;
        if let Some(kinds) = &kinds {
            check_offered(&policy, kinds)?;
        }
        let candidate = Candidate { policy, allow_older, kinds: kinds.unwrap_or_else(Kinds::all) };
        self.check_age(&candidate).await?;
        Ok(candidate)
    }

    /// The active policy may always stay active: its version was allowed, or it became active by a rollback.
    pub(super) async fn check_age(&self, candidate: &Candidate) -> Result<(), RegistryError> {
        let (roles, digest) = (self.roles(), candidate.policy.digest());
        if candidate.allow_older || candidate.kinds.iter().all(|kind| *roles.active(kind) == digest) {
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

    /// The kinds of task that it is for.
    #[must_use]
    pub fn kinds(&self) -> &Kinds {
        &self.kinds
    }
}

/// Checks that a policy has rules for these kinds.
///
/// # Errors
/// [`RegistryError::NotOffered`].
pub fn check_offered(policy: &Policy, kinds: &Kinds) -> Result<(), RegistryError> {
    let has_rules = |kind| policy.description().tasks.contains(&kind);
    match (Kinds::of(|kind| kinds.contain(kind) && !has_rules(kind)), Kinds::of(has_rules)) {
        (Some(missing), Some(offered)) => {
            let name = policy.description().name.clone();
            Err(RegistryError::NotOffered { name, missing, offered })
        }
        // A policy has rules for one kind at least.
        _ => Ok(()),
    }
}
