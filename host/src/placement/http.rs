//! Placement over HTTP: one client, its connections kept, with the headers that OpenStack's services expect.

use std::error::Error;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{ACCEPT, CONTENT_TYPE};
use reqwest::{Client, Response, StatusCode, Url};
use swaparoo_placement::{Body, Method, Request};

use super::Answer;
use crate::cloud::{self, Cloud};
use crate::in_flight::{self, InFlight, Permit, despite_shortage};

/// A service on the same network answers a connection within milliseconds; after this it is not there.
const CONNECT: Duration = Duration::from_secs(5);
/// nova's own default for an answer of Placement is none at all; a gateway's is usually 60 s.
const ANSWER: Duration = Duration::from_secs(60);
/// Reads that fail in transit are sent again after these pauses.
const READ_PAUSES: [Duration; 2] = [Duration::from_millis(200), Duration::from_millis(800)];
/// An answer larger than this is not Placement's; a consumer's allocations are a few kilobytes.
const LARGEST: usize = 8 << 20;
/// Requests for those who have no time go beside the others, and are few.
const AT_ONCE: NonZeroUsize = const { NonZeroUsize::new(8).unwrap() };

/// How to show who we are.
#[derive(Debug, Clone)]
pub enum Auth {
    /// A token as it is, for `noauth2` or one that was issued elsewhere.
    Token(String),
    /// Keystone's, renewed as needed.
    Cloud(Arc<Cloud>),
}

/// A Placement service.
#[derive(Debug, Clone)]
pub struct Http {
    client: Client,
    /// Keeps no connections: when an address has moved to another machine, all that are kept are dead, and each that is
    /// tried takes its time.
    afresh: Client,
    endpoint: String,
    /// The endpoint for people: without a password.
    shown: String,
    auth: Auth,
    answer: Duration,
    in_flight: InFlight,
    at_once: InFlight,
    /// Whose requests these are; without, each has an id of its own.
    request_id: Option<String>,
}

impl Http {
    /// The service at `endpoint`, with or without a path.
    ///
    /// # Errors
    /// The TLS roots cannot be loaded.
    pub fn new(endpoint: &Url, auth: Auth) -> reqwest::Result<Self> {
        let client = |kept: usize| {
            Client::builder()
                .connect_timeout(CONNECT)
                .pool_max_idle_per_host(kept)
                .redirect(reqwest::redirect::Policy::none())
                .user_agent(concat!("swaparoo/", env!("CARGO_PKG_VERSION")))
                .build()
        };
        let (client, afresh) = (client(in_flight::DEFAULT.get())?, client(0)?);
        let bare = |url: &Url| url.as_str().trim_end_matches('/').to_owned();
        let mut shown = endpoint.clone();
        // Only a URL that has no place for a password refuses to have none.
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

    /// At most so many requests at once, instead of 64; clones share them.
    #[must_use]
    pub fn in_flight(self, most: NonZeroUsize) -> Self {
        Self { in_flight: InFlight::at_most(most), ..self }
    }

    /// Waits so long for a whole answer, instead of 60 s.
    #[must_use]
    pub fn answer_within(self, answer: Duration) -> Self {
        Self { answer, ..self }
    }

    /// Sends this id of a request with all that it sends, as nova does: by it the logs of all services tell one story.
    #[must_use]
    pub fn on_behalf_of(self, request_id: &str) -> Self {
        Self { request_id: Some(request_id.to_owned()), ..self }
    }

    /// Sends a request: a write once, a read again on a new connection when it fails in transit.
    pub async fn send(&self, request: &Request) -> Answer {
        if request.method != Method::Get {
            return self.authorized(request).await;
        }
        let mut answer = self.authorized(request).await;
        for pause in READ_PAUSES {
            if matches!(answer, Answer::Response { .. }) {
                break;
            }
            tokio::time::sleep(pause).await;
            let afresh = Self { client: self.afresh.clone(), ..self.clone() };
            answer = afresh.authorized(request).await;
        }
        answer
    }

    /// Sends a request once, beside those that wait for their turn.
    pub async fn send_once(&self, request: &Request) -> Answer {
        let _permit = self.at_once.permit().await;
        self.authorized(request).await
    }

    /// Waits until one more request may be sent.
    pub(super) async fn permit(&self) -> Permit {
        self.in_flight.permit().await
    }

    /// Where Keystone's catalogue says where Placement is, it may have moved: what did not get there, or was not found there,
    /// was not carried out, and goes where it is now.
    async fn authorized(&self, request: &Request) -> Answer {
        let endpoint = self.endpoint();
        let answer = self.authorized_at(&endpoint, request).await;
        match (&answer, &self.auth) {
            (Answer::Unsent(_) | Answer::Response { status: 404, .. }, Auth::Cloud(cloud))
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

    /// A 401 comes from before Placement's own code, so the request was not carried out and may be sent again.
    async fn authorized_at(&self, endpoint: &str, request: &Request) -> Answer {
        let token = match self.token().await {
            Ok(token) => token,
            Err(error) => return Answer::Unsent(chain(&error)),
        };
        let answer = self.once(endpoint, request, &token).await;
        match (&answer, &self.auth) {
            (Answer::Response { status: 401, .. }, Auth::Cloud(cloud)) => match cloud.renew(&token).await {
                Ok(token) => self.once(endpoint, request, &token).await,
                Err(error) => Answer::Unsent(chain(&error)),
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
        match despite_shortage(|| self.build(endpoint, request, token).send()).await {
            Ok(response) => whole(request, response).await,
            Err(error) if error.is_connect() || error.is_builder() => {
                Answer::Unsent(format!("no connection to Placement at {}: {}", self.shown, root(&error)))
            }
            Err(error) => Answer::Lost(format!("no answer from Placement at {}: {}", self.shown, root(&error))),
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

/// The answer with its body. What a 204 says it says without one.
async fn whole(request: &Request, mut response: Response) -> Answer {
    let status = response.status();
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() <= LARGEST => body.extend_from_slice(&chunk),
            Ok(Some(_)) => return Answer::Lost(format!("an answer of more than {LARGEST} bytes")),
            Ok(None) => break,
            Err(_) if status == StatusCode::NO_CONTENT => break,
            Err(error) => return Answer::Lost(format!("an answer that breaks off: {}", root(&error))),
        }
    }
    tracing::debug!(method = %request.method, path = request.path, status = status.as_u16(), "placement");
    Answer::Response { status: status.as_u16(), body }
}

/// What an error comes down to: what the system says, without the layers of the client around it.
fn root(error: &reqwest::Error) -> String {
    let layers = std::iter::successors(error.source(), |&error| error.source());
    layers.last().map_or_else(|| error.to_string(), ToString::to_string)
}

/// An error with its causes in one line, each said once.
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
