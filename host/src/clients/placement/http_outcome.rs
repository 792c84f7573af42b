//! What comes of a request over HTTP.

use std::error::Error;

use reqwest::{Response, StatusCode};
use swaparoo_placement::{Method, Request};

use super::HttpOutcome;
use crate::clients::cloud;
use crate::clients::outgoing::{self, BodyError, root};

/// A request without an answer. `authorities`: the setting that names authorities whose certificates are accepted.
pub(super) fn no_answer(endpoint: &str, error: &reqwest::Error, authorities: &str) -> HttpOutcome {
    let at = format!("Placement at {}{}", outgoing::without_password(endpoint), outgoing::through_proxy(endpoint));
    if let Some(why) = outgoing::untrusted(error, endpoint, authorities) {
        return HttpOutcome::Untrusted(format!("no connection to {at}: {why}"));
    }
    let of = format!("{at}: {}", root(error));
    if error.is_connect() || error.is_builder() {
        HttpOutcome::Unsent(format!("no connection to {of}"))
    } else {
        HttpOutcome::Lost(format!("no answer from {of}"))
    }
}

/// Keystone gives no token for the request.
pub(super) fn without_token(error: &cloud::Error) -> HttpOutcome {
    match error {
        cloud::Error::Untrusted { .. } => HttpOutcome::Untrusted(error.to_string()),
        error => HttpOutcome::Unsent(chain(error)),
    }
}

/// Reads the body. A 204 is complete even if reading its body fails. The error for a body that is encoded or too large
/// takes its place: the answer has arrived, but nothing in it can be understood.
pub(super) async fn read_response(request: &Request, mut response: Response) -> HttpOutcome {
    let status = response.status();
    let body = match outgoing::body(&mut response, largest(request)).await {
        Ok(body) => body,
        Err(BodyError::Incomplete(_)) if status == StatusCode::NO_CONTENT => Vec::new(),
        Err(error @ BodyError::Incomplete(_)) => return HttpOutcome::Lost(format!("from Placement came {error}")),
        Err(error) => error.to_string().into_bytes(),
    };
    tracing::debug!(method = %request.method, path = request.path, status = status.as_u16(), "placement");
    HttpOutcome::Response { status: status.as_u16(), body }
}

/// The largest accepted answer in bytes.
fn largest(request: &Request) -> usize {
    let is_list = request.method == Method::Get && request.path.starts_with("/resource_providers");
    if is_list { outgoing::LARGEST_LIST } else { outgoing::LARGEST }
}

/// An error with its causes in one line, without repetition.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        next = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use reqwest::Url;

    use super::*;
    use crate::clients::outgoing::Tls;
    use crate::clients::outgoing::test_authority::Authority;
    use crate::clients::placement::{Auth, Http};

    #[tokio::test]
    async fn a_certificate_that_is_not_accepted_is_not_tried_again() {
        let authority = Authority::new();
        let service = authority.serve(authority.issue()).await;
        let (url, token) = (Url::parse(&service.url).unwrap(), Auth::Token("token".to_owned()));
        let read = Request::get("/resource_providers");
        let stranger = Http::with_tls(&url, token.clone(), &Tls::default()).unwrap();
        let HttpOutcome::Untrusted(why) = stranger.send(&read).await else { panic!("it is not trusted") };
        let at = service.url.trim_end_matches('/');
        let expected = format!(
            "no connection to Placement at {at}: no trusted authority has issued its certificate: name the authority's \
             with placement.cafile, or --cafile"
        );
        assert_eq!((why, service.connections()), (expected, 1));
        let trusting = Http::with_tls(&url, token, &authority.trusted()).unwrap();
        assert!(matches!(trusting.send(&read).await, HttpOutcome::Response { status: 204, .. }));
    }
}
