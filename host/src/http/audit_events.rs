//! Audit events of the requests that change policies, replies and repairs.

use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;
use http::Method;
use serde_json::Value;

use super::auth::{Peer, Sender};
use super::request_id::RequestId;
use crate::cadf::{self, Activity, BREAKPOINT, POLICY, Resource, TASK};

/// What a handler adds to the event of its request.
#[derive(Debug, Clone, Default)]
pub struct AuditNote(Arc<Mutex<Note>>);

#[derive(Debug, Default)]
struct Note {
    target: Option<String>,
    is_repair: bool,
    details: Vec<(&'static str, Value)>,
}

impl AuditNote {
    /// The id of the policy or task that is changed, if the path does not name it.
    pub fn target(&self, id: &str) {
        self.note(|note| note.target = Some(id.to_owned()));
    }

    /// The new task repairs something. Other tasks have no event: they are in the journal.
    pub fn repair(&self) {
        self.note(|note| note.is_repair = true);
    }

    /// More about the change.
    pub fn detail(&self, name: &'static str, value: Value) {
        self.note(|note| note.details.push((name, value)));
    }

    fn note(&self, change: impl FnOnce(&mut Note)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// Logs an event for a request that changes something, whether it is done or refused.
pub(super) async fn log(mut request: Request, next: Next) -> Response {
    let Some((action, kind, id)) = activity(&request) else { return next.run(request).await };
    let (initiator, request_id) = (initiator(&request), request.extensions().get::<RequestId>().cloned());
    let note = AuditNote::default();
    request.extensions_mut().insert(note.clone());
    let response = next.run(request).await;
    let Note { target, is_repair, details } =
        std::mem::take(&mut *note.0.lock().unwrap_or_else(PoisonError::into_inner));
    if action != REPAIR || is_repair {
        let target = Resource::changed(kind, &target.or(id).unwrap_or_else(|| "unknown".to_owned()));
        let status = Some(response.status().as_u16());
        let request_id = request_id.map(|id| id.0);
        cadf::emit(&Activity { action, initiator, target, status, request_id, details });
    }
    response
}

/// The action of a new task, if it is a repair.
const REPAIR: &str = "create/repair";

/// The action, and the type and id of what is changed; `None` for requests that change nothing that is audited.
fn activity(request: &Request) -> Option<(&'static str, &'static str, Option<String>)> {
    let route = request.extensions().get::<MatchedPath>()?.as_str();
    let (action, kind) = action(request.method(), route)?;
    let mut segments = route.split('/').zip(request.uri().path().split('/'));
    let id = segments.find(|(name, _)| name.starts_with('{')).map(|(_, id)| id.to_owned());
    Some((action, kind, id))
}

fn action(method: &Method, route: &str) -> Option<(&'static str, &'static str)> {
    Some(match (method.as_str(), route) {
        ("POST", "/v1/policies") => ("create/push", POLICY),
        ("DELETE", "/v1/policies/{digest}") => ("delete", POLICY),
        ("PUT", "/v1/policies/active") => ("enable/promote", POLICY),
        ("POST", "/v1/policies/rollback") => ("restore/rollback", POLICY),
        ("PUT", "/v1/policies/shadow") => ("enable/shadow", POLICY),
        ("DELETE", "/v1/policies/shadow") => ("disable/shadow", POLICY),
        ("POST", "/v1/tasks") => (REPAIR, TASK),
        ("POST", "/v1/tasks/{id}/replies") => ("update/reply", TASK),
        ("POST", "/v1/tasks/{id}/resume") => ("update/resume", TASK),
        ("POST", "/v1/breakpoints") => ("create/breakpoint", BREAKPOINT),
        ("DELETE", "/v1/breakpoints/{id}") => ("delete/breakpoint", BREAKPOINT),
        _ => return None,
    })
}

fn initiator(request: &Request) -> Resource {
    let name = request.extensions().get::<Sender>().map_or("-", |sender| sender.user.as_str());
    let address = match request.extensions().get() {
        Some(Peer::Tcp(address)) => Some(address.ip().to_string()),
        Some(Peer::Unix) | None => None,
    };
    Resource::user(name, address)
}
