//! Tests of the writes of migration tasks. `host/src/engine/tests/claims.rs` tests the writes of moves.

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::authority::check;
use crate::contract::{Effect, Exchange, Task};

const SERVER: &str = "11111111-1111-4111-8111-111111111111";
const MIGRATION: &str = "22222222-2222-4222-8222-222222222222";
const SOURCE: &str = "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa";
const FIRST: &str = "bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb";
const SHARED: &str = "cccccccc-cccc-4ccc-8ccc-cccccccccccc";

fn of<T: DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).unwrap()
}

fn held(provider: &str, resources: &[(&str, u32)]) -> Value {
    let resources: Vec<Value> =
        resources.iter().map(|(class, amount)| json!({ "class": class, "amount": amount })).collect();
    json!({ "provider": provider, "resources": resources })
}

fn read(consumer: &str, allocations: Value) -> Exchange {
    let owner = json!({ "project": "p", "user": "u", "generation": 1 });
    of(json!({
        "effect": { "kind": "get-allocations", "consumer": consumer },
        "reply": { "kind": "holding", "consumer": consumer, "owner": owner, "allocations": allocations },
    }))
}

fn put(consumer: &str, [project, user]: [&str; 2], allocations: Value) -> Effect {
    let holding = json!({
        "consumer": consumer, "project": project, "user": user, "generation": 1, "allocations": allocations,
    });
    of(json!({ "kind": "put-allocations", "holding": holding, "mappings": [], "version": "1.36" }))
}

fn spec(project: Value, user: Value) -> Value {
    json!({
        "project": project, "user": user, "in_group": false, "force_hosts": [], "force_nodes": [], "ignore_hosts": [],
        "requested_destination": null, "retry": null, "requested_resources": [],
    })
}

fn selection(allocations: Value) -> Value {
    let request = json!({ "allocations": allocations, "mappings": [], "version": "1.36" });
    json!({
        "host": "first", "node": "first", "cell": null, "allocation_request": request, "availability_zone": null,
    })
}

fn migrate(host_list: Value) -> Task {
    of(json!({
        "kind": "migrate", "server": SERVER, "old_flavor": "1", "new_flavor": "2", "host_list": host_list,
        "max_attempts": 3, "request_spec": spec(Value::Null, Value::Null),
    }))
}

fn forced(host: Value) -> Task {
    of(json!({
        "kind": "live-migrate", "server": SERVER, "migration": MIGRATION, "source_host": "here", "active": true,
        "forced_host": host, "max_retries": null, "request_spec": spec(json!("p"), json!("u")),
    }))
}

fn host_node(host: &str) -> Exchange {
    of(json!({
        "effect": { "kind": "find-host-node", "host": host }, "reply": { "kind": "compute-node", "node": FIRST },
    }))
}

fn allowed(task: &Task, history: &[Exchange], write: Effect) {
    assert_eq!(check(task, history, std::slice::from_ref(&write)), Ok(()), "{write:?} after {history:#?}");
}

fn refused(task: &Task, history: &[Exchange], write: Effect, why: &str) {
    let refused = check(task, history, &[write]).expect_err(why).to_string();
    assert!(refused.contains(why), "{refused} does not contain {why}");
}

#[test]
fn a_claim_is_the_schedulers_beside_what_the_server_is_seen_to_hold() {
    let claim = held(FIRST, &[("VCPU", 4), ("MEMORY_MB", 512)]);
    // The scheduler orders the classes differently.
    let reordered = held(FIRST, &[("MEMORY_MB", 512), ("VCPU", 4)]);
    let (source, shared) = (held(SOURCE, &[("VCPU", 2)]), held(SHARED, &[("DISK_GB", 10)]));
    let holds = read(SERVER, json!([source, shared]));
    let whose: Exchange = of(json!({
        "effect": { "kind": "ensure-project-and-user", "server": SERVER },
        "reply": { "kind": "project-and-user", "project": "healed", "user": "too" },
    }));
    let selected: Exchange = of(json!({
        "effect": { "kind": "select-destinations", "server": SERVER, "request_spec": spec(json!("p"), json!("u")) },
        "reply": { "kind": "selections", "selections": [selection(json!([claim]))] },
    }));
    let named = migrate(json!([selection(json!([claim]))]));
    let (by_task, by_answer) = (vec![whose.clone(), holds.clone()], vec![whose, holds, selected]);
    for (task, history) in [(named, by_task.clone()), (migrate(Value::Null), by_answer)] {
        let healed = ["healed", "too"];
        allowed(&task, &history, put(SERVER, healed, json!([reordered])));
        allowed(&task, &history, put(SERVER, healed, json!([source, shared, claim])));
        // The rest after a claim was removed again.
        allowed(&task, &history, put(SERVER, ["p", "u"], json!([shared])));
        allowed(&task, &history, put(SERVER, ["p", "u"], json!([])));
        let more = held(FIRST, &[("VCPU", 5), ("MEMORY_MB", 512)]);
        refused(&task, &history, put(SERVER, healed, json!([more])), "it wrote 5 VCPU + 512 MEMORY_MB on");
        let part = held(FIRST, &[("VCPU", 4)]);
        refused(&task, &history, put(SERVER, healed, json!([part])), "the history shows 4 VCPU + 512 MEMORY_MB on");
        // The project and the user belong together.
        refused(&task, &history, put(SERVER, ["healed", "u"], json!([claim])), "with a user for consumer");
    }
    let unnamed = put(SERVER, ["healed", "too"], json!([claim]));
    refused(&migrate(Value::Null), &by_task, unnamed, "the history shows nothing of that provider");
}

#[test]
fn a_forced_host_gets_what_the_server_has_once_nova_has_named_its_node() {
    let holds = read(SERVER, json!([held(SOURCE, &[("VCPU", 2)])]));
    let claim = |vcpu| put(SERVER, ["p", "u"], json!([held(FIRST, &[("VCPU", vcpu)])]));
    let known = [holds.clone(), host_node("there")];
    allowed(&forced(json!("there")), &known, claim(2));
    refused(&forced(json!("there")), &known, claim(3), "it wrote 3 VCPU on");
    refused(&forced(json!("there")), &known[..1], claim(2), "nothing of that provider");
    refused(&forced(json!("there")), &[holds, host_node("elsewhere")], claim(2), "nothing of that provider");
    refused(&forced(Value::Null), &known, claim(2), "nothing of that provider");
}

#[test]
fn a_task_that_has_read_nothing_writes_nothing() {
    let revert: Task = of(json!({ "kind": "revert", "server": SERVER, "migration": MIGRATION }));
    refused(&revert, &[], put(SERVER, ["p", "u"], json!([])), "the history shows no owner");
}
