//! The statement that is signed.

use std::fmt;

use semver::Version;
use serde::{Deserialize, Serialize};

use super::{Envelope, PrivateKey, SignatureError};
use crate::contract::Description;
use crate::engine::Digest;

/// The media type of a statement. It is signed together with the statement, so that a signature of another program does
/// not count as one.
const PAYLOAD_TYPE: &str = "application/vnd.swaparoo.policy+json";

/// The statement that a key signs: this component, with this name and version, is a policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    #[serde(with = "prefixed")]
    digest: Digest,
    name: String,
    #[serde(with = "semantic")]
    version: Version,
    purpose: Purpose,
}

/// The purpose of a signature; a key may sign other things for other purposes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Purpose {
    #[serde(rename = "swaparoo policy")]
    Policy,
}

impl Statement {
    /// The statement about a component with this description.
    ///
    /// # Errors
    /// Its version is not a semantic version, so versions could not be compared.
    pub fn of(digest: Digest, description: &Description) -> Result<Self, SignatureError> {
        let Description { name, version, .. } = description;
        let not_semantic = |error: semver::Error| SignatureError::Version {
            name: name.clone(),
            version: version.clone(),
            why: error.to_string(),
        };
        let version = version.parse().map_err(not_semantic)?;
        Ok(Self { digest, name: name.clone(), version, purpose: Purpose::Policy })
    }

    /// Reads the statement from the payload of an envelope.
    pub(super) fn read(payload_type: &str, payload: &[u8]) -> Result<Self, SignatureError> {
        let no = |why| SignatureError::Statement { why };
        if payload_type != PAYLOAD_TYPE {
            return Err(no(format!("its payload type is {payload_type:?}, not {PAYLOAD_TYPE:?}")));
        }
        serde_json::from_slice(payload).map_err(|error| no(error.to_string()))
    }

    /// Signs the statement.
    pub fn sign(&self, key: &PrivateKey) -> Result<Envelope, SignatureError> {
        Envelope::sign(PAYLOAD_TYPE, &self.payload()?, key)
    }

    /// The bytes that an ed25519 signature covers, for keys that another program keeps.
    pub fn to_be_signed(&self) -> Result<Vec<u8>, SignatureError> {
        Ok(dsse::pae(PAYLOAD_TYPE, &self.payload()?))
    }

    /// The envelope with a signature that another program made over [`Self::to_be_signed`].
    pub fn signed_elsewhere(&self, signature: [u8; 64]) -> Result<Envelope, SignatureError> {
        Envelope::sign(PAYLOAD_TYPE, &self.payload()?, &Elsewhere(signature))
    }

    fn payload(&self) -> Result<Vec<u8>, SignatureError> {
        serde_json::to_vec(self).map_err(|error| SignatureError::Statement { why: error.to_string() })
    }

    /// Checks that the statement is about this component.
    ///
    /// # Errors
    /// [`SignatureError::OtherComponent`] if it is about another one.
    pub fn check_digest(&self, digest: Digest) -> Result<(), SignatureError> {
        if self.digest == digest {
            return Ok(());
        }
        Err(SignatureError::OtherComponent { stated: self.to_string(), digest })
    }

    /// Checks that the component's description has the stated name and version.
    ///
    /// # Errors
    /// [`SignatureError::OtherDescription`] if it has others.
    pub fn check_description(&self, description: &Description) -> Result<(), SignatureError> {
        let Description { name, version, .. } = description;
        if self.name == *name && self.version.to_string() == *version {
            return Ok(());
        }
        let (stated, found) = (format!("{} {}", self.name, self.version), format!("{name} {version}"));
        Err(SignatureError::OtherDescription { stated, found })
    }
}

/// A signer that returns a given signature.
struct Elsewhere([u8; 64]);

impl dsse::Signer for Elsewhere {
    fn sign(&self, _: &[u8]) -> dsse::Result<Vec<u8>> {
        Ok(self.0.to_vec())
    }
}

/// Text for people, such as `standard 0.1.0 (sha256 5be8...)`.
impl fmt::Display for Statement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} (sha256 {})", self.name, self.version, self.digest)
    }
}

/// Serializes a version as its original text.
mod semantic {
    use semver::Version;
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(version: &Version, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(version)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Version, D::Error> {
        String::deserialize(from)?.parse().map_err(Error::custom)
    }
}

/// Serializes a digest with the prefix `sha256:`.
mod prefixed {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::engine::Digest;

    pub fn serialize<S: Serializer>(digest: &Digest, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&format!("sha256:{digest}"))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Digest, D::Error> {
        let text = String::deserialize(from)?;
        let digits = text.strip_prefix("sha256:").ok_or_else(|| Error::custom("its digest is not a sha256:"))?;
        digits.parse().map_err(Error::custom)
    }
}
