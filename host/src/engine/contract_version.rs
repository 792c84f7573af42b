//! Which versions of the contract this host supports.

use semver::Version;

use crate::contract::CONTRACT;

/// True for the host's version, and for every other patch version of it: a patch changes documentation only
/// (wit/rules.wit), so the types are the same.
pub fn is_supported(version: &str) -> bool {
    let minor = |version: &str| {
        let version = Version::parse(version).ok()?;
        let released = version.pre.is_empty() && version.build.is_empty();
        released.then_some((version.major, version.minor))
    };
    minor(version).is_some_and(|found| Some(found) == minor(CONTRACT))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_patch_of_the_same_minor_version_is_supported() {
        for version in [CONTRACT, "1.0.1", "1.0.20"] {
            assert!(is_supported(version), "{version}");
        }
        for version in ["0.1.0", "1.1.0", "2.0.0", "1.0", "1.0.01", "1.0.0-rc.1", "1.0.0+x", ""] {
            assert!(!is_supported(version), "{version}");
        }
    }
}
