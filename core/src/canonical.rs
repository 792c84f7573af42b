//! A UUID in the one spelling that this program accepts.

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

/// The text is not a UUID in this spelling.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotCanonical {
    /// The text is not a UUID in any spelling.
    #[error("not a UUID; write it as c0ffee00-0000-0000-0000-000000000001, in lower case with dashes")]
    NoUuid,
    /// The text is a UUID in another spelling.
    #[error("Placement treats this spelling as another consumer; write {canonical}")]
    Spelling {
        /// The accepted spelling.
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
    /// The UUID as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// For values in documents: the error must quote the value, because the parser's message does not name it.
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
