//! `/v1/breakpoints`: where tasks stop before a write.

use axum::Extension;
use axum::extract::State as With;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::LOCATION;
use serde::Serialize;
use utoipa::ToSchema;

use super::Service;
use crate::http::{ApiError, AuditNote, Code, Json, Path, Sender};
use crate::runner::{Breakpoint, BreakpointError, Conditions, StoppedTask};
use crate::task_clock::rfc3339;

/// A breakpoint.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Breakpoint)]
pub struct BreakpointView {
    /// A UUID.
    #[schema(format = "uuid")]
    id: String,
    /// Which tasks it stops.
    conditions: Conditions,
    /// The client that has set it.
    set_by: String,
    /// When it was set, in UTC.
    #[schema(format = "date-time")]
    set_at: String,
    /// The task that it has stopped.
    stopped: Option<StoppedView>,
}

/// A task that a breakpoint has stopped.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StoppedTask)]
pub struct StoppedView {
    /// The id of the task.
    #[schema(format = "uuid")]
    task: String,
    /// The names of the effects that are sent when it goes on.
    effects: Vec<String>,
    /// When it goes on by itself, in UTC.
    #[schema(format = "date-time")]
    until: String,
}

impl From<Breakpoint> for BreakpointView {
    fn from(Breakpoint { id, conditions, set_by, set_at, stopped }: Breakpoint) -> Self {
        let stopped = stopped.map(|StoppedTask { task, effects, until }| {
            let until = rfc3339(until);
            StoppedView { task, effects, until }
        });
        Self { id, conditions, set_by, set_at: rfc3339(set_at), stopped }
    }
}

/// The breakpoints of a service.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Breakpoints)]
pub struct BreakpointList {
    /// Oldest first.
    breakpoints: Vec<BreakpointView>,
}

/// Set a breakpoint: the next task that it concerns stops before its next write, once, and goes on when the breakpoint is
/// removed or its time is over.
#[utoipa::path(
    post, path = "/v1/breakpoints", tag = "tasks", operation_id = "set_breakpoint", request_body = Conditions,
    responses((status = 201, description = "set; the breakpoint", body = BreakpointView,
        headers(("location" = String, description = "the breakpoint's address")),
        links(("remove" = (operation_id = "remove_breakpoint", parameters(("id" = "$response.body#/id")))))), ApiError)
)]
pub async fn set(
    With(service): With<Service>,
    Extension(sender): Extension<Sender>,
    note: Option<Extension<AuditNote>>,
    Json(conditions): Json<Conditions>,
) -> Result<Response, ApiError> {
    if let Some(Extension(note)) = &note {
        note.detail("conditions", serde_json::to_value(&conditions).unwrap_or_default());
    }
    let set = service.runner.breakpoints().set(conditions, sender.user).await?;
    if let Some(Extension(note)) = note {
        note.target(&set.id);
    }
    let location = format!("/v1/breakpoints/{}", set.id);
    Ok((StatusCode::CREATED, [(LOCATION, location)], Json(BreakpointView::from(set))).into_response())
}

/// List the breakpoints, each with the task that it has stopped.
#[utoipa::path(
    get, path = "/v1/breakpoints", tag = "tasks", operation_id = "list_breakpoints",
    responses((status = 200, description = "the breakpoints", body = BreakpointList), ApiError)
)]
pub async fn list(With(service): With<Service>) -> Json<BreakpointList> {
    Json(BreakpointList { breakpoints: service.runner.breakpoints().all().into_iter().map(Into::into).collect() })
}

/// Remove a breakpoint. A task that it has stopped goes on; with several runners, within two seconds.
#[utoipa::path(
    delete, path = "/v1/breakpoints/{id}", tag = "tasks", operation_id = "remove_breakpoint",
    params(("id" = String, Path, format = "uuid")),
    responses((status = 204, description = "removed"), ApiError)
)]
pub async fn remove(With(service): With<Service>, Path(id): Path<String>) -> Result<StatusCode, ApiError> {
    if service.runner.breakpoints().remove(&id).await? {
        return Ok(StatusCode::NO_CONTENT);
    }
    let detail = format!("breakpoint {id} does not exist; it was removed, or its time is over");
    Err(ApiError::new(Code::NotFound, detail))
}

impl From<BreakpointError> for ApiError {
    fn from(error: BreakpointError) -> Self {
        let detail = error.to_string();
        match error {
            BreakpointError::NoCondition
            | BreakpointError::Seconds(_)
            | BreakpointError::Rule(_)
            | BreakpointError::Effect(_) => Self::new(Code::InvalidValue, detail),
            BreakpointError::TooMany => Self::new(Code::Conflict, detail),
            BreakpointError::Journal(error) => error.into(),
        }
    }
}
