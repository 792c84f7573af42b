//! The newest version of each policy name that was ever active. The journal stores it, so that an old version, although
//! signed, does not become active again by mistake.

use std::sync::Arc;

use semver::Version;

use super::RegistryError;
use crate::engine::Policy;
use crate::journal::Journal;

/// Checks that the policy is not older than the newest version that was active under its name. Versions that are not
/// semantic versions cannot be compared and pass; policies with such a version cannot be signed.
///
/// # Errors
/// [`RegistryError::Older`] if it is older.
pub async fn check(journal: &Journal, policy: &Policy) -> Result<(), RegistryError> {
    let described = policy.description();
    match (newest(journal, policy).await?, version(policy)) {
        (Some(newest), Some(version)) if is_older(&version, &newest) => {
            Err(RegistryError::Older { name: described.name.clone(), version, newest })
        }
        _ => Ok(()),
    }
}

/// The settings to store when these policies are active.
pub async fn raised_by_all(
    journal: &Journal,
    policies: impl Iterator<Item = &Arc<Policy>>,
) -> Result<Vec<(String, Option<String>)>, RegistryError> {
    let mut settings = Vec::new();
    for policy in policies {
        settings.extend(raised(journal, policy).await?.map(|(setting, version)| (setting, Some(version))));
    }
    Ok(settings)
}

/// The setting to store when this policy becomes active; `None` if it is not newer than the stored version.
async fn raised(journal: &Journal, policy: &Policy) -> Result<Option<(String, String)>, RegistryError> {
    let newest = newest(journal, policy).await?;
    let newer = |version: &Version| newest.is_none_or(|newest| is_older(&newest, version));
    Ok(version(policy).filter(newer).map(|version| (setting(policy), version.to_string())))
}

async fn newest(journal: &Journal, policy: &Policy) -> Result<Option<Version>, RegistryError> {
    Ok(journal.setting(&setting(policy)).await?.and_then(|version| version.parse().ok()))
}

fn setting(policy: &Policy) -> String {
    format!("newest active version of {}", policy.description().name)
}

fn version(policy: &Policy) -> Option<Version> {
    policy.description().version.parse().ok()
}

/// Compares by precedence: build metadata makes a version neither older nor newer.
fn is_older(one: &Version, other: &Version) -> bool {
    one.cmp_precedence(other).is_lt()
}
