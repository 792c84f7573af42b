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
    #[error("not a UUID; write it as c0ffee00-0000-0000-0000-000000000001, in lower case with dashes")]
    NoUuid,
    /// Another spelling.
    #[error("Placement takes this spelling for another consumer; write {canonical}")]
    Spelling {
        /// As it should be.
        canonical: String,
    },
}

impl FromStr for Canonical {
    type Err = NotCanonical;

    fn from_str(text: &str) -> Result<Self, NotCanonical> {
        let uuid = Uuid::try_parse(text).map_err(|_| NotCanonical::NoUuid)?;
        let canonical = uuid.to_string();
        if canonical == text {
            return Ok(Self(canonical));
        }
        Err(NotCanonical::Spelling { canonical })
    }
}

impl Canonical {
    /// As it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// In a document nobody else says which value is meant.
impl TryFrom<String> for Canonical {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let shown = || text.chars().take(100).collect::<String>();
        text.parse().map_err(|error: NotCanonical| format!("{:?}: {error}", shown()))
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
