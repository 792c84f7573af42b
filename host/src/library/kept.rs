//! Loads policies that are stored in the journal.

use std::sync::Arc;

use super::vouched_loader::VouchedLoader;
use super::{Distrust, LibraryError, Trust, Vouched};
use crate::journal::{Journal, KeptPolicy};
use crate::policy::{Digest, Policy};
use crate::signature::Envelope;
use crate::worker::Wait;

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
) -> Result<Option<Arc<Policy>>, LibraryError> {
    let Some(digest) = journal.setting(name).await? else { return Ok(None) };
    let digest = digest.parse()?;
    let kept = find(journal, digest).await?;
    let name = kept.kept.name.clone();
    let vouched = vouched(trust, kept, duty);
    let vouched = vouched.map_err(|why| LibraryError::RoleDistrusted { name: name.clone(), digest, why })?;
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
) -> Result<Arc<Policy>, LibraryError> {
    let kept = find(journal, digest).await?;
    let name = kept.kept.name.clone();
    compile(loader, name, vouched(trust, kept, duty)?).await
}

/// The stored policy with its component. The digest of the bytes is checked.
pub async fn find(journal: &Journal, digest: Digest) -> Result<KeptPolicy, LibraryError> {
    let kept = journal.policy(&digest.to_string()).await?.ok_or(LibraryError::Unknown(digest))?;
    let found = Digest::of(&kept.component);
    if found != digest {
        return Err(LibraryError::OtherBytes { name: kept.kept.name, digest, found });
    }
    Ok(kept)
}

/// Checks whether a policy may be loaded for this duty: the keys may have changed since it was added.
fn vouched(trust: &Trust, kept: KeptPolicy, duty: Duty) -> Result<Vouched, Distrust> {
    let signature = match kept.kept.signature.as_deref().map(str::parse::<Envelope>).transpose() {
        // A form of signature from another version of the program.
        Err(_) if !trust.asks() => None,
        signature => signature?,
    };
    let vouched = trust.check(kept.component, signature)?;
    match duty {
        Duty::Decide => trust.check_deciding(vouched),
        Duty::Listen => Ok(vouched),
    }
}

async fn compile(loader: &VouchedLoader, name: String, vouched: Vouched) -> Result<Arc<Policy>, LibraryError> {
    Ok(loader.load(&name, vouched, Wait::Patiently).await?.policy)
}
