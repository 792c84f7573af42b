//! The policy that is active before any was promoted.

use std::path::Path;

use super::kept::keep;
use super::{LibraryError, Trust};
use crate::journal::KeptPolicy;
use crate::policy::{BUILT_IN, Loader, Policy};
use crate::signature::Signature;

/// The policy that the configuration names, with all that is kept of it.
pub struct First {
    pub(super) policy: Policy,
    pub(super) kept: KeptPolicy,
}

impl First {
    /// Reads it: one of the program's own, or a component's file, with its signature beside it.
    ///
    /// # Errors
    /// It is not there, is no policy, or nobody who counts vouches for it.
    pub async fn read(loader: &Loader, name: &str, trust: &Trust) -> Result<Self, LibraryError> {
        let policy = loader.resolve(name).await?;
        if let Some(own) = BUILT_IN.iter().find(|own| own.name == name) {
            return Ok(Self { kept: keep(&policy, own.component, None), policy });
        }
        let component = std::fs::read(name).map_err(|error| LibraryError::Unreadable(name.into(), error))?;
        let distrusted = |why| LibraryError::FirstDistrusted { name: name.into(), why };
        let beside = Signature::beside(Path::new(name));
        let signature = beside.exists().then(|| Signature::read(&beside)).transpose();
        let signature = signature.map_err(|error| distrusted(error.into()))?.map(|signature| signature.to_string());
        trust.check(&component, signature.as_deref()).map_err(distrusted)?;
        Ok(Self { kept: keep(&policy, &component, signature), policy })
    }
}
