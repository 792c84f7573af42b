//! A UUID in the spelling that Placement compares.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A UUID of 36 characters in lower case, with dashes: Placement compares ids as strings, so any other spelling names
/// another consumer.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, format = "uuid", pattern = "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
pub struct Canonical(String);

/// Not such a UUID.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotCanonical {
    /// It is none in any spelling.
    #[error("{0:?} is not a UUID: write one like c0ffee00-0000-4000-8000-000000000001")]
    NoUuid(String),
    /// Another spelling.
    #[error("{given:?}: Placement takes this spelling for another consumer; write {canonical}")]
    Spelling {
        /// As it was written.
        given: String,
        /// As it should be.
        canonical: String,
    },
}

impl FromStr for Canonical {
    type Err = NotCanonical;

    fn from_str(text: &str) -> Result<Self, NotCanonical> {
        let shown = || text.chars().take(100).collect::<String>();
        let uuid = Uuid::try_parse(text).map_err(|_| NotCanonical::NoUuid(shown()))?;
        let canonical = uuid.to_string();
        if canonical == text {
            return Ok(Self(canonical));
        }
        Err(NotCanonical::Spelling { given: shown(), canonical })
    }
}

impl TryFrom<String> for Canonical {
    type Error = NotCanonical;

    fn try_from(text: String) -> Result<Self, NotCanonical> {
        text.parse()
    }
}

impl From<Canonical> for String {
    fn from(canonical: Canonical) -> Self {
        canonical.0
    }
}

impl fmt::Display for Canonical {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
