//! Authentication of a request, and the roles of its client.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::{self, Next};
use axum::response::Response;
use http::request::Parts;
use tokio::sync::OwnedSemaphorePermit;

use super::body::drop_unread;
use super::client::Client;
use super::codes::Code;
use super::error::ApiError;
use super::healthcheck::HEALTHCHECK;
use super::keystone_tokens::KeystoneTokens;
use super::listen::{ConnectionPermit, Full};
use super::quota::Quota;
use super::tokens::{Role, Roles, Tokens};
use super::versions::V1;
use super::{HEALTHZ, METRICS, READYZ, page};

/// Retry-After of a refused request.
const SOON: Duration = Duration::from_secs(1);

/// Where a request came from, in the extensions of every request. Tests without a connection add it as a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Peer {
    /// The Unix socket: the system lets only the service's own user and root connect.
    Unix,
    /// TCP, with the client's address.
    Tcp(SocketAddr),
}

/// Who has sent a request, in the extensions of every request that is admitted.
#[derive(Debug, Clone)]
pub struct Sender {
    /// The name in the log.
    pub user: String,
    /// Whether its requests may come from a web page.
    pub from_pages: bool,
}

/// Admits requests by token and quota.
#[derive(Debug)]
pub(super) struct Gate {
    /// `None`: no token of a file is known.
    pub tokens: Option<Arc<Tokens>>,
    /// `None`: no token of Keystone is accepted. Without both, no token is needed over TCP.
    pub keystone: Option<Arc<KeystoneTokens>>,
    pub quota: Arc<Quota>,
}

/// Puts the client's [`Roles`] into the request's extensions. If the client is refused, its body is not read.
pub(super) async fn admit(State(gate): State<Arc<Gate>>, request: Request, next: Next) -> Result<Response, ApiError> {
    let route = route(&request);
    let (open, probe) = (route.is_some_and(is_open), route.is_some_and(is_probe));
    // The body cannot be shared between threads, so the request is not borrowed while Keystone is asked.
    let (head, body) = request.into_parts();
    let Client { roles, limited_as, user, from_pages } = if open {
        Client { roles: Roles::default(), limited_as: None, user: "-".to_owned(), from_pages: true }
    } else {
        gate.client(&head).await.map_err(ApiError::closing)?
    };
    tracing::Span::current().record("user", &user);
    // Probes are exempt from the limits, so that monitoring works under load.
    let _permit =
        if open || probe { None } else { gate.enter(&head, limited_as.as_deref()).await.map_err(ApiError::closing)? };
    let mut request = Request::from_parts(head, body);
    request.extensions_mut().insert(roles);
    request.extensions_mut().insert(Sender { user, from_pages });
    Ok(next.run(request).await)
}

impl Gate {
    /// Counts one more request of this client, until the permit is dropped.
    async fn enter(&self, head: &Parts, limited_as: Option<&[u8]>) -> Result<Option<OwnedSemaphorePermit>, ApiError> {
        let permit = match limited_as {
            Some(client) => Some(self.quota.take(client, &head.uri).await?),
            None => None,
        };
        if let Some(place) = head.extensions.get::<ConnectionPermit>() {
            place.admit().map_err(full)?;
        }
        Ok(permit)
    }
}

fn full(full: Full) -> ApiError {
    let (code, of) = match full {
        Full::OfPeer => (Code::TooManyRequests, " of this client's address (listen.connections_per_peer)"),
        Full::All => (Code::TooManyConnections, " (listen.connections)"),
    };
    ApiError::new(code, format!("the limit of active connections is reached{of}; try again later")).retry_after(SOON)
}

/// Allows only clients with one of the roles. Applies to the routes that the router has at this moment.
pub fn require<S: Clone + Send + Sync + 'static>(roles: &'static [Role], routes: Router<S>) -> Router<S> {
    routes.layer(middleware::from_fn_with_state(roles, has))
}

async fn has(State(wanted): State<&'static [Role]>, request: Request, next: Next) -> Result<Response, ApiError> {
    match request.extensions().get::<Roles>() {
        Some(roles) if wanted.iter().any(|role| roles.has(*role)) => Ok(next.run(request).await),
        _ => {
            drop_unread(request).await;
            let wanted: Vec<_> = wanted.iter().map(|role| format!("`{role}`")).collect();
            let what = format!("this request needs a token with the role {}", wanted.join(" or "));
            Err(ApiError::new(Code::Forbidden, what))
        }
    }
}

fn route(request: &Request) -> Option<&str> {
    request.extensions().get::<MatchedPath>().map(MatchedPath::as_str)
}

/// Whether the route needs no token.
pub(super) fn is_open(route: &str) -> bool {
    matches!(route, HEALTHZ | HEALTHCHECK | V1) || page::has(route)
}

/// Whether the route reports the service's health or metrics.
fn is_probe(route: &str) -> bool {
    route == READYZ || route == METRICS
}
