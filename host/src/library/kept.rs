//! Policies as the journal keeps them.

use std::sync::Arc;

use super::vouched_loader::VouchedLoader;
use super::{Distrust, LibraryError, Trust, Vouched};
use crate::journal::{Journal, KeptPolicy};
use crate::policy::{Digest, Policy};
use crate::signature::Envelope;
use crate::worker::Wait;

/// What a policy in a role does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Duty {
    /// It decides.
    Decide,
    /// It is asked beside the one that decides.
    Listen,
}

/// The policy in this role, if one is.
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

/// A role that a service can do without: it starts, and says what it lacks.
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
    tracing::error!("the {name} policy cannot be used, and there is none now: {error:#}");
    None
}

/// The policy of that digest, if it may do this.
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

/// The same with its component, as it is kept: the bytes that the digest is of, and no others.
pub async fn find(journal: &Journal, digest: Digest) -> Result<KeptPolicy, LibraryError> {
    let kept = journal.policy(&digest.to_string()).await?.ok_or(LibraryError::Unknown(digest))?;
    let found = Digest::of(&kept.component);
    if found != digest {
        return Err(LibraryError::OtherBytes { name: kept.kept.name, digest, found });
    }
    Ok(kept)
}

/// Whether a policy may be loaded for this: keys may have changed since it came in.
fn vouched(trust: &Trust, kept: KeptPolicy, duty: Duty) -> Result<Vouched, Distrust> {
    let signature = match kept.kept.signature.as_deref().map(str::parse::<Envelope>).transpose() {
        // Of a form that another program knew.
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
