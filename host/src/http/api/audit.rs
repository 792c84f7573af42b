//! `/v1/audit`: what the audits of the service have found.

use axum::extract::State as With;

use super::Service;
use crate::audit::Audits;
use crate::http::{ApiError, Code, Json};

/// The result of the last audit. 404 if the service does no audits.
#[utoipa::path(
    get, path = "/v1/audit", tag = "tasks", operation_id = "last_audit",
    responses((status = 200, description = "the last audit", body = Audits), ApiError)
)]
pub async fn last(With(service): With<Service>) -> Result<Json<Audits>, ApiError> {
    let off = || ApiError::new(Code::NotFound, "this service does no audits: set audit.every");
    service.audits.as_ref().map(|audits| Json(audits.audits())).ok_or_else(off)
}
