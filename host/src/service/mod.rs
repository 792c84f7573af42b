//! The service's frame: what surrounds its routes and knows nothing of tasks or policies.
//!
//! [`Config`] says how, [`Listeners`] accepts, and [`Frame::around`] puts in front of any routes what all of them share:
//! a request's id, who asks, how long and how large a request may be, and errors in OpenStack's form. Routes are added
//! by whoever has some.

mod auth;
mod body;
mod codes;
pub mod config;
pub mod descriptors;
mod error;
mod extract;
mod fresh;
mod head;
pub mod listen;
mod log;
mod log_fields;
pub mod metrics;
pub mod notify;
mod page;
mod protect;
mod quota;
mod request_id;
mod tokens;
mod traces;

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::get;
use axum::{Extension, Router};
use serde::Serialize;
use tower_http::catch_panic::CatchPanicLayer;
use utoipa::{OpenApi, ToSchema};

use auth::Gate;
pub use auth::{Peer, require};
pub use body::{LargestBody, Whole};
pub use codes::Code;
pub use config::{Config, ConfigError, default_socket};
pub use error::{ApiError, ErrorBody, Errors};
pub use extract::{Json, Path, Query, content_type, json};
pub use fresh::is_current;
pub use listen::{ListenError, Listeners};
pub use log::{LogError, Telemetry};
pub use log_fields::PrintableFields;
pub use metrics::{Metrics, MetricsError};
pub use quota::Quota;
pub use request_id::{HEADER as REQUEST_ID, RequestId};
pub use tokens::{Role, Roles, Tokens, TokensError};

/// A route that needs no token.
const HEALTHZ: &str = "/healthz";
/// Routes that tell how the service is, and are not held up by other requests.
const METRICS: &str = "/metrics";
const READYZ: &str = "/readyz";
/// For a whole request. Before it the client has given up, or a proxy has for it.
const DEADLINE: Duration = Duration::from_secs(90);

/// The frame's own routes, in OpenAPI's words.
#[derive(OpenApi)]
#[openapi(paths(healthz, metrics::show, page::show))]
struct Own;

/// What is in front of the routes.
#[derive(Debug, Clone)]
pub struct Frame {
    /// Who may ask over TCP; without, whoever reaches the port.
    pub tokens: Option<Arc<Tokens>>,
    /// How much each of them may ask at once.
    pub quota: Arc<Quota>,
    /// Where `GET /metrics` looks.
    pub metrics: Metrics,
    /// The largest body where a route has no bound of its own.
    pub largest_body: LargestBody,
    /// Whether the debugger's page is served.
    pub page: bool,
}

impl Frame {
    /// What its own routes are.
    #[must_use]
    pub fn described() -> utoipa::openapi::OpenApi {
        Own::openapi()
    }

    /// The routes with all that they share, and with `/healthz`, `/metrics` and the page. No route may be added after this.
    pub fn around(&self, routes: Router) -> Router {
        let gate = Arc::new(Gate { tokens: self.tokens.clone(), quota: self.quota.clone() });
        let own = Router::new().route(METRICS, get(metrics::show)).with_state(self.metrics.clone());
        let routes = routes.route(HEALTHZ, get(healthz)).merge(own);
        let routes = if self.page { routes.merge(page::routes()) } else { routes };
        // From the inside out: what is said last is met first.
        routes
            .fallback(error::not_found)
            .method_not_allowed_fallback(error::method_not_allowed)
            .layer(Extension(self.largest_body))
            .layer(middleware::from_fn_with_state(gate, auth::admit))
            .layer(middleware::from_fn(head::check))
            .layer(middleware::from_fn_with_state(DEADLINE, in_time))
            .layer(CatchPanicLayer::custom(error::panicked))
            .layer(middleware::from_fn(metrics::count))
            .layer(middleware::map_response(protect::protect))
            .layer(middleware::from_fn(request_id::number))
    }
}

/// That the process answers, and no more.
#[derive(Serialize, ToSchema)]
struct Health {
    /// `ok`.
    #[schema(pattern = "^ok$")]
    status: &'static str,
}

/// Whether the process answers, and no more: see `/readyz`. It takes no token.
#[utoipa::path(
    get, path = "/healthz", tag = "service",
    responses((status = 200, description = "it does", body = Health), ApiError)
)]
async fn healthz() -> Json<Health> {
    Json(Health { status: "ok" })
}

/// What a handler began elsewhere goes on; the handler itself is dropped.
async fn in_time(State(deadline): State<Duration>, request: Request, next: Next) -> Result<Response, ApiError> {
    let answer = tokio::time::timeout(deadline, next.run(request)).await;
    answer
        .map_err(|_| ApiError::new(Code::Unanswered, format!("no answer within {deadline:?}; what was begun goes on")))
}

#[cfg(test)]
mod tests;
