//! Placement over HTTP: one client with persistent connections and the headers that OpenStack services expect.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::Url;
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use swaparoo_placement::{Body, Method, Request};

use super::HttpOutcome;
use super::answer::Answer;
use super::http_outcome::{no_answer, read_response, without_token};
use crate::clients::cloud::{self, Cloud};
use crate::clients::in_flight::{self, InFlight, Permit, despite_shortage};
use crate::clients::outgoing::{self, Attempt, Connections, Pauses, Repeat, Timeouts, Tls};

/// A read takes milliseconds. nova has no timeout for an answer by default; a gateway's is usually 60 s.
const TIMEOUTS: Timeouts = Timeouts { first_read: Duration::from_secs(10), answer: Duration::from_secs(60) };
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
    connections: Connections,
    endpoint: String,
    auth: Auth,
    timeouts: Timeouts,
    in_flight: InFlight,
    at_once: InFlight,
    /// The request id to send; if `None`, each request gets a new id.
    request_id: Option<String>,
}

impl Http {
    /// The service at `endpoint`, with or without a path, with the cloud's trust in certificates or the system's. Fails
    /// if the system's certificates cannot be loaded.
    pub fn new(endpoint: &Url, auth: Auth) -> reqwest::Result<Self> {
        let tls = match &auth {
            Auth::Token(_) => Tls::default(),
            Auth::Cloud(cloud) => cloud.tls().clone(),
        };
        Self::with_tls(endpoint, auth, &tls)
    }

    /// The same with this trust.
    pub fn with_tls(endpoint: &Url, auth: Auth, tls: &Tls) -> reqwest::Result<Self> {
        Ok(Self {
            connections: Connections::new(tls)?,
            endpoint: endpoint.as_str().trim_end_matches('/').to_owned(),
            auth,
            timeouts: TIMEOUTS,
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
        let first_read = self.timeouts.first_read.min(answer);
        Self { timeouts: Timeouts { first_read, answer }, ..self }
    }

    /// Sends this request id with all requests, as nova does, so that the logs of all services can be correlated.
    #[must_use]
    pub fn on_behalf_of(self, request_id: &str) -> Self {
        Self { request_id: Some(request_id.to_owned()), ..self }
    }

    /// Sends a request. A read is sent again on a new connection if it fails in transit or with a server error, and any
    /// request if a front end's limit has kept it from Placement (429). Each is sent at most three times.
    pub async fn send(&self, request: &Request) -> HttpOutcome {
        let read = request.method == Method::Get;
        let Timeouts { first_read, answer } = self.timeouts;
        let first = self.connections.kept(if read { first_read } else { answer });
        let mut last = self.authorized(request, &first).await;
        let mut pauses = Pauses::default();
        while let Some(pause) = pauses.next(last.repeat(read)) {
            tracing::debug!(method = %request.method, path = request.path, ?pause, "placement: sent again");
            tokio::time::sleep(pause).await;
            last = self.authorized(request, &self.connections.afresh(answer)).await;
        }
        last.outcome
    }

    /// Sends a request once, without waiting behind the others.
    pub async fn send_once(&self, request: &Request) -> HttpOutcome {
        let _permit = self.at_once.permit().await;
        self.authorized(request, &self.connections.kept(self.timeouts.answer)).await.outcome
    }

    /// When the service's certificate expires; `None` without one.
    pub async fn certificate_expiry(&self) -> Option<DateTime<Utc>> {
        self.connections.certificate_expiry(&self.endpoint()).await
    }

    /// The present endpoint, without a password.
    #[must_use]
    pub fn shown_endpoint(&self) -> String {
        outgoing::without_password(&self.endpoint())
    }

    /// Waits until the limit allows another request.
    pub(super) async fn permit(&self) -> Permit {
        self.in_flight.permit().await
    }

    /// If the endpoint comes from Keystone's catalogue, it may have changed. A request that did not arrive, or whose
    /// path something else than Placement did not find, was not done, so it is sent to the new endpoint.
    async fn authorized(&self, request: &Request, attempt: &Attempt) -> Answer {
        let endpoint = self.endpoint();
        let answer = self.authorized_at(&endpoint, request, attempt).await;
        match &self.auth {
            Auth::Cloud(cloud) if answer.is_elsewhere() && cloud.placement_moved(&endpoint).await => {
                self.authorized_at(&self.endpoint(), request, attempt).await
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
    async fn authorized_at(&self, endpoint: &str, request: &Request, attempt: &Attempt) -> Answer {
        let token = match self.token().await {
            Ok(token) => token,
            Err(error) => return without_token(&error).into(),
        };
        let answer = self.once(endpoint, request, &token, attempt).await;
        match (&answer.outcome, &self.auth) {
            (HttpOutcome::Response { status: 401, .. }, Auth::Cloud(cloud)) => match cloud.renew(&token).await {
                Ok(token) => self.once(endpoint, request, &token, attempt).await,
                Err(error) => without_token(&error).into(),
            },
            _ => answer,
        }
    }

    /// The setting that names authorities whose certificates are accepted.
    fn authorities(&self) -> &'static str {
        match self.auth {
            Auth::Token(_) => "placement.cafile, or --cafile",
            Auth::Cloud(_) => cloud::AUTHORITIES,
        }
    }

    async fn token(&self) -> Result<String, cloud::Error> {
        match &self.auth {
            Auth::Token(token) => Ok(token.clone()),
            Auth::Cloud(cloud) => cloud.token().await,
        }
    }

    async fn once(&self, endpoint: &str, request: &Request, token: &str, attempt: &Attempt) -> Answer {
        let sent = despite_shortage(|| self.build(endpoint, request, token, attempt).send()).await;
        let answer = match sent {
            Ok(response) => {
                let said = Repeat::of(response.status().as_u16(), response.headers());
                Answer { outcome: read_response(request, response).await, said }
            }
            Err(error) => no_answer(endpoint, &error, self.authorities()).into(),
        };
        if let HttpOutcome::Lost(_) = answer.outcome {
            self.connections.give_up(attempt);
        }
        answer
    }

    fn build(&self, endpoint: &str, request: &Request, token: &str, attempt: &Attempt) -> reqwest::RequestBuilder {
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
        let builder = attempt
            .client
            .request(method, format!("{endpoint}{}", request.path))
            .timeout(attempt.answer)
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
