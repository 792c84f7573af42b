//! What a request's head must be before anything looks at what it asks: for one host, that it names once, and not made by
//! the web page of another site.

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;
use http::header::HOST;
use http::uri::Authority;
use http::{HeaderMap, HeaderValue, Version};

use super::auth::{Peer, is_open};
use super::codes::Code;
use super::error::ApiError;

/// What browsers of today say of the page that makes them send a request; no page can change it.
const SITE: &str = "sec-fetch-site";

pub(super) async fn check(request: Request, next: Next) -> Result<Response, ApiError> {
    one_host(&request)?;
    same_site(&request)?;
    Ok(next.run(request).await)
}

/// A proxy and this service must not each take another of two hosts for the one that is meant (RFC 9112, 3.2). Over the
/// Unix socket it means nothing, and clients write there what they like, but once.
fn one_host(request: &Request) -> Result<(), ApiError> {
    let named: Vec<&HeaderValue> = request.headers().get_all(HOST).iter().collect();
    let host = match named.as_slice() {
        [host] => *host,
        [] if request.version() < Version::HTTP_11 => return Ok(()),
        [] => return Err(wrong("the header Host is missing".to_owned())),
        more => return Err(wrong(format!("there are {} headers Host; send one", more.len()))),
    };
    if request.extensions().get::<Peer>() == Some(&Peer::Unix) {
        return Ok(());
    }
    let host = host.to_str().ok().and_then(authority);
    let host = host.ok_or_else(|| wrong("the header Host is no host with or without a port".to_owned()))?;
    match request.uri().authority() {
        Some(asked) if *asked != host => {
            Err(wrong(format!("the request is for {asked}, and its header Host is {host}")))
        }
        _ => Ok(()),
    }
}

/// A host and a port, without a user.
fn authority(text: &str) -> Option<Authority> {
    text.parse().ok().filter(|_| !text.contains('@'))
}

/// A page of another site sees no answer, but what its request starts would be started all the same. The page of this
/// service may be linked to from anywhere, and it asks the rest itself.
fn same_site(request: &Request) -> Result<(), ApiError> {
    let route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    if route.is_some_and(is_open) || !is_of_another_site(request.headers()) {
        return Ok(());
    }
    let detail =
        "a web page of another site made this request, and only this service's own page may; open it by itself";
    Err(ApiError::new(Code::Forbidden, detail).closing())
}

fn is_of_another_site(headers: &HeaderMap) -> bool {
    headers.get_all(SITE).iter().any(|site| site == "cross-site" || site == "same-site")
}

fn wrong(detail: String) -> ApiError {
    ApiError::new(Code::BadRequest, detail).closing()
}
