//! A value of every case of the contract's variants.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

/// A value of this kind, from the fields of all kinds.
pub fn sample<T: DeserializeOwned>(kind: &str) -> T {
    let mut values = own(kind).into_iter().chain([fields(), with_fate()]).map(|fields| of_kind(kind, fields));
    let last = of_kind(kind, fields());
    values.find_map(Result::ok).unwrap_or_else(|| last.unwrap_or_else(|error| panic!("{kind}: {error}")))
}

fn of_kind<T: DeserializeOwned>(kind: &str, mut fields: Map<String, Value>) -> Result<T, serde_json::Error> {
    fields.insert("kind".into(), kind.into());
    serde_json::from_value(fields.into())
}

fn object(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

/// The fields of all kinds, where they do not exclude each other.
fn fields() -> Map<String, Value> {
    asked().into_iter().chain(answered()).collect()
}

/// The fields of tasks and effects.
fn asked() -> Map<String, Value> {
    let host_node = json!({ "host": "h", "node": "n" });
    let new = json!({ "consumer": "c", "project": "p", "user": "u", "generation": 1, "allocations": [allocation()] });
    let spec = json!({
        "project": null, "user": null, "in_group": false, "force_hosts": [], "force_nodes": [], "ignore_hosts": [],
        "requested_destination": null, "retry": null, "requested_resources": [],
    });
    object(json!({
        "consumer": "c", "consumers": [new], "project": "p", "user": "u", "generation": 1, "server": "s",
        "up_to_ms": 1, "mappings": [], "version": "1.28", "provider": "p", "migration": "m", "host": "h",
        "migration_type": "resize", "old_flavor": "1", "new_flavor": "2", "request_spec": spec, "holding": new,
        "destination": host_node, "availability_zone": null, "host_list": [], "source_host": "h",
        "check": "hypervisor", "source": "s", "target": "t", "target_is_new": true, "source_node": "n",
        "max_attempts": 3, "active": true, "forced_host": null, "max_retries": null,
    }))
}

/// The fields of replies, steps, outcomes and failures.
fn answered() -> Map<String, Value> {
    let owner = json!({ "project": "p", "user": "u", "generation": 1 });
    let holding = json!({ "consumer": "c", "owner": owner, "allocations": [allocation()] });
    object(json!({
        "owner": owner, "allocations": [allocation()], "state": "present", "node": "n", "ms": 1, "status": 409,
        "code": "c", "detail": "d", "body": "b", "holdings": [holding], "write_at": 1,
        "refusal": { "status": 409, "code": "c", "detail": "d" }, "task": "move", "index": 1,
        "asked": { "kind": "pause", "up_to_ms": 1 }, "text": "t", "needs_operator": true, "swapped": true,
        "cause": { "error": "E", "detail": "d" }, "because": "b", "cast_at": 1,
        "outcome": { "kind": "nothing-to-move" }, "failure": { "kind": "unreachable", "detail": "d" },
        "effects": [{ "kind": "pause", "up_to_ms": 1 }], "reasons": [{ "code": "both-empty", "data": null }],
    }))
}

fn allocation() -> Value {
    json!({ "provider": "p", "resources": [{ "class": "VCPU", "amount": 1 }] })
}

/// The same for a migration: a status in words, and the fate of its allocations.
fn with_fate() -> Map<String, Value> {
    let mut fields = fields();
    fields.insert("status".into(), "error".into());
    fields.insert("allocations".into(), "left".into());
    fields
}

/// The fields of a reply that refuses others, or has the name of another kind of value.
fn own(kind: &str) -> Option<Map<String, Value>> {
    Some(object(match kind {
        "traits" => json!({ "traits": [] }),
        "port-requests" => json!({ "requests": [] }),
        "cell" => json!({ "cell": null }),
        "migration" => json!({ "migration": null }),
        "nova-error" => json!({ "error": "E", "detail": "d" }),
        "project-and-user" => json!({ "project": "p", "user": "u" }),
        "selections" => json!({ "selections": [] }),
        "service" => json!({ "version": null }),
        "rpc-version" => json!({ "major": 6, "minor": 3 }),
        "availability-zone" => json!({ "zone": null }),
        _ => return None,
    }))
}
