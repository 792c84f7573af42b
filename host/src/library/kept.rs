//! Policies as the journal keeps them.

use std::sync::Arc;

use super::{LibraryError, Trust};
use crate::journal::{Journal, Kept, KeptPolicy, now};
use crate::policy::{Digest, Loader, Policy};
use crate::worker::Wait;

/// The policy in this role, if one is.
pub async fn role(
    loader: &Loader,
    journal: &Journal,
    trust: &Trust,
    name: &str,
) -> Result<Option<Arc<Policy>>, LibraryError> {
    let Some(digest) = journal.setting(name).await? else { return Ok(None) };
    let digest = digest.parse()?;
    let kept = find(journal, digest).await?;
    if let Err(why) = trust.check(&kept.component, kept.kept.signature.as_deref()) {
        let name = kept.kept.name;
        return Err(LibraryError::RoleDistrusted { name, digest, why });
    }
    compile(loader, kept).await.map(Some)
}

/// A role that a service can do without: it starts, and says what it lacks.
pub async fn spare(loader: &Loader, journal: &Journal, trust: &Trust, name: &str) -> Option<Arc<Policy>> {
    let error = match role(loader, journal, trust, name).await {
        Ok(policy) => return policy,
        Err(error) => error,
    };
    let error = anyhow::Error::new(error);
    tracing::error!("the {name} policy cannot be used, and there is none now: {error:#}");
    None
}

/// The policy of that digest.
pub async fn load(loader: &Loader, journal: &Journal, digest: Digest) -> Result<Arc<Policy>, LibraryError> {
    compile(loader, find(journal, digest).await?).await
}

/// The same with its component, as it is kept: the bytes that the digest is of, and no others.
pub async fn find(journal: &Journal, digest: Digest) -> Result<KeptPolicy, LibraryError> {
    let kept = journal.policy(&digest.to_string()).await?.ok_or(LibraryError::Unknown(digest))?;
    let found = Digest::of(&kept.component);
    if found != digest {
        return Err(LibraryError::OtherBytes { name: kept.kept.name, digest, found });
    }
    Ok(kept)
}

async fn compile(loader: &Loader, kept: KeptPolicy) -> Result<Arc<Policy>, LibraryError> {
    Ok(Arc::new(loader.load(&kept.kept.name, &kept.component, Wait::Patiently).await?))
}

/// What is to be kept of a policy.
pub fn keep(policy: &Policy, component: &[u8], signature: Option<String>) -> KeptPolicy {
    let described = policy.description();
    let (name, version) = (described.name.clone(), described.version.clone());
    let kept = Kept { digest: policy.digest().to_string(), name, version, signature, added_at: now() };
    KeptPolicy { kept, component: component.to_vec() }
}
