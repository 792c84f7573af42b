//! Reads an answer's body up to a limit.

use reqwest::Response;
use reqwest::header::{CONTENT_ENCODING, LOCATION};

use super::{Repeat, root};

/// The largest accepted answer in bytes, if it is no list.
pub const LARGEST: usize = 8 << 20;
/// The largest accepted list in bytes. Placement's lists have no pages: the allocations of a shared provider with
/// 100,000 consumers have 10 MB. Only audits read lists, a few at a time.
pub const LARGEST_LIST: usize = 64 << 20;

/// The coding of an answer that is not encoded.
pub(super) const IDENTITY: &str = "identity";

/// Why an answer was not read to its end.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    /// The answer has more bytes than this.
    #[error("an answer of more than {0} bytes, which is not read")]
    TooLarge(usize),
    /// The answer is a redirect.
    #[error("a redirect to \"{0}\", which is not followed: configure the new address")]
    Redirect(String),
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

/// Reads the answer's body of at most `largest` bytes.
///
/// # Errors
/// The body is larger, it ends too early, or it is encoded; or the answer is a redirect.
pub async fn read(response: &mut Response, largest: usize) -> Result<Vec<u8>, BodyError> {
    let to = response.headers().get(LOCATION).filter(|_| response.status().is_redirection());
    if let Some(to) = to {
        return Err(BodyError::Redirect(to.as_bytes().escape_ascii().to_string()));
    }
    let coding = response.headers().get(CONTENT_ENCODING).filter(|coding| !coding.is_empty());
    if let Some(coding) = coding.filter(|coding| !coding.as_bytes().eq_ignore_ascii_case(IDENTITY.as_bytes())) {
        return Err(BodyError::Encoded(coding.as_bytes().escape_ascii().to_string()));
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(BodyError::Incomplete)? {
        if body.len() + chunk.len() > largest {
            return Err(BodyError::TooLarge(largest));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
