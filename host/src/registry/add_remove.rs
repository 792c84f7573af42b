//! Policies in the journal: a new one is stored, and one without a role is removed.

use std::sync::Arc;

use super::trust::built_in;
use super::vouched_loader::Loaded;
use super::{PolicyRegistry, RegistryError};
use crate::engine::worker::QueueWait;
use crate::engine::{Digest, Policy, check_name};
use crate::registry::signature::Envelope;

/// How errors name a component that was pushed.
const PUSHED: &str = "the component";

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

    /// Removes a policy that has no role. The caller must check that no open task began under it.
    ///
    /// # Errors
    /// [`RegistryError::InUse`] if it has a role or comes with the program, [`RegistryError::Unknown`] if it is not stored.
    pub async fn remove(&self, digest: Digest) -> Result<(), RegistryError> {
        let _alone = self.changing.lock().await;
        if let Some(why) = self.needed_as(digest) {
            return Err(RegistryError::InUse { digest, why: why.to_owned() });
        }
        if !self.journal.forget_policy(&digest.to_string()).await? {
            return Err(RegistryError::Unknown(digest));
        }
        self.policies_mut().forget(digest);
        self.signatures.forget(digest);
        self.searches.forget(digest);
        self.loader.forget_compiled(digest).await;
        self.journal.measure().await?;
        Ok(())
    }

    /// Why it may not be removed.
    fn needed_as(&self, digest: Digest) -> Option<&'static str> {
        let roles = self.roles();
        if built_in(digest).is_some() {
            return Some("it comes with the program");
        }
        if roles.active == digest {
            return Some("it is the active policy; promote another first");
        }
        if roles.previous == Some(digest) {
            return Some("it is the previous policy, and a rollback needs it; promote two others first");
        }
        let shadow = "it is the shadow policy; end that first (`swaparoo policy shadow --clear`)";
        (roles.shadow == Some(digest)).then_some(shadow)
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
