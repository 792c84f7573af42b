//! The policies of a running service: which one decides now, which one did before, which one is only listened to, and
//! all that were ever used, by their digest.
//!
//! A task keeps the policy that it began with. What the service forgets of a policy is its compiled form; the component
//! stays in the journal.

mod error;
mod guard;
mod held;

use std::sync::{Arc, RwLock, RwLockReadGuard, RwLockWriteGuard};

pub use error::LibraryError;

use crate::journal::{Journal, Kept, KeptPolicy, now};
use crate::policy::{BUILT_IN, Digest, Engine, Policy};
use held::Held;

const ACTIVE: &str = "active";
const PREVIOUS: &str = "previous";
const SHADOW: &str = "shadow";

/// How many failures of its own a policy may have in a row before the one before it is active again.
#[derive(Debug, Clone, Copy)]
pub struct Traps(pub u32);

/// See the module.
pub struct Library {
    engine: Arc<Engine>,
    journal: Journal,
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
    /// The active policy cannot be loaded.
    pub async fn open(engine: Arc<Engine>, journal: Journal, first: &str, traps: Traps) -> Result<Self, LibraryError> {
        for built_in in BUILT_IN {
            let policy = engine.load(built_in.name, built_in.component)?;
            journal.keep_policy(&keep(&policy, built_in.component, None)).await?;
        }
        let active = match role(&engine, &journal, ACTIVE).await? {
            Some(policy) => policy,
            None => Self::first(&engine, &journal, first).await?,
        };
        let previous = spare(&engine, &journal, PREVIOUS).await;
        let shadow = spare(&engine, &journal, SHADOW).await;
        let held = RwLock::new(Held::new(active, previous, shadow));
        Ok(Self { engine, journal, traps, held, changing: tokio::sync::Mutex::default() })
    }

    async fn first(engine: &Engine, journal: &Journal, name: &str) -> Result<Arc<Policy>, LibraryError> {
        let policy = engine.resolve(name)?;
        if BUILT_IN.iter().all(|built_in| built_in.name != name) {
            let component = std::fs::read(name).map_err(|error| LibraryError::Unreadable(name.into(), error))?;
            journal.keep_policy(&keep(&policy, &component, None)).await?;
        }
        journal.set(&[(ACTIVE, Some(policy.digest().to_string()))]).await?;
        Ok(Arc::new(policy))
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
        let policy = load(&self.engine, &self.journal, digest).await?;
        self.held_mut().remember(&policy);
        Ok(policy)
    }

    /// Takes a component in: it is verified, compiled and kept, and is in no role yet.
    ///
    /// # Errors
    /// It is no policy, or cannot be kept.
    pub async fn add(&self, component: Vec<u8>, signature: Option<String>) -> Result<Arc<Policy>, LibraryError> {
        let engine = self.engine.clone();
        let (policy, component) = blocking(move || {
            let policy = engine.load("the component", &component);
            policy.map(|policy| (Arc::new(policy), component))
        })
        .await??;
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

async fn role(engine: &Arc<Engine>, journal: &Journal, name: &str) -> Result<Option<Arc<Policy>>, LibraryError> {
    let Some(digest) = journal.setting(name).await? else { return Ok(None) };
    load(engine, journal, digest.parse()?).await.map(Some)
}

/// A role that a service can do without: it starts, and says what it lacks.
async fn spare(engine: &Arc<Engine>, journal: &Journal, name: &str) -> Option<Arc<Policy>> {
    let error = match role(engine, journal, name).await {
        Ok(policy) => return policy,
        Err(error) => error,
    };
    let error = anyhow::Error::new(error);
    tracing::error!("the {name} policy cannot be loaded, and there is none now: {error:#}");
    None
}

async fn load(engine: &Arc<Engine>, journal: &Journal, digest: Digest) -> Result<Arc<Policy>, LibraryError> {
    let kept = journal.policy(&digest.to_string()).await?.ok_or(LibraryError::Unknown(digest))?;
    let engine = engine.clone();
    let policy = blocking(move || engine.load(&kept.kept.name, &kept.component)).await??;
    Ok(Arc::new(policy))
}

/// Compiling takes up to seconds, and is nothing that others should wait for.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, LibraryError> {
    tokio::task::spawn_blocking(work).await.map_err(|_| LibraryError::Interrupted)
}

fn keep(policy: &Policy, component: &[u8], signature: Option<String>) -> KeptPolicy {
    let described = policy.description();
    let (name, version) = (described.name.clone(), described.version.clone());
    let kept = Kept { digest: policy.digest().to_string(), name, version, signature, added_at: now() };
    KeptPolicy { kept, component: component.to_vec() }
}
