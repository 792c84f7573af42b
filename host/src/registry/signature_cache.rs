//! The results of checking the signatures of stored policies. A component of some megabytes is read and hashed once, when
//! its policy is stored or listed for the first time since the start, and not for each list. Whenever a policy is loaded,
//! its component is hashed again.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::stored::find;
use super::{PolicyRegistry, RegistryError, Signed};
use crate::engine::Digest;
use crate::journal::PolicyMeta;

/// For each policy its signature, and whether it is by a trusted key.
#[derive(Debug, Default)]
pub struct SignatureCache(Mutex<HashMap<Digest, (String, Signed)>>);

impl SignatureCache {
    fn of(&self, digest: Digest, signature: &str) -> Option<Signed> {
        // A policy may be stored again with another signature.
        self.all().get(&digest).filter(|(known, _)| known == signature).map(|(_, signed)| *signed)
    }

    fn insert(&self, digest: Digest, signature: &str, signed: Signed) {
        self.all().insert(digest, (signature.to_owned(), signed));
    }

    pub fn forget(&self, digest: Digest) {
        self.all().remove(&digest);
    }

    pub fn forget_all(&self) {
        self.all().clear();
    }

    fn all(&self) -> MutexGuard<'_, HashMap<Digest, (String, Signed)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl PolicyRegistry {
    /// Whether a policy is signed, and by a trusted key.
    ///
    /// # Errors
    /// [`RegistryError::Unknown`] if it is not stored here.
    pub async fn signed(&self, policy: &PolicyMeta) -> Result<Signed, RegistryError> {
        let Some(signature) = &policy.signature else { return Ok(Signed::No) };
        let digest = policy.digest.parse()?;
        if let Some(known) = self.signatures.of(digest, signature) {
            return Ok(known);
        }
        let signed = match find(&self.journal, digest).await {
            Ok(_) => self.trust().signed(digest, signature),
            // The stored bytes are not the signed ones. This is not an error here, so that the other policies can be
            // listed.
            Err(RegistryError::OtherBytes { .. }) => Signed::Unverified,
            Err(error) => return Err(error),
        };
        self.signatures.insert(digest, signature, signed);
        Ok(signed)
    }
}
