//! Placement over HTTP: one client with persistent connections and the headers that OpenStack services expect.

use std::error::Error;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{ACCEPT, CONTENT_TYPE, RETRY_AFTER as RETRY_AFTER_HEADER};
use reqwest::{Client, Response, StatusCode, Url};
use swaparoo_placement::{Body, Method, Request};

use super::HttpOutcome;
use super::answer::Answer;
use crate::clients::cloud::{self, Cloud};
use crate::clients::in_flight::{self, InFlight, Permit, despite_shortage};
use crate::clients::outgoing::{self, BodyError, Tls, root};

/// Timeout for a connection. A service on the same network accepts one within milliseconds.
const CONNECT: Duration = Duration::from_secs(5);
/// Timeout for a complete answer. nova has none by default; a gateway's is usually 60 s.
const ANSWER: Duration = Duration::from_secs(60);
/// Reads that fail in transit, or that a proxy answers instead of Placement, are repeated after these pauses.
const READ_PAUSES: [Duration; 2] = [Duration::from_millis(200), Duration::from_millis(800)];
/// The longest total time for which reads obey the header Retry-After of a 429. A task that waits longer blocks others.
const RETRY_AFTER: Duration = Duration::from_secs(30);
/// The limit of concurrent urgent requests, which do not count towards the limit of the others.
const AT_ONCE: NonZeroUsize = const { NonZeroUsize::new(8).unwrap() };

/// How requests are authenticated.
#[derive(Debug, Clone)]
pub enum Auth {
    /// A fixed token, for `noauth2` or issued elsewhere.
    Token(String),
    /// A token from Keystone, renewed as needed.
    Cloud(Arc<Cloud>),
}

/// A Placement service.
#[derive(Debug, Clone)]
pub struct Http {
    client: Client,
    /// A client without persistent connections: when an address has moved to another machine, all open connections are
    /// dead, and trying each of them takes time.
    afresh: Client,
    endpoint: String,
    /// The endpoint for messages, without the password.
    shown: String,
    auth: Auth,
    answer: Duration,
    in_flight: InFlight,
    at_once: InFlight,
    /// The request id to send; if `None`, each request gets a new id.
    request_id: Option<String>,
}

impl Http {
    /// The service at `endpoint`, with or without a path. Fails if the TLS roots cannot be loaded.
    pub fn new(endpoint: &Url, auth: Auth) -> reqwest::Result<Self> {
        let tls = match &auth {
            Auth::Token(_) => Tls::default(),
            Auth::Cloud(cloud) => cloud.tls().clone(),
        };
        let client = |kept: usize| outgoing::client(&tls).connect_timeout(CONNECT).pool_max_idle_per_host(kept).build();
        let (client, afresh) = (client(in_flight::DEFAULT.get())?, client(0)?);
        let bare = |url: &Url| url.as_str().trim_end_matches('/').to_owned();
        let mut shown = endpoint.clone();
        // This fails only for URLs that cannot contain a password.
        let _ = shown.set_password(None);
        Ok(Self {
            client,
            afresh,
            endpoint: bare(endpoint),
            shown: bare(&shown),
            auth,
            answer: ANSWER,
            in_flight: InFlight::at_most(in_flight::DEFAULT),
            at_once: InFlight::at_most(AT_ONCE),
            request_id: None,
        })
    }

    /// Sets the limit of concurrent requests, 64 by default; clones share the limit.
    #[must_use]
    pub fn in_flight(self, most: NonZeroUsize) -> Self {
        Self { in_flight: InFlight::at_most(most), ..self }
    }

    /// Sets the timeout for a complete answer, 60 s by default.
    #[must_use]
    pub fn answer_within(self, answer: Duration) -> Self {
        Self { answer, ..self }
    }

    /// Sends this request id with all requests, as nova does, so that the logs of all services can be correlated.
    #[must_use]
    pub fn on_behalf_of(self, request_id: &str) -> Self {
        Self { request_id: Some(request_id.to_owned()), ..self }
    }

    /// Sends a request. Writes are sent once; reads are repeated on a new connection if they fail in transit, if a proxy
    /// has no answer of Placement, or if it asks to repeat them later.
    pub async fn send(&self, request: &Request) -> HttpOutcome {
        let mut answer = self.authorized(request).await;
        if request.method != Method::Get {
            return answer.outcome;
        }
        let mut obeyed = Duration::ZERO;
        for pause in READ_PAUSES {
            let Some(pause) = answer.pause(pause, RETRY_AFTER.saturating_sub(obeyed)) else { break };
            obeyed += pause;
            tokio::time::sleep(pause).await;
            let afresh = Self { client: self.afresh.clone(), ..self.clone() };
            answer = afresh.authorized(request).await;
        }
        answer.outcome
    }

    /// Sends a request once, without waiting behind the others.
    pub async fn send_once(&self, request: &Request) -> HttpOutcome {
        let _permit = self.at_once.permit().await;
        self.authorized(request).await.outcome
    }

    /// The present endpoint, without a password.
    #[must_use]
    pub fn shown_endpoint(&self) -> String {
        match &self.auth {
            Auth::Token(_) => self.shown.clone(),
            Auth::Cloud(cloud) => cloud.placement_now(),
        }
    }

    /// Waits until the limit allows another request.
    pub(super) async fn permit(&self) -> Permit {
        self.in_flight.permit().await
    }

    /// If the endpoint comes from Keystone's catalogue, it may have changed. A request that did not arrive, or whose
    /// path was not found, was not done, so it is sent to the new endpoint.
    async fn authorized(&self, request: &Request) -> Answer {
        let endpoint = self.endpoint();
        let answer = self.authorized_at(&endpoint, request).await;
        match (&answer.outcome, &self.auth) {
            (HttpOutcome::Unsent(_) | HttpOutcome::Response { status: 404, .. }, Auth::Cloud(cloud))
                if cloud.placement_moved(&endpoint).await =>
            {
                self.authorized_at(&self.endpoint(), request).await
            }
            _ => answer,
        }
    }

    fn endpoint(&self) -> String {
        match &self.auth {
            Auth::Token(_) => self.endpoint.clone(),
            Auth::Cloud(cloud) => cloud.placement_now(),
        }
    }

    /// A 401 is returned before Placement's own code runs, so the request was not done and may be sent again.
    async fn authorized_at(&self, endpoint: &str, request: &Request) -> Answer {
        let token = match self.token().await {
            Ok(token) => token,
            Err(error) => return HttpOutcome::Unsent(chain(&error)).into(),
        };
        let answer = self.once(endpoint, request, &token).await;
        match (&answer.outcome, &self.auth) {
            (HttpOutcome::Response { status: 401, .. }, Auth::Cloud(cloud)) => match cloud.renew(&token).await {
                Ok(token) => self.once(endpoint, request, &token).await,
                Err(error) => HttpOutcome::Unsent(chain(&error)).into(),
            },
            _ => answer,
        }
    }

    async fn token(&self) -> Result<String, cloud::Error> {
        match &self.auth {
            Auth::Token(token) => Ok(token.clone()),
            Auth::Cloud(cloud) => cloud.token().await,
        }
    }

    async fn once(&self, endpoint: &str, request: &Request, token: &str) -> Answer {
        let response = match despite_shortage(|| self.build(endpoint, request, token).send()).await {
            Ok(response) => response,
            Err(error) => return self.no_answer(&error).into(),
        };
        let retry_after =
            response.headers().get(RETRY_AFTER_HEADER).and_then(|value| value.to_str().ok()?.parse().ok());
        let retry_after = retry_after.map(Duration::from_secs);
        Answer { outcome: read_response(request, response).await, retry_after }
    }

    fn no_answer(&self, error: &reqwest::Error) -> HttpOutcome {
        let of = format!("Placement at {}{}: {}", self.shown, outgoing::through_proxy(&self.shown), root(error));
        if error.is_connect() || error.is_builder() {
            HttpOutcome::Unsent(format!("no connection to {of}"))
        } else {
            HttpOutcome::Lost(format!("no answer from {of}"))
        }
    }

    fn build(&self, endpoint: &str, request: &Request, token: &str) -> reqwest::RequestBuilder {
        let method = match request.method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
            Method::Put => reqwest::Method::PUT,
            Method::Delete => reqwest::Method::DELETE,
            Method::Patch => reqwest::Method::PATCH,
            Method::Head => reqwest::Method::HEAD,
            Method::Options => reqwest::Method::OPTIONS,
        };
        let request_id = self.request_id.clone().unwrap_or_else(|| format!("req-{}", uuid::Uuid::new_v4()));
        let builder = self
            .client
            .request(method, format!("{endpoint}{}", request.path))
            .timeout(self.answer)
            .header("x-auth-token", token)
            .header("openstack-api-version", format!("placement {}", request.microversion))
            .header("x-openstack-request-id", request_id)
            .header(ACCEPT, "application/json");
        match &request.body {
            Body::Empty => builder,
            Body::Json(value) => builder.header(CONTENT_TYPE, "application/json").body(value.to_string()),
            Body::Text(text) => builder.header(CONTENT_TYPE, "application/json").body(text.clone()),
        }
    }
}

/// Reads the body. A 204 is complete even if reading its body fails. The error for an encoded body takes its place: the
/// answer has arrived, but nothing in it can be understood.
async fn read_response(request: &Request, mut response: Response) -> HttpOutcome {
    let status = response.status();
    let body = match outgoing::body(&mut response).await {
        Ok(body) => body,
        Err(BodyError::Incomplete(_)) if status == StatusCode::NO_CONTENT => Vec::new(),
        Err(encoded @ BodyError::Encoded(_)) => encoded.to_string().into_bytes(),
        Err(error) => return HttpOutcome::Lost(format!("from Placement came {error}")),
    };
    tracing::debug!(method = %request.method, path = request.path, status = status.as_u16(), "placement");
    HttpOutcome::Response { status: status.as_u16(), body }
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
