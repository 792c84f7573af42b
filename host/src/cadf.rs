//! Audit events in the form of CADF (DMTF DSP0262), one line of JSON each in the log target [`TARGET`]: who changed something, and
//! whether it was done.

use std::sync::LazyLock;

use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use crate::printable;
use crate::task_clock::{now, rfc3339};

/// The target of the log lines, for filters.
pub const TARGET: &str = "swaparoo::audit";

/// The type of a task in CADF's taxonomy of resources.
pub const TASK: &str = "data/workload/task";
/// The type of a breakpoint.
pub const BREAKPOINT: &str = "data/workload/breakpoint";
/// The type of a policy.
pub const POLICY: &str = "data/module";
/// The type of the configuration.
pub const CONFIGURATION: &str = "data/config";

const EVENT: &str = "http://schemas.dmtf.org/cloud/audit/1.0/event";
const USER: &str = "service/security/account/user";
const SERVICE: &str = "service/compute";
const REASON: &str = "https://www.iana.org/assignments/http-status-codes";

/// This process.
static SELF: LazyLock<Resource> = LazyLock::new(|| Resource {
    id: Uuid::new_v4().to_string(),
    type_uri: SERVICE,
    name: Some("swaparoo".to_owned()),
    host: None,
});

/// Who or what has a part in an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Resource {
    id: String,
    #[serde(rename = "typeURI")]
    type_uri: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    host: Option<Host>,
}

/// From where a client has sent its request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Host {
    address: String,
}

impl Resource {
    /// A user, as the log names it (`user=`), at this address.
    #[must_use]
    pub fn user(name: &str, address: Option<String>) -> Self {
        let id = name.strip_prefix("keystone ").unwrap_or(name).to_owned();
        Self { id, type_uri: USER, name: Some(name.to_owned()), host: address.map(|address| Host { address }) }
    }

    /// What was changed; its type is one of this module's constants.
    #[must_use]
    pub fn changed(type_uri: &'static str, id: &str) -> Self {
        Self { id: id.to_owned(), type_uri, name: None, host: None }
    }

    /// The service, which acts by itself.
    #[must_use]
    pub fn own() -> Self {
        SELF.clone()
    }
}

/// What was done.
#[derive(Debug, Clone)]
pub struct Activity {
    /// A word of CADF's taxonomy of actions, mostly with a more exact one: `enable/promote`.
    pub action: &'static str,
    /// Who did it.
    pub initiator: Resource,
    /// What was changed.
    pub target: Resource,
    /// The status of the answer; `None` if there was no request.
    pub status: Option<u16>,
    /// The id of the request.
    pub request_id: Option<String>,
    /// More about it, with the name of each value.
    pub details: Vec<(&'static str, Value)>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Event<'a> {
    #[serde(rename = "typeURI")]
    type_uri: &'static str,
    event_type: &'static str,
    id: String,
    event_time: String,
    action: &'static str,
    outcome: &'static str,
    initiator: &'a Resource,
    target: &'a Resource,
    observer: &'a Resource,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Reason>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    attachments: Vec<Attachment<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Reason {
    reason_type: &'static str,
    reason_code: String,
}

#[derive(Serialize)]
struct Attachment<'a> {
    #[serde(rename = "typeURI")]
    type_uri: &'static str,
    name: &'static str,
    content: &'a Value,
}

/// Logs the event.
pub fn emit(activity: &Activity) {
    let line = line(activity);
    tracing::info!(target: TARGET, "{line}");
}

fn line(activity: &Activity) -> String {
    let Activity { action, initiator, target, status, request_id, details } = activity;
    let is_done = status.is_none_or(|status| status < 400);
    let event = Event {
        type_uri: EVENT,
        event_type: "activity",
        id: Uuid::new_v4().to_string(),
        // CADF does not allow `Z`.
        event_time: rfc3339(now()).replace('Z', "+00:00"),
        action,
        outcome: if is_done { "success" } else { "failure" },
        initiator,
        target,
        observer: &SELF,
        reason: status.map(|status| Reason { reason_type: REASON, reason_code: status.to_string() }),
        attachments: details.iter().map(attachment).collect(),
        tags: request_id.iter().map(|id| format!("request_id?value={id}")).collect(),
    };
    let text = serde_json::to_string(&event).unwrap_or_default();
    printable::json(&text).into_owned()
}

fn attachment<'a>((name, content): &'a (&'static str, Value)) -> Attachment<'a> {
    Attachment { type_uri: "application/json", name, content }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_event_is_one_line_with_what_cadf_demands() {
        let activity = Activity {
            action: "enable/promote",
            initiator: Resource::user("keystone c0ffee", Some("10.0.0.1".to_owned())),
            target: Resource::changed(POLICY, "d1ge57"),
            status: Some(409),
            request_id: Some("req-1".to_owned()),
            details: vec![("consent", json!({ "accept_differences": ["a\nb\u{202e}"] }))],
        };
        let line = line(&activity);
        assert!(!line.contains(['\n', '\u{202e}']), "{line}");
        let mut event: Value = serde_json::from_str(&line).unwrap();
        let (id, time) = (event["id"].take(), event["eventTime"].take());
        assert!(Uuid::try_parse(id.as_str().unwrap()).is_ok() && time.as_str().unwrap().ends_with("+00:00"), "{time}");
        event["observer"]["id"].take();
        let expected = json!({
            "typeURI": EVENT, "eventType": "activity", "id": null, "eventTime": null, "action": "enable/promote",
            "outcome": "failure", "reason": { "reasonType": REASON, "reasonCode": "409" },
            "initiator": { "id": "c0ffee", "typeURI": USER, "name": "keystone c0ffee", "host": { "address": "10.0.0.1" } },
            "target": { "id": "d1ge57", "typeURI": POLICY },
            "observer": { "id": null, "typeURI": SERVICE, "name": "swaparoo" },
            "attachments": [{ "typeURI": "application/json", "name": "consent",
                              "content": { "accept_differences": ["a\nb\u{202e}"] } }],
            "tags": ["request_id?value=req-1"],
        });
        assert_eq!(event, expected);
    }
}
