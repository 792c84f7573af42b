//! Passes requests on to Placement as they are, and its answers back.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::response::Response;
use http::header::{ACCEPT, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, EXPECT, HOST, TRANSFER_ENCODING, UPGRADE};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use hyper::body::Body as _;
use reqwest::{Client, Url};

use super::refused;
use super::sync_body::SyncBody;
use crate::clients::outgoing::{self, Tls, passing_on};
use crate::contract::{Effect, GetAllocations, Holding, Reply};
use crate::http::{ApiError, Code};
use crate::placement_codec::{self, HttpOutcome};

/// The header with Placement's version.
const VERSION: HeaderName = HeaderName::from_static("openstack-api-version");

/// Headers of a connection, which end here; RFC 9110, section 7.6.1.
const OF_CONNECTION: [HeaderName; 7] = [
    CONNECTION,
    TRANSFER_ENCODING,
    UPGRADE,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("te"),
    HeaderName::from_static("trailer"),
    HeaderName::from_static("proxy-connection"),
];

/// The way to Placement.
pub struct Forward {
    client: Client,
    /// `http://HOST:PORT`
    origin: String,
    /// The path in front of Placement's own, such as `/placement`; mostly empty.
    prefix: String,
}

impl Forward {
    /// The way to the Placement at this URL.
    pub fn new(url: &Url, tls: &Tls, answer: Duration) -> reqwest::Result<Self> {
        let origin = url.origin().ascii_serialization();
        Ok(Self { client: passing_on(tls, answer)?, origin, prefix: url.path().trim_end_matches('/').to_owned() })
    }

    /// Passes a request on while its body arrives.
    pub async fn stream(&self, head: &Parts, body: Body) -> Response {
        if body.size_hint().exact() == Some(0) {
            return self.send(head, Bytes::new()).await;
        }
        let sent = self.request(head).body(reqwest::Body::wrap(SyncBody::new(body))).send().await;
        self.answer(head, sent)
    }

    /// Passes a request on. A read is sent again if the kept connection was closed meanwhile.
    pub async fn send(&self, head: &Parts, body: Bytes) -> Response {
        let send = || {
            let request = self.request(head);
            if body.is_empty() && !has_length(head) { request } else { request.body(body.clone()) }.send()
        };
        let mut sent = send().await;
        let is_read = matches!(head.method, Method::GET | Method::HEAD);
        if is_read && sent.as_ref().is_err_and(|error| !error.is_connect() && !error.is_timeout()) {
            sent = send().await;
        }
        self.answer(head, sent)
    }

    /// What a consumer holds, read with the headers of a client's request: a client that may not read it gets Placement's
    /// own answer to its request. `None` if there is no such answer.
    pub async fn holding(&self, head: &Parts, consumer: &str) -> Option<Holding> {
        let effect = Effect::GetAllocations(GetAllocations { consumer: consumer.to_owned() });
        let request = placement_codec::request(&effect)?;
        let mut headers = end_to_end(&head.headers);
        headers.remove(CONTENT_TYPE);
        headers.insert(ACCEPT, const { HeaderValue::from_static("application/json") });
        headers.insert(VERSION, HeaderValue::try_from(format!("placement {}", request.microversion)).ok()?);
        let sent = self.client.get(format!("{}{}{}", self.origin, self.prefix, request.path)).headers(headers);
        let mut response = sent.send().await.ok()?;
        let status = response.status().as_u16();
        let body = outgoing::body(&mut response, outgoing::LARGEST).await.ok()?;
        match placement_codec::reply(&request, &effect, HttpOutcome::Response { status, body }) {
            Reply::Holding(holding) => Some(holding),
            _ => None,
        }
    }

    fn request(&self, head: &Parts) -> reqwest::RequestBuilder {
        self.client.request(head.method.clone(), self.url(head)).headers(end_to_end(&head.headers))
    }

    /// A client may know the path in front of Placement's own, or not.
    fn url(&self, head: &Parts) -> String {
        let (path, asked) = (head.uri.path(), head.uri.path_and_query().map_or("/", |asked| asked.as_str()));
        let has_prefix = path.strip_prefix(&self.prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        let prefix = if has_prefix { "" } else { &self.prefix };
        format!("{}{prefix}{asked}", self.origin)
    }

    fn answer(&self, head: &Parts, sent: reqwest::Result<reqwest::Response>) -> Response {
        match sent {
            Ok(answer) => passed_back(answer),
            Err(error) if error.is_connect() => {
                let why = format!("Placement at {} cannot be reached: {}", self.origin, outgoing::root(&error));
                refused(head, ApiError::new(Code::PlacementUnreachable, why))
            }
            Err(error) => {
                let why = format!("Placement at {} gave no answer: {}", self.origin, outgoing::root(&error));
                refused(head, ApiError::new(Code::PlacementSilent, why))
            }
        }
    }
}

fn has_length(head: &Parts) -> bool {
    head.headers.contains_key(CONTENT_LENGTH)
}

/// The answer with its body, which is passed on while it arrives.
fn passed_back(answer: reqwest::Response) -> Response {
    let (head, body) = http::Response::from(answer).into_parts();
    let mut response = Response::new(Body::new(body));
    *response.status_mut() = head.status;
    let length = head.headers.get(CONTENT_LENGTH).cloned();
    *response.headers_mut() = end_to_end(&head.headers);
    if let Some(length) = length {
        response.headers_mut().insert(CONTENT_LENGTH, length);
    }
    response
}

/// All headers but those of the connection, and those that the client of the next connection writes itself.
fn end_to_end(headers: &HeaderMap) -> HeaderMap {
    let named = headers.get_all(CONNECTION).iter().filter_map(|value| value.to_str().ok());
    let named: Vec<HeaderName> =
        named.flat_map(|names| names.split(',')).filter_map(|name| name.trim().parse().ok()).collect();
    let mut kept = headers.clone();
    for name in OF_CONNECTION.iter().chain(&[HOST, CONTENT_LENGTH, EXPECT]).chain(&named) {
        kept.remove(name);
    }
    kept
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    #[test]
    fn the_path_in_front_of_placements_own_is_added_once() {
        let check = |url: &str, asked: &str, expected: &str| {
            let forward = Forward::new(&url.parse().unwrap(), &Tls::default(), Duration::from_secs(1)).unwrap();
            let head = Request::get(asked).body(()).unwrap().into_parts().0;
            assert_eq!(forward.url(&head), expected, "{url} {asked}");
        };
        check("http://p:8778", "/usages?a=b%20c", "http://p:8778/usages?a=b%20c");
        check("http://p:8778/", "/", "http://p:8778/");
        check("https://p/placement", "/allocations", "https://p/placement/allocations");
        check("https://p/placement/", "/placement/allocations", "https://p/placement/allocations");
        check("https://p/placement", "/placements", "https://p/placement/placements");
    }

    #[test]
    fn headers_of_the_connection_end_here() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("connection", "close, X-Mine"),
            ("x-mine", "1"),
            ("keep-alive", "timeout=5"),
            ("host", "proxy"),
            ("x-auth-token", "t"),
            ("openstack-api-version", "placement 1.28"),
        ] {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        let kept = end_to_end(&headers);
        let mut names: Vec<_> = kept.keys().map(HeaderName::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["openstack-api-version", "x-auth-token"]);
    }
}
