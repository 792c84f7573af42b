//! Versions of the contract, and which of them a host understands.

use std::fmt;

/// A released version of the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Version {
    /// A new one may change anything.
    pub major: u32,
    /// A new one only adds cases, and fields that are options (wit/rules.wit).
    pub minor: u32,
    /// A new one changes only documentation.
    pub patch: u32,
}

impl Version {
    /// Reads `1.0.0`. None for anything else, such as a version that is not released.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut numbers = text.split('.').map(number);
        let [major, minor, patch] = [numbers.next()??, numbers.next()??, numbers.next()??];
        numbers.next().is_none().then_some(Self { major, minor, patch })
    }

    /// Whether a host of this version runs policies of the other one, and reads its records and journals: those of the same
    /// major version that are not of a newer minor one.
    #[must_use]
    pub fn supports(self, other: Self) -> bool {
        self.major == other.major && self.minor >= other.minor
    }

    /// Whether both have the same types.
    #[must_use]
    pub fn has_types_of(self, other: Self) -> bool {
        (self.major, self.minor) == (other.major, other.minor)
    }
}

/// A number as it is written in a version: `01` and `+1` are not.
fn number(text: &str) -> Option<u32> {
    text.parse().ok().filter(|number: &u32| number.to_string() == text)
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { major, minor, patch } = self;
        write!(f, "{major}.{minor}.{patch}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CONTRACT, VERSION};

    fn version(text: &str) -> Version {
        Version::parse(text).unwrap_or_else(|| panic!("{text}"))
    }

    #[test]
    fn only_a_released_version_is_read() {
        assert_eq!(version("1.20.3"), Version { major: 1, minor: 20, patch: 3 });
        assert_eq!((version(CONTRACT), VERSION.to_string().as_str()), (VERSION, CONTRACT));
        for other in ["", "1", "1.0", "1.0.", "1.0.01", "1.0.+1", "1.0.0-rc.1", "1.0.0+x", "1.0.0.0", "1.0.4294967296"]
        {
            assert_eq!(Version::parse(other), None, "{other}");
        }
    }

    #[test]
    fn every_patch_and_every_older_minor_version_is_supported() {
        let host = version("1.2.3");
        for older in ["1.0.0", "1.0.9", "1.1.7", "1.2.0", "1.2.3", "1.2.4"] {
            assert!(host.supports(version(older)), "{older}");
        }
        for other in ["0.1.0", "0.2.3", "1.3.0", "2.0.0", "2.2.3"] {
            assert!(!host.supports(version(other)), "{other}");
        }
        assert!(host.has_types_of(version("1.2.9")) && !host.has_types_of(version("1.1.3")));
    }
}
