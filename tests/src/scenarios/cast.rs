//! The fixtures of all scenarios: one server, its migration, three hosts, and nova's answers in a run without faults.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use swaparoo::contract::{Effect, Task};

/// The ids by the names that the files use.
pub const CAST: [(&str, &str); 7] = [
    ("server", "c0ffee00-0000-4000-8000-000000000001"),
    ("migration", "c0ffee00-0000-4000-8000-000000000002"),
    ("source", "5a1d0000-0000-4000-8000-000000000001"),
    ("first", "5a1d0000-0000-4000-8000-000000000002"),
    ("second", "5a1d0000-0000-4000-8000-000000000003"),
    ("nested", "5a1d0000-0000-4000-8000-000000000004"),
    ("port", "f1f00000-0000-4000-8000-000000000001"),
];

/// The id of a name.
pub fn id(name: &str) -> &str {
    CAST.iter().find(|(known, _)| *known == name).map_or(name, |(_, id)| id)
}

/// Replaces the names in a text with ids.
pub fn filled(value: &Value) -> Value {
    let mut text = value.to_string();
    for (name, id) in CAST {
        text = text.replace(&["{", name, "}"].concat(), id);
    }
    serde_json::from_str(&text).unwrap_or(Value::Null)
}

/// Replaces the ids in a text with names.
pub fn named(text: &str) -> String {
    CAST.iter().fold(text.to_owned(), |text, (name, id)| text.replace(id, name))
}

/// A host that the scheduler would select, with a claim of 3 VCPU.
fn selection(host: &str) -> Value {
    json!({
        "host": host, "node": host, "cell": null, "availability_zone": "nova",
        "allocation_request": {
            "allocations": [{ "provider": id(host), "resources": [{ "class": "VCPU", "amount": 3 }] }],
            "mappings": [], "version": "1.36",
        },
    })
}

/// Expands the short forms of replies: `{"kind":"selections","hosts":["first",...]}`, and
/// `{"kind":"migration","status":...}`.
fn written_out(mut reply: Value) -> Value {
    if let Some(hosts) = reply.get("hosts").cloned() {
        let hosts = hosts.as_array().cloned().unwrap_or_default();
        let full = |host: &Value| host.as_str().map_or_else(|| host.clone(), selection);
        return json!({ "kind": "selections", "selections": hosts.iter().map(full).collect::<Vec<_>>() });
    }
    if let Some(status) = reply.get("status").cloned() {
        let kind = reply.get("type").cloned().unwrap_or_else(|| json!("resize"));
        reply = json!({ "kind": "migration", "migration": {
            "migration": id("migration"), "server": id("server"), "migration_type": kind, "status": status,
        } });
    }
    reply
}

/// nova's answer from the file, or its answer in a run without faults.
pub fn nova(answers: &BTreeMap<String, Vec<Value>>, effect: &Effect, nth: usize) -> Value {
    let said = answers.get(effect.name()).and_then(|said| said.get(nth).or_else(|| said.last()));
    written_out(filled(said.unwrap_or(&usual(effect))))
}

fn usual(effect: &Effect) -> Value {
    match effect.name() {
        "find-server" => json!({ "kind": "server", "state": "present" }),
        "find-compute-node" => json!({ "kind": "compute-node", "node": "{source}" }),
        "find-host-node" => json!({ "kind": "compute-node", "node": "{first}" }),
        "get-port-requests" => json!({ "kind": "port-requests", "requests": [] }),
        "find-cell" => json!({ "kind": "cell", "cell": "cell1" }),
        "find-migration" => json!({ "kind": "migration", "migration": null }),
        "create-migration" | "get-migration" => json!({ "kind": "migration", "status": "pre-migrating" }),
        "ensure-project-and-user" => json!({ "kind": "project-and-user", "project": "p", "user": "u" }),
        "select-destinations" => json!({ "kind": "selections", "hosts": ["first", "second"] }),
        "find-service" => json!({ "kind": "service", "version": 66 }),
        "get-compute-rpc-version" => json!({ "kind": "rpc-version", "major": 6, "minor": 3 }),
        "get-availability-zone" => json!({ "kind": "availability-zone", "zone": "nova" }),
        _ => json!({ "kind": "done" }),
    }
}

/// The complete task.
#[expect(clippy::indexing_slicing, reason = "indexing a JSON object creates missing keys")]
pub fn task(given: &BTreeMap<String, Value>) -> Task {
    let spec = json!({
        "project": "p", "user": "u", "in_group": false, "force_hosts": [], "force_nodes": [], "ignore_hosts": [],
        "requested_destination": null, "retry": null, "requested_resources": [],
    });
    let kind = given.get("kind").and_then(Value::as_str).unwrap_or("migrate");
    let mut task = match kind {
        "migrate" => json!({
            "old_flavor": "1", "new_flavor": "2", "request_spec": spec, "host_list": null, "max_attempts": 3,
        }),
        "live-migrate" => json!({
            "migration": "{migration}", "source_host": "source", "active": true, "forced_host": null,
            "request_spec": spec, "max_retries": null,
        }),
        "release" => json!({ "consumer": "{migration}" }),
        _ => json!({ "migration": "{migration}" }),
    };
    task["kind"] = json!(kind);
    task["server"] = json!("{server}");
    for (field, value) in given {
        match (field.as_str(), value.as_object()) {
            ("request_spec", Some(changes)) => changes.iter().for_each(|(key, to)| task[field][key] = to.clone()),
            ("host_list", _) if value.is_array() => {
                task[field] = written_out(json!({ "hosts": value }))["selections"].take()
            }
            _ => task[field] = value.clone(),
        }
    }
    let filled = filled(&task);
    #[expect(clippy::panic, reason = "a test helper: the message names the task")]
    serde_json::from_value(filled.clone()).unwrap_or_else(|error| panic!("{filled} is not a task: {error}"))
}
