//! Loads policies that are stored in the journal.

use std::collections::HashMap;
use std::sync::Arc;

use super::roles::{Deciding, PolicyRoles, Roles};
use super::vouched_loader::VouchedLoader;
use super::{Distrust, PREVIOUS, RegistryError, SHADOW, Trust, Vouched};
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

/// The policies in these roles, each loaded once. A previous or a shadow policy that cannot be loaded loses its role, so that
/// the service can start; the error is logged.
///
/// # Errors
/// An active policy cannot be loaded, or is not trusted.
pub async fn in_roles(
    loader: &VouchedLoader,
    journal: &Journal,
    trust: &Trust,
    roles: &PolicyRoles,
) -> Result<Roles<Arc<Policy>>, RegistryError> {
    let (mut decide, mut listen) = (HashMap::new(), HashMap::new());
    for digest in roles.all_active() {
        if !decide.contains_key(digest) {
            decide.insert(*digest, role(loader, journal, trust, (*digest, Duty::Decide)).await?);
        }
    }
    for (name, duty, digest) in spares(roles) {
        let loaded = if duty == Duty::Decide { &mut decide } else { &mut listen };
        if !loaded.contains_key(&digest) {
            let policy = spare(loader, journal, trust, (name, digest, duty)).await;
            loaded.extend(policy.map(|policy| (digest, policy)));
        }
    }
    let deciding = roles.deciding.try_map(|deciding| {
        let active = decide.get(&deciding.active).cloned().ok_or(RegistryError::Unknown(deciding.active))?;
        let previous = deciding.previous.and_then(|digest| decide.get(&digest).cloned());
        Ok::<_, RegistryError>(Deciding { active, previous, promotion: deciding.promotion })
    })?;
    Ok(Roles { deciding, shadow: roles.shadow.map(|shadow| listen.get(shadow.as_ref()?).cloned()) })
}

/// The policies whose roles may be empty.
fn spares(roles: &PolicyRoles) -> Vec<(&'static str, Duty, Digest)> {
    let previous = roles.all_previous().map(|digest| (PREVIOUS, Duty::Decide, *digest));
    previous.chain(roles.all_shadow().map(|digest| (SHADOW, Duty::Listen, *digest))).collect()
}

/// The policy with this digest, which has a role with this duty.
pub async fn role(
    loader: &VouchedLoader,
    journal: &Journal,
    trust: &Trust,
    (digest, duty): (Digest, Duty),
) -> Result<Arc<Policy>, RegistryError> {
    let stored = find(journal, digest).await?;
    let name = stored.meta.name.clone();
    let vouched = vouched(trust, stored, duty);
    let vouched = vouched.map_err(|why| RegistryError::RoleDistrusted { name: name.clone(), digest, why })?;
    compile(loader, name, vouched).await
}

/// Loads the policy of an optional role. If this fails, the error is logged.
async fn spare(
    loader: &VouchedLoader,
    journal: &Journal,
    trust: &Trust,
    (name, digest, duty): (&str, Digest, Duty),
) -> Option<Arc<Policy>> {
    let error = match role(loader, journal, trust, (digest, duty)).await {
        Ok(policy) => return Some(policy),
        Err(error) => anyhow::Error::new(error),
    };
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
