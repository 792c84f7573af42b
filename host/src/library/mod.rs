//! The policies of a running service: which one decides now, which one did before, which one is only listened to, and
//! all that were ever used, by their digest.
//!
//! A task keeps the policy that it began with. What the service forgets of a policy is its compiled form; the component
//! stays in the journal.

mod error;
mod first;
mod guard;
mod held;
mod kept;
mod trust;

use std::sync::{Arc, RwLock, RwLockReadGuard, RwLockWriteGuard};

pub use error::LibraryError;
pub use first::First;
pub use guard::Ended;
pub use trust::{Distrust, Signed, Trust};

use crate::journal::{Journal, Kept};
use crate::policy::{BUILT_IN, Digest, Loader, Policy};
use crate::worker::{Isolation, Wait};
use held::Held;
use kept::{find, keep, load, role, spare};

const ACTIVE: &str = "active";
const PREVIOUS: &str = "previous";
const SHADOW: &str = "shadow";

/// How many failures of its own a policy may have in a row before the one before it is active again.
#[derive(Debug, Clone, Copy)]
pub struct Traps(pub u32);

/// See the module.
pub struct Library {
    loader: Loader,
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
        for built_in in BUILT_IN {
            let policy = loader.load(built_in.name, built_in.component, Wait::Patiently).await?;
            journal.keep_policy(&keep(&policy, built_in.component, None)).await?;
        }
        let active = match role(&loader, &journal, &trust, ACTIVE).await? {
            Some(policy) => policy,
            None => Self::first(&loader, &journal, first, &trust).await?,
        };
        let previous = spare(&loader, &journal, &trust, PREVIOUS).await;
        let shadow = spare(&loader, &journal, &trust, SHADOW).await;
        let held = RwLock::new(Held::new(active, previous, shadow));
        Ok(Self { loader, journal, trust, traps, held, changing: tokio::sync::Mutex::default() })
    }

    async fn first(loader: &Loader, journal: &Journal, name: &str, trust: &Trust) -> Result<Arc<Policy>, LibraryError> {
        let First { policy, kept } = First::read(loader, name, trust).await?;
        journal.keep_policy(&kept).await?;
        journal.set(&[(ACTIVE, Some(policy.digest().to_string()))]).await?;
        Ok(Arc::new(policy))
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

    /// The policy of that digest, ready to be called.
    ///
    /// # Errors
    /// It is not there, or this program cannot run it any more.
    pub async fn policy(&self, digest: Digest) -> Result<Arc<Policy>, LibraryError> {
        if let Some(policy) = self.held().loaded(digest) {
            return Ok(policy);
        }
        let policy = load(&self.loader, &self.journal, digest).await?;
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

    /// The policy of that digest for a role: keys may have changed since it came in.
    ///
    /// # Errors
    /// The same, or nobody who counts vouches for it any more.
    pub async fn vouched(&self, digest: Digest) -> Result<Arc<Policy>, LibraryError> {
        if self.trust.asks() {
            let kept = find(&self.journal, digest).await?;
            self.trust.check(&kept.component, kept.kept.signature.as_deref())?;
        }
        self.policy(digest).await
    }

    /// Who vouches for a policy.
    ///
    /// # Errors
    /// It is not there, or the journal does not answer.
    pub async fn signed(&self, policy: &Kept) -> Result<Signed, LibraryError> {
        let Some(signature) = &policy.signature else { return Ok(Signed::No) };
        match find(&self.journal, policy.digest.parse()?).await {
            Ok(kept) => Ok(self.trust.signed(&kept.component, signature)),
            // What is kept of it is not what was signed; the others are listed all the same.
            Err(LibraryError::OtherBytes { .. }) => Ok(Signed::Unverified),
            Err(error) => Err(error),
        }
    }

    /// Takes a component in: it is verified, compiled and kept, and is in no role yet.
    ///
    /// # Errors
    /// It is no policy, nobody who counts vouches for it, or it cannot be kept.
    pub async fn add(&self, component: Vec<u8>, signature: Option<String>) -> Result<Arc<Policy>, LibraryError> {
        self.trust.check(&component, signature.as_deref())?;
        let policy = Arc::new(self.loader.load("the component", &component, Wait::Briefly).await?);
        self.journal.keep_policy(&keep(&policy, &component, signature)).await?;
        self.held_mut().remember(&policy);
        Ok(policy)
    }

    /// Makes a policy the active one. Whether it may be is the gate's business.
    ///
    /// # Errors
    /// The journal does not take it; then nothing has changed.
    pub async fn promote(&self, policy: Arc<Policy>) -> Result<Roles, LibraryError> {
        let _alone = self.changing.lock().await;
        let next = self.held().promoted(policy);
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
        let settings = [
            (ACTIVE, Some(roles.active.to_string())),
            (PREVIOUS, digest(roles.previous)),
            (SHADOW, digest(roles.shadow)),
        ];
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
