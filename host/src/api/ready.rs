//! `/readyz`: whether tasks would be accepted and could be done.

use std::time::Duration;

use axum::extract::State as With;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::Serialize;
use swaparoo_placement::Request;
use utoipa::ToSchema;

use super::Service;
use crate::placement::Answer;
use crate::service::{ApiError, Json};

/// Whoever asks has not long to wait.
const PATIENCE: Duration = Duration::from_millis(800);

/// What is needed, each `ok` or what is wrong with it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Ready {
    ready: bool,
    placement: String,
    journal: String,
    policy: String,
}

/// Whether tasks would be accepted and could be done: 503 if not.
#[utoipa::path(
    get, path = "/readyz", tag = "service",
    responses((status = 200, description = "yes", body = Ready), (status = 503, description = "not now", body = Ready),
        ApiError)
)]
pub async fn ready(With(service): With<Service>) -> Response {
    let (placement, journal) = tokio::join!(
        tokio::time::timeout(PATIENCE, placement(&service)),
        tokio::time::timeout(PATIENCE, service.runner.journal().ready()),
    );
    let slow = || Err(format!("no answer within {} ms", PATIENCE.as_millis()));
    let placement = placement.unwrap_or_else(|_| slow());
    let journal = journal.map_or_else(|_| slow(), |done| done.map_err(|error| error.to_string()));
    let stopping = service.runner.is_stopping();
    let said = |what: Result<(), String>| what.map_or_else(|error| error, |()| "ok".to_owned());
    let ready = placement.is_ok() && journal.is_ok() && !stopping;
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let policy = if stopping { "the service is stopping".to_owned() } else { "ok".to_owned() };
    (status, Json(Ready { ready, placement: said(placement), journal: said(journal), policy })).into_response()
}

/// Its list of versions, which needs no token.
async fn placement(service: &Service) -> Result<(), String> {
    match service.runner.placement().send_once(&Request::get("/")).await {
        Answer::Response { status, .. } if status < 500 => Ok(()),
        Answer::Response { status, .. } => Err(format!("it answers {status}")),
        Answer::Lost(why) | Answer::Unsent(why) => Err(why),
    }
}
