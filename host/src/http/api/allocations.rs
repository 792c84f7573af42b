//! `/v1/allocations`: what a consumer holds in Placement now, for the debugger's page, which reaches no other server.

use axum::Extension;
use axum::extract::State as With;

use super::Service;
use crate::canonical::Canonical;
use crate::contract::{Effect, GetAllocations, Holding, Reply};
use crate::describe;
use crate::http::{ApiError, Code, Json, Path, RequestId};
use crate::runner::SubmitError;

/// What a consumer holds in Placement now. One that Placement does not know has no owner and no allocations.
#[utoipa::path(
    get, path = "/v1/allocations/{consumer}", tag = "tasks", operation_id = "show_allocations",
    params(("consumer" = Canonical, Path, description = "UUID of a server or a migration record")),
    responses((status = 200, description = "the consumer's allocations", body = Holding), ApiError)
)]
pub async fn show(
    With(service): With<Service>,
    Extension(RequestId(request_id)): Extension<RequestId>,
    Path(consumer): Path<Canonical>,
) -> Result<Json<Holding>, ApiError> {
    let connected = service.runner.upstream().now().map_err(SubmitError::Starting)?;
    let effect = Effect::GetAllocations(GetAllocations { consumer: consumer.into() });
    match connected.placement.on_behalf_of(&request_id).perform(&effect).await {
        Some(Reply::Holding(holding)) => Ok(Json(holding)),
        Some(other) => Err(ApiError::new(Code::PlacementUnreachable, describe::reply(&other))),
        None => Err(ApiError::new(Code::Internal, "Placement's client did not take a request for allocations")),
    }
}
