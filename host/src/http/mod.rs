//! The HTTP frame of the service: everything around the routes, without knowledge of tasks or policies.
//!
//! [`Config`] holds the settings, [`Listeners`] accepts connections, and [`Frame::around`] adds what all routes share:
//! request ids, authentication, limits of time and size, and errors in OpenStack's form. The caller supplies the
//! routes.

pub mod api;
mod audit_events;
mod audit_file;
mod auth;
mod body;
mod client;
mod codes;
pub mod config;
pub mod descriptors;
mod error;
mod etag;
mod extract;
mod head;
mod healthcheck;
mod keystone_tokens;
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
mod versions;

use std::path::PathBuf;
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

pub use audit_events::AuditNote;
use auth::Gate;
pub use auth::{Peer, Sender, require};
pub(crate) use body::read_body;
pub use body::{LargestBody, RawBody};
pub use codes::Code;
pub use config::{Config, ConfigError, default_socket};
pub(crate) use error::name_request;
pub use error::{ApiError, ErrorBody, Errors};
pub use etag::is_current;
pub use extract::{Json, Path, Query, content_type, json};
use healthcheck::HEALTHCHECK;
pub use keystone_tokens::{KeystoneTokens, Owner, TokenAuthority};
pub use listen::{ListenError, Listeners};
pub use log::{LogError, QUIET_VERIFIER, Telemetry};
pub use log_fields::PrintableFields;
pub use metrics::{Metrics, MetricsError};
pub use quota::Quota;
pub use request_id::{HEADER as REQUEST_ID, RequestId};
pub use tokens::{Role, Roles, Tokens, TokensError};
use versions::V1;

/// Liveness route; needs no token.
const HEALTHZ: &str = "/healthz";
/// Routes for monitoring; requests of other clients do not delay them.
const METRICS: &str = "/metrics";
const READYZ: &str = "/readyz";
/// Deadline of a request. Clients and proxies usually give up before it.
const DEADLINE: Duration = Duration::from_secs(90);

/// The OpenAPI description of the frame's own routes.
#[derive(OpenApi)]
#[openapi(paths(healthz, healthcheck::show, versions::show, metrics::show, page::show))]
struct OwnRoutes;

/// Settings of the middleware around the routes.
#[derive(Debug, Clone)]
pub struct Frame {
    /// Tokens for TCP; `None` if no token is needed.
    pub tokens: Option<Arc<Tokens>>,
    /// Tokens of Keystone for TCP, if they are accepted.
    pub keystone: Option<Arc<KeystoneTokens>>,
    /// Limits of concurrent requests per token.
    pub quota: Arc<Quota>,
    /// Source of `GET /metrics`.
    pub metrics: Metrics,
    /// Limit of the body for routes without a limit of their own.
    pub largest_body: LargestBody,
    /// Whether the debugger's page is served.
    pub page: bool,
    /// `/healthcheck` says that the service is disabled while this file exists.
    pub disable_by_file: Option<PathBuf>,
}

impl Frame {
    /// The OpenAPI description of the frame's own routes.
    #[must_use]
    pub fn described() -> utoipa::openapi::OpenApi {
        OwnRoutes::openapi()
    }

    /// Adds the middleware, `/healthz`, `/metrics` and the page to the routes. Routes added later would bypass the
    /// middleware.
    pub fn around(&self, routes: Router) -> Router {
        let gate =
            Arc::new(Gate { tokens: self.tokens.clone(), keystone: self.keystone.clone(), quota: self.quota.clone() });
        let own = Router::new().route(METRICS, get(metrics::show)).with_state(self.metrics.clone());
        let checked = Router::new().route(HEALTHCHECK, get(healthcheck::show));
        let checked = checked.with_state(healthcheck::DisableFile::new(self.disable_by_file.clone()));
        let routes = routes.route(HEALTHZ, get(healthz)).route(V1, get(versions::show)).merge(own).merge(checked);
        let routes = if self.page { routes.merge(page::routes()) } else { routes };
        // Order is from the inside out: the last layer sees a request first.
        routes
            .fallback(error::not_found)
            .method_not_allowed_fallback(error::method_not_allowed)
            .layer(Extension(self.largest_body))
            .layer(middleware::from_fn(audit_events::log))
            .layer(middleware::from_fn_with_state(gate, auth::admit))
            .layer(middleware::from_fn(head::check))
            .layer(middleware::from_fn_with_state(DEADLINE, in_time))
            .layer(CatchPanicLayer::custom(error::panicked))
            .layer(middleware::from_fn(versions::negotiate))
            .layer(middleware::from_fn(metrics::count))
            .layer(middleware::map_response(protect::protect))
            .layer(middleware::from_fn(request_id::number))
    }
}

/// The process answers; this says nothing about its dependencies.
#[derive(Serialize, ToSchema)]
struct Health {
    /// Always `ok`.
    #[schema(pattern = "^ok$")]
    status: &'static str,
}

/// Whether the process answers; `/readyz` also checks its dependencies. Needs no token.
#[utoipa::path(
    get, path = "/healthz", tag = "service",
    responses((status = 200, description = "the process answers", body = Health), ApiError)
)]
async fn healthz() -> Json<Health> {
    Json(Health { status: "ok" })
}

/// The handler is dropped at the deadline; work that it has started in other tasks continues.
async fn in_time(State(deadline): State<Duration>, request: Request, next: Next) -> Result<Response, ApiError> {
    let answer = tokio::time::timeout(deadline, next.run(request)).await;
    answer.map_err(|_| {
        ApiError::new(
            Code::Unanswered,
            format!("no answer within {deadline:?}; started work continues, so send the same request again"),
        )
    })
}

#[cfg(test)]
mod tests;
