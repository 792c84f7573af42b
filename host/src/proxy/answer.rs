//! How a task ended, as an answer of Placement.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, VARY};
use http::request::Parts;
use http::{HeaderValue, StatusCode};
use serde_json::Value;

use super::refused;
use crate::contract::{Refusal, Reply};
use crate::http::{ApiError, Code, ErrorBody, Errors, REQUEST_ID, RequestId};
use crate::runner::TaskView;

/// The failures of a policy after which Placement's own refusal is the answer.
const REFUSALS: [&str; 5] =
    ["allocation-move-failed", "allocation-delete-failed", "allocation-retrieval-failed", "out-of-retries", "refused"];
/// The failures after which, as after a fault of the policy, nothing is known to be wrong with the move itself.
const UNDECIDED: [&str; 4] = ["undecided", "unsupported-task", "diverged", "other"];

/// The end of a move.
#[derive(Debug, PartialEq)]
pub enum Ended {
    /// The source is empty, and the rules have done what is right with its allocations.
    Done,
    /// The source was empty when the task read it: others were faster.
    TooLate,
    /// Placement refused it.
    Refused(Refusal),
    /// The rules did not decide, and nothing was written.
    Undecided(String),
    /// It is not over, or a person must look.
    Open(String),
}

impl Ended {
    /// From the task, as it is now.
    pub fn of(task: &TaskView) -> Self {
        let id = &task.id;
        if let Some(outcome) = &task.outcome {
            return match outcome.get("kind").and_then(Value::as_str) {
                Some("already-moved" | "nothing-to-move") => Self::TooLate,
                _ => Self::Done,
            };
        }
        let Some(failure) = &task.failure else {
            return Self::Open(format!("the move goes on as task {id} (`swaparoo tasks show {id}`)"));
        };
        let text = |key: &str| failure.get(key).and_then(Value::as_str).unwrap_or_default();
        let (code, why) = (text("code"), format!("task {id} ended with {}: {}", text("code"), text("detail")));
        if REFUSALS.contains(&code)
            && let Some(refusal) = last_refusal(task)
        {
            return Self::Refused(refusal);
        }
        let wrote = task.history.iter().any(|exchange| exchange.effect.is_write());
        let of_policy = failure.get("data").is_none_or(Value::is_null);
        if !wrote && (of_policy || UNDECIDED.contains(&code)) { Self::Undecided(why) } else { Self::Open(why) }
    }
}

fn last_refusal(task: &TaskView) -> Option<Refusal> {
    task.history.iter().rev().find_map(|exchange| match &exchange.reply {
        Reply::Refused(refusal) => Some(refusal.clone()),
        _ => None,
    })
}

/// Placement's answer to a write that it has done.
pub fn done(head: &Parts) -> Response {
    as_placement(head, StatusCode::NO_CONTENT, Body::empty())
}

/// Placement's own refusal of a task's request.
pub fn refusal(head: &Parts, refusal: Refusal) -> Response {
    let status = StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::CONFLICT);
    let title = status.canonical_reason().unwrap_or_default().to_owned();
    let Refusal { code, detail, .. } = refusal;
    let error = ErrorBody { status: status.as_u16(), title, code, detail, request_id: request_id(head) };
    let body = serde_json::to_string(&Errors { errors: vec![error] }).unwrap_or_default();
    let mut answer = as_placement(head, status, body.into());
    answer.headers_mut().insert(CONTENT_TYPE, const { HeaderValue::from_static("application/json") });
    answer
}

/// No decision, for the client to try again.
pub fn not_decided(head: &Parts, why: &str) -> Response {
    refused(head, ApiError::new(Code::NotDecided, why).retry_after(super::SOON))
}

/// The id in the client's request, or a new one.
pub fn request_id(head: &Parts) -> String {
    RequestId::of(&head.headers).unwrap_or_else(RequestId::new).0
}

fn as_placement(head: &Parts, status: StatusCode, body: Body) -> Response {
    let mut answer = (status, body).into_response();
    let headers = answer.headers_mut();
    headers.remove(CONTENT_TYPE);
    headers.insert(VARY, const { HeaderValue::from_static("openstack-api-version") });
    if let Some(version) = head.headers.get("openstack-api-version") {
        headers.insert("openstack-api-version", version.clone());
    }
    if let Ok(id) = HeaderValue::try_from(request_id(head)) {
        headers.insert(REQUEST_ID, id);
    }
    answer
}
