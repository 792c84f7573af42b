//! Checks of a request's head before routing: it names exactly one host, and no page of another site has sent it.

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;
use http::header::HOST;
use http::uri::Authority;
use http::{HeaderMap, HeaderValue, Version};

use super::auth::{Peer, is_open};
use super::codes::Code;
use super::error::ApiError;

/// Header in which browsers state the relation of the requesting page; pages cannot change it.
const SITE: &str = "sec-fetch-site";

pub(super) async fn check(request: Request, next: Next) -> Result<Response, ApiError> {
    one_host(&request)?;
    same_site(&request)?;
    Ok(next.run(request).await)
}

/// A proxy and this service must not choose different hosts from one request (RFC 9112, 3.2). Over the Unix socket the
/// host has no meaning, so any value is allowed there, but only one.
fn one_host(request: &Request) -> Result<(), ApiError> {
    let named: Vec<&HeaderValue> = request.headers().get_all(HOST).iter().collect();
    let host = match named.as_slice() {
        [host] => *host,
        [] if request.version() < Version::HTTP_11 => return Ok(()),
        [] => return Err(wrong("the header Host is missing".to_owned())),
        more => return Err(wrong(format!("the header Host occurs {} times; send it once", more.len()))),
    };
    if request.extensions().get::<Peer>() == Some(&Peer::Unix) {
        return Ok(());
    }
    let host = host.to_str().ok().and_then(authority);
    let host = host.ok_or_else(|| wrong("the header Host must be a host, with or without a port".to_owned()))?;
    match request.uri().authority() {
        Some(asked) if *asked != host => {
            Err(wrong(format!("the request is for {asked}, but its header Host is {host}")))
        }
        _ => Ok(()),
    }
}

/// A host with an optional port, without user information.
fn authority(text: &str) -> Option<Authority> {
    text.parse().ok().filter(|_| !text.contains('@'))
}

/// A page of another site cannot read the response, but its request would still take effect. Links to the debugger's
/// page are allowed from anywhere; that page then sends its own requests.
fn same_site(request: &Request) -> Result<(), ApiError> {
    let route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    if route.is_some_and(is_open) || !is_of_another_site(request.headers()) {
        return Ok(());
    }
    let detail = "a web page of another site sent this request, and only this service's own page may do that";
    Err(ApiError::new(Code::Forbidden, detail).closing())
}

fn is_of_another_site(headers: &HeaderMap) -> bool {
    headers.get_all(SITE).iter().any(|site| site == "cross-site" || site == "same-site")
}

fn wrong(detail: String) -> ApiError {
    ApiError::new(Code::BadRequest, detail).closing()
}
