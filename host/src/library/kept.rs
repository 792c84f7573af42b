//! Policies as the journal keeps them.

use std::sync::Arc;

use super::{LibraryError, Trust};
use crate::journal::{Journal, Kept, KeptPolicy, now};
use crate::policy::{Digest, Engine, Policy};

/// The policy in this role, if one is.
pub async fn role(
    engine: &Arc<Engine>,
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
    compile(engine, kept).await.map(Some)
}

/// A role that a service can do without: it starts, and says what it lacks.
pub async fn spare(engine: &Arc<Engine>, journal: &Journal, trust: &Trust, name: &str) -> Option<Arc<Policy>> {
    let error = match role(engine, journal, trust, name).await {
        Ok(policy) => return policy,
        Err(error) => error,
    };
    let error = anyhow::Error::new(error);
    tracing::error!("the {name} policy cannot be used, and there is none now: {error:#}");
    None
}

/// The policy of that digest.
pub async fn load(engine: &Arc<Engine>, journal: &Journal, digest: Digest) -> Result<Arc<Policy>, LibraryError> {
    compile(engine, find(journal, digest).await?).await
}

/// The same with its component, as it is kept.
pub async fn find(journal: &Journal, digest: Digest) -> Result<KeptPolicy, LibraryError> {
    journal.policy(&digest.to_string()).await?.ok_or(LibraryError::Unknown(digest))
}

async fn compile(engine: &Arc<Engine>, kept: KeptPolicy) -> Result<Arc<Policy>, LibraryError> {
    let engine = engine.clone();
    let policy = blocking(move || engine.load(&kept.kept.name, &kept.component)).await??;
    Ok(Arc::new(policy))
}

/// Compiling takes up to seconds, and is nothing that others should wait for.
pub async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, LibraryError> {
    tokio::task::spawn_blocking(work).await.map_err(|_| LibraryError::Interrupted)
}

/// What is to be kept of a policy.
pub fn keep(policy: &Policy, component: &[u8], signature: Option<String>) -> KeptPolicy {
    let described = policy.description();
    let (name, version) = (described.name.clone(), described.version.clone());
    let kept = Kept { digest: policy.digest().to_string(), name, version, signature, added_at: now() };
    KeptPolicy { kept, component: component.to_vec() }
}
