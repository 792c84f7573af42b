//! Policies in the journal: a new one is stored, and one without a role is removed.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::trust::built_in;
use super::vouched_loader::Loaded;
use super::{Kinds, PolicyRegistry, RegistryError};
use crate::engine::worker::QueueWait;
use crate::engine::{Digest, Policy, check_name};
use crate::registry::signature::Envelope;

/// How errors name a component that was pushed.
const PUSHED: &str = "the component";

/// For how long after a policy's last role other runners may begin tasks under it: they follow a change of the roles within 2 s,
/// and one that was cut off for this long has lost its tasks and its right to write.
const QUIET: Duration = Duration::from_secs(15);

/// A new policy: its signature was checked, and it was compiled. It is not stored yet.
pub struct UnstoredPolicy(Loaded);

impl PolicyRegistry {
    /// Adds a component: checks its signature, compiles and stores it. It has no role yet.
    ///
    /// # Errors
    /// As for [`check_new`](Self::check_new) and [`store`](Self::store).
    pub async fn add(&self, component: Vec<u8>, signature: Option<Envelope>) -> Result<Arc<Policy>, RegistryError> {
        self.store(self.check_new(component, signature).await?).await
    }

    /// Checks a component's signature, and compiles it.
    ///
    /// # Errors
    /// The component is not trusted, is not a policy, or has the name of a built-in one.
    pub async fn check_new(
        &self,
        component: Vec<u8>,
        signature: Option<Envelope>,
    ) -> Result<UnstoredPolicy, RegistryError> {
        let vouched = self.trust().check_pushed(component, signature)?;
        let loaded = self.loader.load(PUSHED, vouched, QueueWait::Briefly).await?;
        check_name(PUSHED, &loaded.policy)?;
        Ok(UnstoredPolicy(loaded))
    }

    /// Stores a new policy.
    ///
    /// # Errors
    /// It cannot be stored.
    pub async fn store(
        &self,
        UnstoredPolicy(Loaded { policy, stored }): UnstoredPolicy,
    ) -> Result<Arc<Policy>, RegistryError> {
        self.journal.store_policy(&stored).await?;
        self.policies_mut().remember(&policy);
        Ok(policy)
    }

    /// Checks that a policy has no role, and that no runner can begin a task under it any more.
    ///
    /// # Errors
    /// [`RegistryError::InUse`] if it has a role, had one until a moment ago, or comes with the program.
    pub async fn check_unused(&self, digest: Digest) -> Result<(), RegistryError> {
        self.follow_roles(&mut *self.changing.lock().await).await?;
        self.unused(digest)
    }

    /// Removes a policy that has no role. The caller must check that no open task began under it, after
    /// [`check_unused`](Self::check_unused).
    ///
    /// # Errors
    /// [`RegistryError::InUse`] as for `check_unused`, [`RegistryError::Unknown`] if it is not stored,
    /// [`RegistryError::RolesChanged`] if another runner changes the roles at the same time.
    pub async fn remove(&self, digest: Digest) -> Result<(), RegistryError> {
        let mut version = self.changing.lock().await;
        self.unused(digest)?;
        self.check_stored(digest).await?;
        let removed = self.journal.remove_policy(&version, &digest.to_string()).await?;
        *version = removed.ok_or(RegistryError::RolesChanged)?;
        self.policies_mut().forget(digest);
        self.signatures.forget(digest);
        self.searches.forget(digest);
        self.loader.forget_compiled(digest).await;
        self.journal.measure().await?;
        Ok(())
    }

    fn unused(&self, digest: Digest) -> Result<(), RegistryError> {
        let why = self.needed_as(digest).or_else(|| self.may_begin_elsewhere(digest));
        why.map_or(Ok(()), |why| Err(RegistryError::InUse { digest, why }))
    }

    /// Why another runner may still begin a task under it.
    fn may_begin_elsewhere(&self, digest: Digest) -> Option<String> {
        let left = self.policies().left_at(digest).unwrap_or(self.opened);
        let wait = QUIET.checked_sub(Instant::now().saturating_duration_since(left))?;
        let seconds = wait.as_secs() + 1;
        self.journal
            .is_shared()
            .then(|| format!("another runner may still begin a task under it; try again in {seconds} s"))
    }

    /// Why it may not be removed.
    fn needed_as(&self, digest: Digest) -> Option<String> {
        let roles = self.roles();
        if built_in(digest).is_some() {
            return Some("it comes with the program".to_owned());
        }
        if let Some(kinds) = Kinds::of(|kind| *roles.active(kind) == digest) {
            return Some(format!("it is the active policy{}; promote another first", kinds.for_some()));
        }
        if let Some(kinds) = Kinds::of(|kind| roles.previous(kind) == Some(&digest)) {
            let of = kinds.for_some();
            return Some(format!("it is the previous policy{of}, and a rollback needs it; promote another first"));
        }
        let kinds = Kinds::of(|kind| roles.shadow(kind) == Some(&digest))?;
        let only = if kinds.are_all() { String::new() } else { format!(" --for {}", kinds.as_option()) };
        Some(format!(
            "it is the shadow policy{}; end that first (`swaparoo policy shadow --clear{only}`)",
            kinds.for_some()
        ))
    }

    /// Checks that a policy is still stored: it may have been removed since it was loaded.
    ///
    /// # Errors
    /// [`RegistryError::Unknown`] if it is not.
    pub async fn check_stored(&self, digest: Digest) -> Result<(), RegistryError> {
        let (stored, digits) = (self.journal.policies().await?, digest.to_string());
        if stored.iter().any(|meta| meta.digest == digits) { Ok(()) } else { Err(RegistryError::Unknown(digest)) }
    }
}
