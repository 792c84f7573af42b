//! Loads policies that are stored in the journal.

use std::sync::Arc;

use super::vouched_loader::VouchedLoader;
use super::{Distrust, RegistryError, Trust, Vouched};
use crate::engine::worker::QueueWait;
use crate::engine::{Digest, Policy};
use crate::journal::{Journal, StoredPolicy};
use crate::registry::signature::Envelope;

/// What a policy may be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Duty {
    /// To decide tasks.
    Decide,
    /// To be compared with the policy that decides.
    Listen,
}

/// The policy in this role; `None` if the role is empty.
pub async fn role(
    loader: &VouchedLoader,
    journal: &Journal,
    trust: &Trust,
    (name, duty): (&str, Duty),
) -> Result<Option<Arc<Policy>>, RegistryError> {
    let Some(digest) = journal.setting(name).await? else { return Ok(None) };
    let digest = digest.parse()?;
    let stored = find(journal, digest).await?;
    let name = stored.meta.name.clone();
    let vouched = vouched(trust, stored, duty);
    let vouched = vouched.map_err(|why| RegistryError::RoleDistrusted { name: name.clone(), digest, why })?;
    compile(loader, name, vouched).await.map(Some)
}

/// Loads the policy of an optional role. If this fails, the error is logged and the role stays empty, so that the
/// service can start.
pub async fn spare(
    loader: &VouchedLoader,
    journal: &Journal,
    trust: &Trust,
    role: (&str, Duty),
) -> Option<Arc<Policy>> {
    let error = match self::role(loader, journal, trust, role).await {
        Ok(policy) => return policy,
        Err(error) => error,
    };
    let (name, error) = (role.0, anyhow::Error::new(error));
    tracing::error!("the {name} policy cannot be used, so the service has none: {error:#}");
    None
}

/// The policy with this digest, if it may be used for this duty.
pub async fn load(
    loader: &VouchedLoader,
    journal: &Journal,
    trust: &Trust,
    (digest, duty): (Digest, Duty),
) -> Result<Arc<Policy>, RegistryError> {
    let stored = find(journal, digest).await?;
    let name = stored.meta.name.clone();
    compile(loader, name, vouched(trust, stored, duty)?).await
}

/// The stored policy with its component. The digest of the bytes is checked.
pub async fn find(journal: &Journal, digest: Digest) -> Result<StoredPolicy, RegistryError> {
    let stored = journal.policy(&digest.to_string()).await?.ok_or(RegistryError::Unknown(digest))?;
    let found = Digest::of(&stored.component);
    if found != digest {
        return Err(RegistryError::OtherBytes { name: stored.meta.name, digest, found });
    }
    Ok(stored)
}

/// Checks whether a policy may be loaded for this duty: the keys may have changed since it was added.
fn vouched(trust: &Trust, stored: StoredPolicy, duty: Duty) -> Result<Vouched, Distrust> {
    let signature = match stored.meta.signature.as_deref().map(str::parse::<Envelope>).transpose() {
        // A form of signature from another version of the program.
        Err(_) if !trust.asks() => None,
        signature => signature?,
    };
    let vouched = trust.check(stored.component, signature)?;
    match duty {
        Duty::Decide => trust.check_deciding(vouched),
        Duty::Listen => Ok(vouched),
    }
}

async fn compile(loader: &VouchedLoader, name: String, vouched: Vouched) -> Result<Arc<Policy>, RegistryError> {
    Ok(loader.load(&name, vouched, QueueWait::Patiently).await?.policy)
}
