//! The place of a policy in a registry.

use std::fmt;
use std::str::FromStr;

use oci_client::Reference;

/// What every address begins with.
const SCHEME: &str = "oci://";

/// `oci://HOST[:PORT]/REPOSITORY[:TAG][@sha256:DIGEST]`. The digest is that of the manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location(pub(super) Reference);

/// A text is not the address of a policy in a registry.
#[derive(Debug, thiserror::Error)]
pub enum LocationError {
    /// It does not name a registry.
    #[error("`{0}` names no registry: write it as oci://HOST/REPOSITORY:TAG")]
    NoRegistry(String),
    /// Another part of it is wrong.
    #[error("`{text}` is no place in a registry: {why}")]
    Malformed {
        /// The text.
        text: String,
        /// What the parser says.
        why: String,
    },
}

impl Location {
    /// Whether a text is meant as such an address, and not as a file.
    #[must_use]
    pub fn is_meant(text: &str) -> bool {
        text.starts_with(SCHEME)
    }

    /// Whether it names the manifest by its digest, so that it is the same one for ever.
    #[must_use]
    pub fn is_fixed(&self) -> bool {
        self.0.digest().is_some()
    }

    /// The same repository, and the manifest with this digest.
    #[must_use]
    pub fn at(&self, digest: &str) -> Self {
        let Self(place) = self;
        Self(Reference::with_digest(place.registry().into(), place.repository().into(), digest.into()))
    }

    /// The same repository with another tag.
    pub(super) fn tagged(&self, tag: &str) -> Reference {
        Reference::with_tag(self.0.registry().into(), self.0.repository().into(), tag.into())
    }
}

impl FromStr for Location {
    type Err = LocationError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let place = text.strip_prefix(SCHEME).unwrap_or_default();
        // Without this, the parser would take a public registry.
        let has_registry =
            place.split_once('/').is_some_and(|(host, _)| host == "localhost" || host.contains(['.', ':']));
        if !has_registry {
            return Err(LocationError::NoRegistry(text.to_owned()));
        }
        let malformed =
            |error: oci_client::ParseError| LocationError::Malformed { text: text.to_owned(), why: error.to_string() };
        place.parse().map(Self).map_err(malformed)
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SCHEME}{}", self.0.whole())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: &str = "sha256:5be8aa9e80dc5be8aa9e80dc5be8aa9e80dc5be8aa9e80dc5be8aa9e80dcabcd";

    #[test]
    fn an_address_names_its_registry() {
        for wrong in ["mine.wasm", "oci://", "oci://mine", "oci://team/mine:1", "https://r.example/mine"] {
            let error = wrong.parse::<Location>().unwrap_err();
            assert!(matches!(error, LocationError::NoRegistry(_)), "{wrong}: {error}");
        }
        let error = "oci://r.example/UPPER:1".parse::<Location>().unwrap_err().to_string();
        assert!(error.starts_with("`oci://r.example/UPPER:1` is no place in a registry"), "{error}");
    }

    #[test]
    fn only_a_digest_fixes_it() {
        let tagged: Location = "oci://127.0.0.1:5000/team/mine:1.2.0".parse().unwrap();
        assert_eq!(tagged.to_string(), "oci://127.0.0.1:5000/team/mine:1.2.0");
        let fixed = tagged.at(&format!("sha256:{}", "5be8aa9e80dc".repeat(6).split_at(64).0));
        assert!(!tagged.is_fixed() && fixed.is_fixed());
        assert_eq!(fixed.to_string().parse::<Location>().unwrap(), fixed);
        assert_eq!(DIGEST.len(), 71);
    }
}
