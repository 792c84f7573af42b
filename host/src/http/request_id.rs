//! The request's id: from the client if valid, else a new one. It appears in the log, the response headers and errors.
//! The log also names the client's program and its version, and the user (see `auth.rs`).

use std::borrow::Cow;
use std::time::Instant;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::header::USER_AGENT;
use http::{HeaderMap, HeaderName, HeaderValue};
use tracing::Instrument;
use uuid::Uuid;

use super::error::name_request;

/// The header that OpenStack services use for it.
pub const HEADER: HeaderName = HeaderName::from_static("x-openstack-request-id");

/// The log has this many characters of a request's method, path and client at most. Otherwise clients without a token
/// could fill the disk with few requests.
const LOGGED: usize = 200;

/// `req-` and a UUID, in the extensions of every request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(pub String);

impl RequestId {
    /// The client's id; `None` if there is none in OpenStack's form.
    pub(crate) fn of(headers: &HeaderMap) -> Option<Self> {
        let said = headers.get(HEADER)?.to_str().ok()?;
        let uuid = said.strip_prefix("req-").filter(|uuid| uuid.len() == 36)?;
        Uuid::try_parse(uuid).ok().map(|_| Self(said.to_owned()))
    }

    /// A new id.
    pub(crate) fn new() -> Self {
        Self(format!("req-{}", Uuid::new_v4()))
    }
}

/// Sets the request's id, and logs the status and duration of the response.
pub(super) async fn number(mut request: Request, next: Next) -> Response {
    let id = RequestId::of(request.headers()).unwrap_or_else(RequestId::new);
    request.extensions_mut().insert(id.clone());
    let span = span(&id, &request);
    let began = Instant::now();
    async move {
        let response = next.run(request).await;
        tracing::info!(status = response.status().as_u16(), seconds = began.elapsed().as_secs_f64(), "answered");
        let mut response = name_request(response, &id.0);
        if let Ok(value) = HeaderValue::from_str(&id.0) {
            response.headers_mut().insert(HEADER, value);
        }
        response
    }
    .instrument(span)
    .await
}

fn span(id: &RequestId, request: &Request) -> tracing::Span {
    let (method, path) = (cut(request.method().as_str()), cut(request.uri().path()));
    let agent = cut(client(request.headers()));
    let user = tracing::field::Empty;
    tracing::info_span!("request", id = id.0, method = %method, path = &*path, client = &*agent, user)
}

/// The client's program, as it names it.
fn client(headers: &HeaderMap) -> &str {
    headers.get(USER_AGENT).and_then(|said| said.to_str().ok()).unwrap_or("-")
}

/// The text, or its beginning and its length.
fn cut(text: &str) -> Cow<'_, str> {
    let end = text.char_indices().nth(LOGGED).map(|(end, _)| end);
    match end.and_then(|end| text.get(..end)) {
        Some(beginning) => format!("{beginning}… ({} bytes)", text.len()).into(),
        None => text.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_path_is_cut_in_the_log() {
        let (long, most) = (format!("/{}", "ü".repeat(15_000)), format!("/{}", "a".repeat(199)));
        assert_eq!(cut(&long), format!("/{}… (30001 bytes)", "ü".repeat(199)));
        assert_eq!(cut(&most), most);
        assert_eq!(cut("/v1/tasks"), "/v1/tasks");
    }

    #[test]
    fn the_log_names_the_client() {
        let said = "swaparoo-nova/0.1.0 nova/34.0.0";
        assert_eq!(client(&HeaderMap::from_iter([(USER_AGENT, HeaderValue::from_static(said))])), said);
        assert_eq!(client(&HeaderMap::new()), "-");
    }

    fn check(said: &str, taken: bool) {
        let headers = HeaderMap::from_iter([(HEADER, HeaderValue::from_bytes(said.as_bytes()).unwrap())]);
        assert_eq!(RequestId::of(&headers), taken.then(|| RequestId(said.to_owned())), "{said}");
    }

    #[test]
    fn only_what_looks_like_an_id_is_taken() {
        check("req-8b1f6f2e-7d8c-4c53-8fb4-5f3a3b1d9c11", true);
        check("8b1f6f2e-7d8c-4c53-8fb4-5f3a3b1d9c11", false);
        check("req-8b1f6f2e7d8c4c538fb45f3a3b1d9c11", false);
        check("req-8b1f6f2e-7d8c-4c53-8fb4-5f3a3b1d9c1x", false);
        check("req-{8b1f6f2e-7d8c-4c53-8fb4-5f3a3b1d9c11}", false);
        check("req-8b1f6f2e-7d8c-4c53-8fb4-5f3a3b1d9c11 level=error", false);
        check("", false);
        let new = RequestId::new();
        check(&new.0, true);
        assert_ne!(new, RequestId::new());
    }
}
