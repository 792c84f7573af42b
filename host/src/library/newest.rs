//! The newest version of each policy, by its name, that was ever active. The journal keeps it, so that an old version,
//! signed though it is, does not become active again unnoticed.

use semver::Version;

use super::LibraryError;
use crate::journal::Journal;
use crate::policy::Policy;

/// Whether it is no older than the newest version that was active under its name. A version that is not a semantic one
/// has no order; no key signs a policy that has such a one.
///
/// # Errors
/// It is older, or the journal does not answer.
pub async fn check(journal: &Journal, policy: &Policy) -> Result<(), LibraryError> {
    let described = policy.description();
    match (newest(journal, policy).await?, version(policy)) {
        (Some(newest), Some(version)) if is_older(&version, &newest) => {
            Err(LibraryError::Older { name: described.name.clone(), version, newest })
        }
        _ => Ok(()),
    }
}

/// The setting that says that this policy is active, where it is newer than what was.
///
/// # Errors
/// The journal does not answer.
pub async fn raised(journal: &Journal, policy: &Policy) -> Result<Option<(String, String)>, LibraryError> {
    let newest = newest(journal, policy).await?;
    let newer = |version: &Version| newest.is_none_or(|newest| is_older(&newest, version));
    Ok(version(policy).filter(newer).map(|version| (setting(policy), version.to_string())))
}

async fn newest(journal: &Journal, policy: &Policy) -> Result<Option<Version>, LibraryError> {
    Ok(journal.setting(&setting(policy)).await?.and_then(|version| version.parse().ok()))
}

fn setting(policy: &Policy) -> String {
    format!("newest active version of {}", policy.description().name)
}

fn version(policy: &Policy) -> Option<Version> {
    policy.description().version.parse().ok()
}

/// By precedence: two builds of one version are neither older nor newer.
fn is_older(one: &Version, other: &Version) -> bool {
    one.cmp_precedence(other).is_lt()
}
