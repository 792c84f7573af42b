//! `/v1/placement`: which Placement the service uses.

use axum::extract::State as With;
use serde::Serialize;
use utoipa::ToSchema;

use super::Service;
use crate::http::{ApiError, Json};
use crate::runner::SubmitError;

/// The Placement of the service.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UsedPlacement)]
pub struct UsedPlacement {
    /// The present URL, without a password; null if the service simulates Placement.
    endpoint: Option<String>,
}

/// Which Placement the service uses, for a client that could also reach Placement itself.
#[utoipa::path(
    get, path = "/v1/placement", tag = "tasks", operation_id = "used_placement",
    responses((status = 200, description = "the Placement of all tasks", body = UsedPlacement), ApiError)
)]
pub async fn used(With(service): With<Service>) -> Result<Json<UsedPlacement>, ApiError> {
    let connected = service.runner.upstream().now().map_err(SubmitError::Starting)?;
    Ok(Json(UsedPlacement { endpoint: connected.placement.shown_endpoint() }))
}
