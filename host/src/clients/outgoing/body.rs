//! Reads an answer's body up to a limit.

use reqwest::Response;
use reqwest::header::CONTENT_ENCODING;

use super::{Repeat, root};

/// The largest accepted answer in bytes. nova's and Placement's pages of 1,000 records are smaller than 1 MB.
pub const LARGEST: usize = 8 << 20;

/// The coding of an answer that is not encoded.
pub(super) const IDENTITY: &str = "identity";

/// Why an answer was not read to its end.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    /// The answer is too large.
    #[error("an answer of more than {LARGEST} bytes")]
    TooLarge,
    /// The connection failed.
    #[error("an answer that breaks off: {}", root(.0))]
    Incomplete(reqwest::Error),
    /// The answer is compressed, although it was requested as it is.
    #[error("an answer with the content coding \"{0}\", which was not requested: let no proxy encode answers")]
    Encoded(String),
}

impl BodyError {
    /// Whether the same request may get a better answer.
    pub fn repeat(&self) -> Repeat {
        if matches!(self, Self::Incomplete(_)) { Repeat::Soon } else { Repeat::No }
    }
}

/// Reads the answer's body.
///
/// # Errors
/// The body has more than [`LARGEST`] bytes, it ends too early, or it is encoded.
pub async fn read(response: &mut Response) -> Result<Vec<u8>, BodyError> {
    let coding = response.headers().get(CONTENT_ENCODING).filter(|coding| !coding.is_empty());
    if let Some(coding) = coding.filter(|coding| !coding.as_bytes().eq_ignore_ascii_case(IDENTITY.as_bytes())) {
        return Err(BodyError::Encoded(coding.as_bytes().escape_ascii().to_string()));
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(BodyError::Incomplete)? {
        if body.len() + chunk.len() > LARGEST {
            return Err(BodyError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
