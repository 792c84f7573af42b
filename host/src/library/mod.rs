//! The policies of a running service: which one decides now, which one did before, which one is only listened to, and
//! all that were ever used, by their digest.
//!
//! A task keeps the policy that it began with. What the service forgets of a policy is its compiled form; the component
//! stays in the journal.

mod candidate;
mod distrust;
mod error;
mod first;
mod guard;
mod held;
mod kept;
mod newest;
#[cfg(test)]
mod tests;
mod trust;
mod vouched_loader;

use std::sync::{Arc, RwLock, RwLockReadGuard, RwLockWriteGuard};

pub use candidate::Candidate;
pub use distrust::{Distrust, TrustError};
pub use error::LibraryError;
pub use first::First;
pub use guard::Ended;
pub use trust::{Signed, Trust, Vouched};

use crate::journal::{Journal, Kept};
use crate::policy::{BUILT_IN, Digest, Loader, Policy};
use crate::signature::Envelope;
use crate::worker::{Isolation, Wait};
use held::Held;
use kept::{Duty, find, load, role, spare};
use vouched_loader::{Loaded, VouchedLoader};

const ACTIVE: &str = "active";
const PREVIOUS: &str = "previous";
const SHADOW: &str = "shadow";

/// How many failures of its own a policy may have in a row before the one before it is active again.
#[derive(Debug, Clone, Copy)]
pub struct Traps(pub u32);

/// See the module.
pub struct Library {
    loader: VouchedLoader,
    journal: Journal,
    trust: Trust,
    traps: Traps,
    held: RwLock<Held>,
    /// Changes of what is active come one after the other.
    changing: tokio::sync::Mutex<()>,
}

/// What the service's policies are now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roles {
    /// Decides for tasks that begin now.
    pub active: Digest,
    /// Did before.
    pub previous: Option<Digest>,
    /// Is asked beside it and never acts.
    pub shadow: Option<Digest>,
}

impl Library {
    /// The library as the journal has it; a new one begins with the policy named `first`.
    ///
    /// # Errors
    /// The active policy cannot be loaded, or nobody who counts vouches for it.
    pub async fn open(
        loader: Loader,
        journal: Journal,
        first: &str,
        trust: Trust,
        traps: Traps,
    ) -> Result<Self, LibraryError> {
        let loader = VouchedLoader::new(loader);
        for own in BUILT_IN {
            let vouched = trust.check(own.component.to_vec(), None)?;
            journal.keep_policy(&loader.load(own.name, vouched, Wait::Patiently).await?.kept).await?;
        }
        let active = match role(&loader, &journal, &trust, (ACTIVE, Duty::Decide)).await? {
            Some(policy) => policy,
            None => Self::first(&loader, &journal, first, &trust).await?,
        };
        if let Some((setting, version)) = newest::raised(&journal, &active).await? {
            journal.set(&[(setting.as_str(), Some(version))]).await?;
        }
        let previous = spare(&loader, &journal, &trust, (PREVIOUS, Duty::Decide)).await;
        let shadow = spare(&loader, &journal, &trust, (SHADOW, Duty::Listen)).await;
        let held = RwLock::new(Held::new(active, previous, shadow));
        Ok(Self { loader, journal, trust, traps, held, changing: tokio::sync::Mutex::default() })
    }

    async fn first(
        loader: &VouchedLoader,
        journal: &Journal,
        name: &str,
        trust: &Trust,
    ) -> Result<Arc<Policy>, LibraryError> {
        let First(Loaded { policy, kept }) = First::load(loader, name, trust).await?;
        journal.keep_policy(&kept).await?;
        journal.set(&[(ACTIVE, Some(policy.digest().to_string()))]).await?;
        Ok(policy)
    }

    /// Where policies are judged.
    #[must_use]
    pub fn isolation(&self) -> &Isolation {
        self.loader.isolation()
    }

    /// Who decides for a task that begins now.
    #[must_use]
    pub fn active(&self) -> Arc<Policy> {
        self.held().active.clone()
    }

    /// Who is only listened to.
    #[must_use]
    pub fn shadow(&self) -> Option<Arc<Policy>> {
        self.held().shadow.clone()
    }

    /// Which policy is what.
    #[must_use]
    pub fn roles(&self) -> Roles {
        self.held().roles()
    }

    /// All that were ever used.
    ///
    /// # Errors
    /// The journal does not answer.
    pub async fn all(&self) -> Result<Vec<Kept>, LibraryError> {
        Ok(self.journal.policies().await?)
    }

    /// The policy of that digest, ready to be called: to be judged, or to be asked beside the active one.
    ///
    /// # Errors
    /// It does not exist here, no trusted key vouches for it any more, or this program cannot run it.
    pub async fn policy(&self, digest: Digest) -> Result<Arc<Policy>, LibraryError> {
        // What is in memory was vouched for when it was loaded, and the keys are the same.
        let loaded = self.held().loaded(digest);
        match loaded {
            Some(policy) => Ok(policy),
            None => self.load(digest, Duty::Listen).await,
        }
    }

    /// The policy of that digest, to decide for a task that it began with.
    ///
    /// # Errors
    /// The same, or it comes with the program and may not decide.
    pub async fn deciding(&self, digest: Digest) -> Result<Arc<Policy>, LibraryError> {
        match self.trust.withheld(digest) {
            Some(_) => self.load(digest, Duty::Decide).await,
            None => self.policy(digest).await,
        }
    }

    async fn load(&self, digest: Digest, duty: Duty) -> Result<Arc<Policy>, LibraryError> {
        let policy = load(&self.loader, &self.journal, &self.trust, (digest, duty)).await?;
        self.held_mut().remember(&policy);
        Ok(policy)
    }

    /// The component of that digest, as it came.
    ///
    /// # Errors
    /// It is not there, or the journal does not answer.
    pub async fn component(&self, digest: Digest) -> Result<Vec<u8>, LibraryError> {
        Ok(find(&self.journal, digest).await?.component)
    }

    /// Who vouches for a policy.
    ///
    /// # Errors
    /// It is not there, or the journal does not answer.
    pub async fn signed(&self, policy: &Kept) -> Result<Signed, LibraryError> {
        let Some(signature) = &policy.signature else { return Ok(Signed::No) };
        let digest = policy.digest.parse()?;
        match find(&self.journal, digest).await {
            Ok(_) => Ok(self.trust.signed(digest, signature)),
            // What is kept of it is not what was signed; the others are listed all the same.
            Err(LibraryError::OtherBytes { .. }) => Ok(Signed::Unverified),
            Err(error) => Err(error),
        }
    }

    /// Takes a component in: its signature is checked, it is compiled and kept, and is in no role yet.
    ///
    /// # Errors
    /// No trusted key vouches for it, it is not a policy, or it cannot be kept.
    pub async fn add(&self, component: Vec<u8>, signature: Option<Envelope>) -> Result<Arc<Policy>, LibraryError> {
        let vouched = self.trust.check(component, signature)?;
        let Loaded { policy, kept } = self.loader.load("the component", vouched, Wait::Briefly).await?;
        self.journal.keep_policy(&kept).await?;
        self.held_mut().remember(&policy);
        Ok(policy)
    }

    /// Makes a policy the active one. Whether it may be is the gate's business, too.
    ///
    /// # Errors
    /// A newer one was active, or the journal does not take it; then nothing has changed.
    pub async fn promote(&self, candidate: Candidate) -> Result<Roles, LibraryError> {
        let _alone = self.changing.lock().await;
        // Once more: another may have become active while the gate was at work.
        self.check_age(&candidate).await?;
        let next = self.held().promoted(candidate.into_policy());
        self.change(next).await
    }

    /// Makes the policy before the active one active again.
    ///
    /// # Errors
    /// There is none, or the journal does not take it; then nothing has changed.
    pub async fn roll_back(&self) -> Result<Roles, LibraryError> {
        let _alone = self.changing.lock().await;
        let next = self.held().rolled_back().ok_or(LibraryError::NoPrevious)?;
        self.change(next).await
    }

    /// Asks this policy beside the active one from now on, or none.
    ///
    /// # Errors
    /// The journal does not take it; then nothing has changed.
    pub async fn set_shadow(&self, policy: Option<Arc<Policy>>) -> Result<Roles, LibraryError> {
        let _alone = self.changing.lock().await;
        let next = self.held().shadowed(policy);
        self.change(next).await
    }

    async fn change(&self, next: Held) -> Result<Roles, LibraryError> {
        let roles = next.roles();
        let digest = |digest: Option<Digest>| digest.map(|digest| digest.to_string());
        let raised = newest::raised(&self.journal, &next.active).await?;
        let mut settings = vec![
            (ACTIVE, Some(roles.active.to_string())),
            (PREVIOUS, digest(roles.previous)),
            (SHADOW, digest(roles.shadow)),
        ];
        settings.extend(raised.as_ref().map(|(setting, version)| (setting.as_str(), Some(version.clone()))));
        self.journal.set(&settings).await?;
        *self.held_mut() = next;
        Ok(roles)
    }

    fn held(&self) -> RwLockReadGuard<'_, Held> {
        self.held.read().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn held_mut(&self) -> RwLockWriteGuard<'_, Held> {
        self.held.write().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
