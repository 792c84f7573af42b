//! Placement's list of versions (`GET /`), which needs no token: the sign that something is Placement.

use serde::Deserialize;
use swaparoo_placement::Request;

use super::{HttpOutcome, Placement};

/// The range of microversions of a Placement.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Versions {
    /// The oldest one, such as `1.0`.
    pub min_version: String,
    /// The newest one.
    pub max_version: String,
}

#[derive(Deserialize)]
struct VersionList {
    versions: Vec<Versions>,
}

/// Why the versions are not known, for the message of an error.
#[derive(Debug, thiserror::Error)]
pub enum VersionsError {
    /// Nothing answers.
    #[error("{0}")]
    NoAnswer(String),
    /// The certificate of the service is not accepted.
    #[error("{0}")]
    Untrusted(String),
    /// Something else than Placement answers, or Placement is faulty.
    #[error("it answers {0}")]
    Other(String),
}

impl Placement {
    /// Asks for the versions, once.
    ///
    /// # Errors
    /// Nothing answers, or not as Placement does, or its certificate is not accepted.
    pub async fn versions(&self) -> Result<Versions, VersionsError> {
        match self.send_once(&Request::get("/")).await {
            HttpOutcome::Response { status: 200, body } => versions(&body).ok_or_else(|| {
                VersionsError::Other("200 without a list of versions, so it is not Placement".to_owned())
            }),
            HttpOutcome::Response { status, .. } => Err(VersionsError::Other(status.to_string())),
            HttpOutcome::Lost(why) | HttpOutcome::Unsent(why) => Err(VersionsError::NoAnswer(why)),
            HttpOutcome::Untrusted(why) => Err(VersionsError::Untrusted(why)),
        }
    }
}

fn versions(body: &[u8]) -> Option<Versions> {
    serde_json::from_slice::<VersionList>(body).ok()?.versions.into_iter().next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_placement_lists_versions() {
        let listed =
            br#"{"versions": [{"id": "v1.0", "min_version": "1.0", "max_version": "1.39", "status": "CURRENT"}]}"#;
        assert_eq!(versions(listed).map(|it| it.max_version).as_deref(), Some("1.39"));
        for other in ["", "<html>", "{}", r#"{"versions": []}"#, r#"{"versions": "1"}"#] {
            assert_eq!(versions(other.as_bytes()), None, "{other}");
        }
    }
}
