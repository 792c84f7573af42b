//! `/healthcheck`, as OpenStack's services have it (oslo.middleware): for load balancers.

use std::path::PathBuf;
use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::CACHE_CONTROL;

/// The route; needs no token.
pub(super) const HEALTHCHECK: &str = "/healthcheck";

/// The file whose existence takes the service out of a load balancer, if one is configured.
pub(super) type DisableFile = Arc<Option<PathBuf>>;

/// Whether a load balancer may send requests here: 503 while the file `listen.disable_by_file` exists. Needs no token.
#[utoipa::path(
    get, path = "/healthcheck", tag = "service", operation_id = "healthcheck",
    responses(
        (status = 200, description = "`OK`", body = String, content_type = "text/plain"),
        (status = 503, description = "`DISABLED BY FILE`", body = String, content_type = "text/plain"),
        crate::http::ApiError
    )
)]
pub(super) async fn show(State(file): State<DisableFile>) -> Response {
    let is_disabled = match file.as_ref() {
        Some(file) => tokio::fs::try_exists(file).await.unwrap_or(false),
        None => false,
    };
    let answer =
        if is_disabled { (StatusCode::SERVICE_UNAVAILABLE, "DISABLED BY FILE") } else { (StatusCode::OK, "OK") };
    ([(CACHE_CONTROL, "no-store")], answer).into_response()
}
