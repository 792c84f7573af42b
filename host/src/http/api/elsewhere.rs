//! Requests for a task that another runner has: it knows the questions that the task asks now, and takes the replies. This
//! runner passes such a request on, so that a client may use any of them.

use std::time::Duration;

use axum::body::Body;
use axum::extract::{FromRequest, Request, State as With};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{AUTHORIZATION, CONNECTION, CONTENT_LENGTH, HOST, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderName, HeaderValue, Method};

use super::Service;
use crate::clients::outgoing::{self, Connections, LARGEST_LIST, Tls};
use crate::http::{ApiError, Code, RawBody};
use crate::journal::RunnerRow;

/// A request that was passed on once is not passed on again: the runner that gets it answers as far as it knows.
const PASSED_ON: HeaderName = HeaderName::from_static("swaparoo-passed-on");
/// Longer than a request may wait for a task.
const PATIENCE: Duration = Duration::from_secs(80);
/// Retry-After while a task has no living runner: others take it within 20 s.
const SOON: Duration = Duration::from_secs(2);
/// Headers of one connection, and those that the client sets anew.
const OWN: [HeaderName; 4] = [HOST, CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING];

/// The connections to other runners.
#[derive(Debug, Clone)]
pub struct OtherRunners {
    connections: Connections,
    token: Option<HeaderValue>,
}

/// A request as it is passed on.
struct PassedOn {
    method: Method,
    path: String,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl OtherRunners {
    /// Opens no connection yet. The token is for requests that have none.
    ///
    /// # Errors
    /// A certificate or the token cannot be used.
    pub fn new(tls: &Tls, token: Option<&str>) -> anyhow::Result<Self> {
        let token = token.map(|token| HeaderValue::try_from(format!("Bearer {token}"))).transpose()?;
        Ok(Self { connections: Connections::new(tls)?, token })
    }

    /// The other runner's answer.
    async fn ask(&self, runner: &RunnerRow, request: PassedOn) -> Result<Response, ApiError> {
        let PassedOn { method, path, mut headers, body } = request;
        OWN.iter().for_each(|own| drop(headers.remove(own)));
        headers.insert(PASSED_ON, const { HeaderValue::from_static("yes") });
        if let Some(token) = self.token.as_ref().filter(|_| !has_token(&headers)) {
            headers.insert(AUTHORIZATION, token.clone());
        }
        let url = format!("{}{path}", runner.url.trim_end_matches('/'));
        let attempt = self.connections.kept(PATIENCE);
        let sent = attempt.client.request(method, url).headers(headers).body(body).timeout(PATIENCE).send().await;
        let mut answer = sent.map_err(|error| {
            self.connections.give_up(&attempt);
            unreachable(runner, outgoing::root(&error))
        })?;
        let body = outgoing::body(&mut answer, LARGEST_LIST).await.map_err(|error| unreachable(runner, error))?;
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = answer.status();
        *response.headers_mut() = answer.headers().clone();
        OWN.iter().for_each(|own| drop(response.headers_mut().remove(own)));
        Ok(response)
    }
}

fn unreachable(runner: &RunnerRow, why: impl std::fmt::Display) -> ApiError {
    let detail =
        format!("the task belongs to the runner {}, which does not answer at {}: {why}", runner.name, runner.url);
    ApiError::new(Code::OtherRunner, detail).retry_after(SOON)
}

fn has_token(headers: &HeaderMap) -> bool {
    headers.contains_key(AUTHORIZATION) || headers.contains_key("x-auth-token")
}

/// Answers a request for one task by the runner that has it.
pub async fn pass_on(With(service): With<Service>, request: Request, next: Next) -> Result<Response, ApiError> {
    // The body cannot be shared between threads, so the request is not borrowed while the journal is read.
    let id = of_a_task(&request).filter(|_| !request.headers().contains_key(PASSED_ON));
    let Some(id) = id else { return Ok(next.run(request).await) };
    let Some(owner) = service.runner.other_runner_of(&id).await? else { return Ok(next.run(request).await) };
    let reads = request.method() == Method::GET;
    match &service.others {
        Some(others) if owner.state == "alive" && !owner.url.is_empty() => {
            let (method, headers) = (request.method().clone(), request.headers().clone());
            let path = request.uri().path_and_query().map_or_else(String::new, ToString::to_string);
            let RawBody(body) = RawBody::from_request(request, &()).await?;
            let request = PassedOn { method, path, headers, body: body.to_vec() };
            answer(&service, others, (&id, &owner), request).await
        }
        // The journal has most of it.
        _ if reads => Ok(next.run(request).await),
        _ => Err(no_way_to(&owner)),
    }
}

/// The answer of the runner that has this task to `GET` it; `None` if this runner has it, or the other one cannot be asked.
pub async fn show(service: &Service, id: &str, headers: &HeaderMap, wait: Duration) -> Option<Response> {
    let others = service.others.as_ref()?;
    let owner = service.runner.other_runner_of(id).await.ok()??;
    if owner.state != "alive" || owner.url.is_empty() || headers.contains_key(PASSED_ON) {
        return None;
    }
    let path = format!("/v1/tasks/{id}?wait={}", wait.as_secs());
    let request = PassedOn { method: Method::GET, path, headers: headers.clone(), body: Vec::new() };
    let answer = answer(service, others, (id, &owner), request).await;
    answer.map_or_else(|error| Some(error.into_response()), Some)
}

/// The answer of the runner that has the task, as long as it has it: a machine that hangs does not hold the client.
async fn answer(
    service: &Service,
    others: &OtherRunners,
    (id, owner): (&str, &RunnerRow),
    request: PassedOn,
) -> Result<Response, ApiError> {
    tokio::select! {
        answer = others.ask(owner, request) => answer,
        () = service.runner.changes_hands(id, &owner.id) => {
            let detail = format!("the task belonged to the runner {} until now: ask again", owner.name);
            Err(ApiError::new(Code::OtherRunner, detail).retry_after(SOON))
        }
    }
}

/// The id of the task that a request is about; its record is in the journal.
fn of_a_task(request: &Request) -> Option<String> {
    let rest = request.uri().path().strip_prefix("/v1/tasks/")?;
    let (id, what) = rest.split_once('/').unwrap_or((rest, ""));
    (what != "record" && !id.is_empty()).then(|| id.to_owned())
}

fn no_way_to(owner: &RunnerRow) -> ApiError {
    let RunnerRow { name, state, .. } = owner;
    let detail = match state.as_str() {
        "alive" => format!("the task belongs to the runner {name}, which has no runners.url: ask it itself"),
        state => format!("the task belongs to the runner {name}, which is {state}: another one takes it within 20 s"),
    };
    ApiError::new(Code::OtherRunner, detail).retry_after(SOON)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_for_one_task_are_recognised() {
        let of = |path: &str| {
            let request = Request::builder().uri(path).body(Body::empty()).unwrap();
            of_a_task(&request)
        };
        assert_eq!(of("/v1/tasks/1?wait=3").as_deref(), Some("1"));
        assert_eq!(of("/v1/tasks/1/replies").as_deref(), Some("1"));
        for other in ["/v1/tasks", "/v1/tasks/", "/v1/tasks/1/record", "/v1/policies/1"] {
            assert_eq!(of(other), None, "{other}");
        }
    }
}
