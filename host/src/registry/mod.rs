//! The policies of a running service: the active, the previous and the shadow policy of each kind of task, and all stored
//! policies by digest; the check before a promotion, and signatures.
//!
//! A task keeps the policy with which it began. Only the compiled form of an unused policy is dropped; the component
//! stays in the journal until it is removed.

mod add_remove;
mod auto_rollback;
mod bootstrap;
mod by_kind;
mod candidate;
mod counts;
mod distrust;
mod error;
mod kinds;
mod newest;
pub mod promotion;
mod role_changes;
mod role_policies;
mod roles;
pub mod signature;
mod signature_cache;
mod slow;
mod stored;
mod stored_roles;
#[cfg(test)]
mod tests;
mod trust;
mod vouched_loader;

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Instant;

pub use add_remove::UnstoredPolicy;
pub use auto_rollback::EndedTask;
pub use bootstrap::BootstrapPolicy;
pub use candidate::Candidate;
pub use distrust::{Distrust, TrustError};
pub use error::RegistryError;
pub use kinds::{Kinds, NotKinds};
pub use roles::PolicyRoles;
pub use trust::{Signed, Trust, Vouched};

use crate::contract::TaskKind;
use crate::engine::worker::{Isolation, QueueWait};
use crate::engine::{BUILT_IN, Digest, Limits, Loader, Policy};
use crate::journal::{Journal, PolicyMeta};
use promotion::SearchCache;
use role_policies::RolePolicies;
use roles::Roles;
use signature_cache::SignatureCache;
use stored::{Duty, find, load};
use vouched_loader::{Loaded, VouchedLoader};

const ACTIVE: &str = "active";
const PREVIOUS: &str = "previous";
const SHADOW: &str = "shadow";

/// After this many consecutive failures caused by the active policy, the previous one becomes active again. A shadow policy
/// that was too slow for as many tasks loses its role.
#[derive(Debug, Clone, Copy)]
pub struct Traps(pub u32);

/// The policy registry.
pub struct PolicyRegistry {
    loader: VouchedLoader,
    journal: Journal,
    trust: RwLock<Trust>,
    traps: Traps,
    policies: RwLock<RolePolicies>,
    signatures: SignatureCache,
    searches: SearchCache,
    /// Held during a change of roles, so that changes happen one at a time. The version of the roles, which other runners may
    /// change, too.
    changing: tokio::sync::Mutex<String>,
    opened: Instant,
}

impl PolicyRegistry {
    /// Opens the registry stored in the journal; a new one starts with the policy named `first`.
    ///
    /// # Errors
    /// An active policy cannot be loaded, or is not trusted.
    pub async fn open(
        loader: Loader,
        journal: Journal,
        first: &str,
        trust: Trust,
        traps: Traps,
    ) -> Result<Self, RegistryError> {
        let loader = VouchedLoader::new(loader);
        for own in BUILT_IN {
            let vouched = trust.check(own.component.to_vec(), None)?;
            journal.store_policy(&loader.load(own.name, vouched, QueueWait::Patiently).await?.stored).await?;
        }
        // Before the roles: what another runner changes meanwhile is followed later.
        let version = journal.roles_version().await?;
        let roles = match stored_roles::read(&journal).await? {
            Some(roles) => stored::in_roles(&loader, &journal, &trust, &roles).await?,
            None => Roles::of(Self::bootstrap(&loader, &journal, first, &trust).await?),
        };
        for (setting, version) in newest::raised_by_all(&journal, roles.all_active()).await? {
            journal.set(&[(setting.as_str(), version)]).await?;
        }
        let policies = RwLock::new(RolePolicies::new(roles));
        let (signatures, searches) = (SignatureCache::default(), SearchCache::default());
        let changing = tokio::sync::Mutex::new(version);
        let trust = RwLock::new(trust);
        let opened = Instant::now();
        Ok(Self { loader, journal, trust, traps, policies, signatures, searches, changing, opened })
    }

    async fn bootstrap(
        loader: &VouchedLoader,
        journal: &Journal,
        name: &str,
        trust: &Trust,
    ) -> Result<Arc<Policy>, RegistryError> {
        let BootstrapPolicy(Loaded { policy, stored }) = BootstrapPolicy::load(loader, name, trust).await?;
        journal.store_policy(&stored).await?;
        journal.set(&[(ACTIVE, Some(policy.digest().to_string()))]).await?;
        Ok(policy)
    }

    /// Where the promotion check runs policies.
    #[must_use]
    pub fn isolation(&self) -> &Isolation {
        self.loader.isolation()
    }

    /// The limits that policies are held to.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        self.loader.limits()
    }

    /// What promotion checks have found in the scenes of `swaparoo check` since the start.
    #[must_use]
    pub fn searches(&self) -> &SearchCache {
        &self.searches
    }

    /// The policy that decides new tasks of this kind.
    #[must_use]
    pub fn active(&self, kind: TaskKind) -> Arc<Policy> {
        self.policies().by_kind().active(kind).clone()
    }

    /// The shadow policy for tasks of this kind.
    #[must_use]
    pub fn shadow(&self, kind: TaskKind) -> Option<Arc<Policy>> {
        self.policies().by_kind().shadow(kind).cloned()
    }

    /// The statuses of ended migrations, by the policy that releases what they hold.
    #[must_use]
    pub fn ended_statuses(&self) -> Vec<String> {
        self.active(TaskKind::Release).description().ended_statuses.clone()
    }

    /// The digests of the policies with a role.
    #[must_use]
    pub fn roles(&self) -> PolicyRoles {
        self.policies().roles()
    }

    /// All stored policies.
    pub async fn all(&self) -> Result<Vec<PolicyMeta>, RegistryError> {
        Ok(self.journal.policies().await?)
    }

    /// The policy with this digest, loaded for the promotion check or as the shadow policy.
    ///
    /// # Errors
    /// The policy is not stored here, is not trusted any more, or this program cannot run it.
    pub async fn policy(&self, digest: Digest) -> Result<Arc<Policy>, RegistryError> {
        // A policy in memory was checked when it was loaded, and is forgotten when the trusted keys change.
        let loaded = self.policies().loaded(digest);
        match loaded {
            Some(policy) => Ok(policy),
            None => self.load(digest, Duty::Listen).await,
        }
    }

    /// The policy with this digest, to decide tasks.
    ///
    /// # Errors
    /// As for [`policy`](Self::policy), and if it is a built-in policy that may not decide.
    pub async fn deciding(&self, digest: Digest) -> Result<Arc<Policy>, RegistryError> {
        match self.trust().withheld(digest) {
            Some(_) => self.load(digest, Duty::Decide).await,
            None => self.policy(digest).await,
        }
    }

    async fn load(&self, digest: Digest, duty: Duty) -> Result<Arc<Policy>, RegistryError> {
        let policy = load(&self.loader, &self.journal, &self.trust(), (digest, duty)).await?;
        self.policies_mut().remember(&policy);
        Ok(policy)
    }

    /// The component with this digest.
    ///
    /// # Errors
    /// [`RegistryError::Unknown`] if it is not stored here.
    pub async fn component(&self, digest: Digest) -> Result<Vec<u8>, RegistryError> {
        Ok(find(&self.journal, digest).await?.component)
    }

    /// Makes a policy the active one of its kinds. The caller must run the promotion check before.
    ///
    /// # Errors
    /// [`RegistryError::Older`] if a newer version was active meanwhile. After an error the roles are unchanged.
    pub async fn promote(&self, candidate: Candidate) -> Result<PolicyRoles, RegistryError> {
        let mut version = self.changing.lock().await;
        // Check again: another version may have become active during the promotion check.
        self.check_age(&candidate).await?;
        let next = self.policies().promoted(candidate.kinds(), candidate.policy());
        self.change(&mut version, next).await
    }

    /// Makes the previous policy of these kinds active again; by default, of the kinds of the last promotion.
    ///
    /// # Errors
    /// [`RegistryError::NoPrevious`] if there was none, [`RegistryError::NoPreviousFor`] if one of the kinds had none. After an
    /// error the roles are unchanged.
    pub async fn roll_back(&self, kinds: Option<&Kinds>) -> Result<PolicyRoles, RegistryError> {
        let mut version = self.changing.lock().await;
        let next = self.policies().rolled_back(kinds)?;
        self.change(&mut version, next).await
    }

    /// Sets or removes the shadow policy of these kinds; by default, of all. After an error the roles are unchanged.
    ///
    /// # Errors
    /// [`RegistryError::NotOffered`] if it has no rules for one of the named kinds.
    pub async fn set_shadow(
        &self,
        policy: Option<Arc<Policy>>,
        kinds: Option<&Kinds>,
    ) -> Result<PolicyRoles, RegistryError> {
        if let (Some(policy), Some(kinds)) = (&policy, kinds) {
            candidate::check_offered(policy, kinds)?;
        }
        let mut version = self.changing.lock().await;
        let next = self.policies().shadowed(kinds.unwrap_or(&Kinds::all()), policy.as_ref());
        self.change(&mut version, next).await
    }

    fn trust(&self) -> Trust {
        self.trust.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn policies(&self) -> RwLockReadGuard<'_, RolePolicies> {
        self.policies.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn policies_mut(&self) -> RwLockWriteGuard<'_, RolePolicies> {
        self.policies.write().unwrap_or_else(PoisonError::into_inner)
    }
}
