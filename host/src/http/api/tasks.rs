//! `/v1/tasks`.

use std::time::Duration;

use axum::Extension;
use axum::extract::State as With;
use axum::response::{IntoResponse, Response};
use http::header::LOCATION;
use http::{HeaderMap, StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

use super::Service;
use super::elsewhere;
use super::forms::{Filter, ReadQuery, Resume, WaitQuery};
use super::new_task::NewTask;
use super::promotion_check::may_take_over;
use super::reply_body::NewReply;
use crate::contract::Task;
use crate::engine::Digest;
use crate::http::{ApiError, AuditNote, Code, Json, Path, Query, RequestId, Role, Roles};
use crate::journal::{State, TaskQuery};
use crate::record::Record;
use crate::registry::RegistryError;
use crate::runner::{ListedTask, Phase, Reader, Submission, TaskView};
use crate::validate;

const LIMIT: u32 = 100;
const MOST: u32 = 1000;
const LONGEST_KEY: usize = 255;

/// A page of tasks.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Tasks)]
pub struct TaskList {
    /// Newest first.
    tasks: Vec<ListedTask>,
    /// URL path of the next page; null on the last one.
    next: Option<String>,
}

/// Accept a task.
#[utoipa::path(
    post, path = "/v1/tasks", tag = "tasks", request_body = NewTask,
    params(WaitQuery, ("idempotency-key" = Option<String>, Header,
        description = "a request with the same key returns the same task",
        nullable = false, min_length = 1, max_length = 255)),
    responses(
        (status = 201, description = "accepted; the task will be carried out", body = TaskView,
            headers(("location" = String, description = "the task's address")),
            links(
                ("show" = (operation_id = "show", parameters(("id" = "$response.body#/id")))),
                ("record" = (operation_id = "record", parameters(("id" = "$response.body#/id")))),
                ("reply" = (operation_id = "reply", parameters(("id" = "$response.body#/id")))),
                ("heartbeat" = (operation_id = "heartbeat", parameters(("id" = "$response.body#/id")))),
                ("resume" = (operation_id = "resume", parameters(("id" = "$response.body#/id"))))
            )),
        (status = 200, description = "the task that this idempotency key already has", body = TaskView,
            headers(("location" = String, description = "the task's address"))),
        ApiError
    )
)]
pub async fn create(
    With(service): With<Service>,
    note: Option<Extension<AuditNote>>,
    Extension(RequestId(request_id)): Extension<RequestId>,
    Query(wait): Query<WaitQuery>,
    headers: HeaderMap,
    Json(task): Json<NewTask>,
) -> Result<Response, ApiError> {
    let patience = patience(wait)?;
    let key = key(&headers)?;
    let (task, server) = task.parts();
    let valid = validate::apart(&task).and_then(|()| validate::task(&task));
    valid.map_err(|invalid| ApiError::new(Code::InvalidValue, invalid.to_string()))?;
    if let Some(Extension(note)) = note.as_ref().filter(|_| is_repair(&task)) {
        note.repair();
        note.detail("task", serde_json::to_value(&task).unwrap_or_default());
    }
    let (id, new) = service.runner.submit(Submission { task, server, key, request_id }).await?;
    if let Some(Extension(note)) = note {
        note.target(&id);
    }
    let elsewhere = if new { None } else { elsewhere::show(&service, &id, &headers, patience).await };
    let view = match elsewhere {
        Some(view) => view,
        None => respond(&service, &id, patience, Reader::Caller).await?,
    };
    if !view.status().is_success() {
        return Ok(view);
    }
    let status = if new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, [(LOCATION, format!("/v1/tasks/{id}"))], view).into_response())
}

/// Whether a task ends or cleans up a migration, which persons ask for.
fn is_repair(task: &Task) -> bool {
    matches!(task, Task::Confirm(_) | Task::RevertResize(_) | Task::Abort(_) | Task::Release(_))
}

/// List tasks in short form, newest first; `GET /v1/tasks/{id}` returns all of one task. A page has at most 1 MiB, so
/// it may have fewer tasks than the limit although there is a next page.
#[utoipa::path(
    get, path = "/v1/tasks", tag = "tasks", operation_id = "list_tasks", params(Filter),
    responses((status = 200, description = "a page of tasks, and the URL path of the next one", body = TaskList), ApiError)
)]
pub async fn list(With(service): With<Service>, Query(filter): Query<Filter>) -> Result<Json<TaskList>, ApiError> {
    let limit = filter.limit.unwrap_or(LIMIT);
    if limit == 0 || limit > MOST {
        return Err(ApiError::new(Code::BadRequest, format!("limit is {limit}; it may be 1 to {MOST}")));
    }
    let (states, phase) = states(filter.state.as_deref())?;
    let before = match &filter.marker {
        Some(marker) => Some(marked(&service, &marker.to_string()).await?),
        None => None,
    };
    let (consumer, outcome) = (filter.consumer.as_ref().map(ToString::to_string), outcome(&filter)?);
    let query = TaskQuery { states, progress: None, consumer, outcome, limit, before };
    let page = service.runner.tasks(&query, phase).await?;
    let next = page.next.map(|marker| next(&filter, limit, &marker));
    Ok(Json(TaskList { tasks: page.tasks, next }))
}

/// One task with its history.
#[utoipa::path(
    get, path = "/v1/tasks/{id}", tag = "tasks", params(("id" = String, Path, format = "uuid"), ReadQuery),
    responses((status = 200, description = "the task", body = TaskView), ApiError)
)]
pub async fn show(
    With(service): With<Service>,
    Extension(roles): Extension<Roles>,
    Path(id): Path<String>,
    Query(ReadQuery { wait, observe }): Query<ReadQuery>,
) -> Result<Response, ApiError> {
    let reader = if observe || !roles.has(Role::Tasks) { Reader::Observer } else { Reader::Caller };
    respond(&service, &id, patience(WaitQuery { wait })?, reader).await
}

/// A task that has ended, as the file that `swaparoo replay` and the debugger open.
#[utoipa::path(
    get, path = "/v1/tasks/{id}/record", tag = "tasks", params(("id" = String, Path, format = "uuid")),
    responses((status = 200, description = "the record", body = Record), ApiError)
)]
pub async fn record(With(service): With<Service>, Path(id): Path<String>) -> Result<Response, ApiError> {
    let _permit = service.task_reads.permit().await;
    if let Some(record) = service.runner.record(&id).await? {
        return Ok(Json(record).into_response());
    }
    let view = task(&service, &id, Reader::Observer).await?;
    Err(ApiError::new(Code::Conflict, format!("task {id} is {}; it has a record once it has ended", view.state)))
}

/// Answer an effect that only the caller can answer.
#[utoipa::path(
    post, path = "/v1/tasks/{id}/replies", tag = "tasks", params(("id" = String, Path, format = "uuid")),
    request_body = NewReply,
    responses((status = 200, description = "reply accepted; the task", body = TaskView), ApiError)
)]
pub async fn reply(
    With(service): With<Service>,
    note: Option<Extension<AuditNote>>,
    Path(id): Path<String>,
    Json(reply): Json<NewReply>,
) -> Result<Response, ApiError> {
    if let Some(Extension(note)) = note {
        note.detail("index", reply.index.into());
    }
    service.runner.reply(&id, reply.index, reply.reply.into()).await?;
    respond(&service, &id, Duration::ZERO, Reader::Caller).await
}

/// Report that the caller still works on the open effects: their timeout starts again.
#[utoipa::path(
    post, path = "/v1/tasks/{id}/heartbeat", tag = "tasks", params(("id" = String, Path, format = "uuid")),
    responses((status = 204, description = "the timeout of the open effects has started again"), ApiError)
)]
pub async fn heartbeat(With(service): With<Service>, Path(id): Path<String>) -> Result<StatusCode, ApiError> {
    service.runner.heartbeat(&id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Resume a parked task. Another policy than the task's own needs the role `policies`, and must be the active policy or
/// pass the gate.
#[utoipa::path(
    post, path = "/v1/tasks/{id}/resume", tag = "tasks", params(("id" = String, Path, format = "uuid")),
    request_body = Resume,
    responses((status = 200, description = "resumed; the task", body = TaskView), ApiError)
)]
pub async fn resume(
    With(service): With<Service>,
    Extension(roles): Extension<Roles>,
    note: Option<Extension<AuditNote>>,
    Path(id): Path<String>,
    Json(resume): Json<Resume>,
) -> Result<Response, ApiError> {
    let Resume { policy, allow_older } = resume;
    let policy: Option<Digest> = policy.map(|digest| digest.parse()).transpose().map_err(RegistryError::from)?;
    if let (Some(Extension(note)), Some(policy)) = (note, &policy) {
        note.detail("policy", policy.to_string().into());
    }
    let parked = task(&service, &id, Reader::Observer).await?;
    if let Some(other) = policy.filter(|policy| policy.to_string() != parked.policy.digest) {
        changes_rules(roles)?;
        may_take_over(&service, parked.task.kind(), other, allow_older).await?;
    }
    service.runner.resume(&id, policy).await?;
    respond(&service, &id, Duration::ZERO, Reader::Caller).await
}

/// A change of policy for one task needs the same role as a change for all tasks.
fn changes_rules(roles: Roles) -> Result<(), ApiError> {
    if roles.has(Role::Policies) {
        return Ok(());
    }
    let detail = "to resume a task under another policy than its own, the token needs the role `policies`; leave \
                  `policy` out to resume it under its own";
    Err(ApiError::new(Code::Forbidden, detail))
}

/// The task's current state, already serialized to JSON, so that only a few whole tasks are in memory at once.
async fn respond(service: &Service, id: &str, patience: Duration, reader: Reader) -> Result<Response, ApiError> {
    service.runner.wait_settled(id, patience).await;
    let _permit = service.task_reads.permit().await;
    task(service, id, reader).await.map(Json).map(IntoResponse::into_response)
}

async fn task(service: &Service, id: &str, reader: Reader) -> Result<TaskView, ApiError> {
    let view = service.runner.task(id, reader).await?;
    view.ok_or_else(|| ApiError::new(Code::NotFound, format!("task {id} does not exist")))
}

async fn marked(service: &Service, marker: &str) -> Result<i64, ApiError> {
    let missing = || format!("marker: task {marker} does not exist, or not any more; start again without a marker");
    let summary = service.runner.journal().task(marker).await?;
    Ok(summary.ok_or_else(|| ApiError::new(Code::BadRequest, missing()))?.number)
}

/// Translates the filter to states in the journal, and to the phase of open tasks, which only the running service
/// knows.
fn states(state: Option<&str>) -> Result<(Vec<State>, Option<Phase>), ApiError> {
    let Some(name) = state else { return Ok((vec![], None)) };
    if name == "open" {
        return Ok((vec![State::Open, State::Parked], None));
    }
    if let Some(phase) = Phase::named(name) {
        return Ok((vec![State::Open], Some(phase)));
    }
    let known = "open, queued, running, waiting, parked, finished or failed";
    let state = State::named(name)
        .ok_or_else(|| ApiError::new(Code::BadRequest, format!("state is {name:?}; it may be {known}")))?;
    Ok((vec![state], None))
}

/// Policies define the kinds and codes, so only the spelling is checked here.
fn outcome(filter: &Filter) -> Result<Option<String>, ApiError> {
    let letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    match &filter.outcome {
        Some(name) if name.is_empty() || name.len() > 64 || !name.bytes().all(letter) => {
            let what = format!("outcome is {name:?}; it is a kind such as moved, or a failure's code such as leaked");
            Err(ApiError::new(Code::BadRequest, what))
        }
        outcome => Ok(outcome.clone()),
    }
}

fn next(filter: &Filter, limit: u32, marker: &str) -> String {
    let mut next = format!("/v1/tasks?limit={limit}&marker={marker}");
    filter.state.iter().for_each(|state| next.push_str(&format!("&state={state}")));
    filter.consumer.iter().for_each(|consumer| next.push_str(&format!("&consumer={consumer}")));
    filter.outcome.iter().for_each(|outcome| next.push_str(&format!("&outcome={outcome}")));
    next
}

fn patience(wait: WaitQuery) -> Result<Duration, ApiError> {
    if wait.wait > 60 {
        return Err(ApiError::new(Code::BadRequest, format!("wait is {} seconds; it may be 0 to 60", wait.wait)));
    }
    Ok(Duration::from_secs(wait.wait))
}

fn key(headers: &HeaderMap) -> Result<Option<String>, ApiError> {
    let mut given = headers.get_all("idempotency-key").iter();
    let Some(value) = given.next() else { return Ok(None) };
    let wrong = |what| Err(ApiError::new(Code::BadRequest, what));
    if given.next().is_some() {
        return wrong("Idempotency-Key is there more than once: send it once".to_owned());
    }
    match value.to_str() {
        Ok(key) if !key.is_empty() && key.len() <= LONGEST_KEY => Ok(Some(key.to_owned())),
        _ => wrong(format!("Idempotency-Key must have 1 to {LONGEST_KEY} ASCII characters")),
    }
}
