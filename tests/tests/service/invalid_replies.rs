//! Invalid replies: a clear error names the task, the effect and the field, and the task keeps waiting.

use std::sync::Arc;

use serde_json::{Value, json};

use super::conductor::{Conductor, Scheduling};
use super::migrations::waiting;
use super::placement_fixture::PlacementFixture;
use super::serve::Serve;
use super::tasks::new;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn invalid_replies_are_refused_and_the_task_keeps_waiting() {
    let (placement, folder) = (Arc::new(PlacementFixture::model().await), tempfile::tempdir().unwrap());
    let destination = placement.another_node().await;
    let serve = Serve::start(folder.path(), &placement.proxy.url());
    for (effect, reply, status, code, says) in IMPOSSIBLE {
        let mut conductor = Conductor::new(&placement, &destination, Scheduling::Found).await;
        let (id, index) = waiting(&serve, &mut conductor, effect).await;
        let text = reply.replace("SERVER", &conductor.server).replace("MIGRATION", &conductor.migration);
        let text = text.replace("NODE", placement.node()).replace("OTHER", &new());
        let reply = json!({ "index": index, "reply": serde_json::from_str::<Value>(&text).unwrap() });
        let answer = serve.post(&format!("/v1/tasks/{id}/replies"), &reply).await;
        assert_eq!(answer.code(), (*status, *code), "{text}: {}", answer.body);
        let detail = answer.text("/errors/0/detail");
        assert!(detail.contains(says), "{text}: {detail:?} does not say {says:?}");
        if *status == 422 {
            assert!(detail.starts_with(&format!("task {id}, effect {index} ({effect}): ")), "{detail}");
        }
        let view = serve.get(&format!("/v1/tasks/{id}")).await;
        assert_eq!(view.end().0, "waiting", "after {text}: {}", view.body);
    }
}

/// An effect, a reply, and the response to it.
const IMPOSSIBLE: &[(&str, &str, u16, &str, &str)] = &[
    ("find-cell", r#"{"kind":"done"}"#, 409, "swaparoo.reply_mismatch", "is answered by cell, not by done"),
    ("find-cell", r#"{"kind":"cell"}"#, 400, "swaparoo.bad_request", "missing field `cell`"),
    ("find-cell", r#"{"kind":"abandoned","detail":""}"#, 400, "swaparoo.bad_request", "unknown variant `abandoned`"),
    ("find-cell", r#"{"kind":"cell","cell":""}"#, 422, "swaparoo.unsound_value", "cell: \"\" is not a name"),
    (
        "find-compute-node",
        r#"{"kind":"nova-error","error":"ComputeHostNotFound","detail":""}"#,
        409,
        "swaparoo.reply_mismatch",
        "is answered by compute-node, not by nova-error",
    ),
    (
        "get-port-requests",
        r#"{"kind":"nova-error","error":"","detail":""}"#,
        422,
        "swaparoo.unsound_value",
        "error: \"\" is not a name",
    ),
    (
        "get-port-requests",
        r#"{"kind":"port-requests","requests":[{"requester":"p","resources":[],"required_traits":[],"providers":[]}]}"#,
        422,
        "swaparoo.unsound_value",
        "requests[0].requester: \"p\" is not a UUID",
    ),
    (
        "create-migration",
        r#"{"kind":"migration","migration":null}"#,
        422,
        "swaparoo.unsound_value",
        "migration: it is null, but a record must be created",
    ),
    (
        "create-migration",
        r#"{"kind":"migration","migration":{"migration":"MIGRATION","server":"OTHER","migration_type":"resize","status":"x"}}"#,
        422,
        "swaparoo.unsound_value",
        "migration.server:",
    ),
    (
        "create-migration",
        r#"{"kind":"migration","migration":{"migration":"MIGRATION","server":"SERVER","migration_type":"migration","status":"x"}}"#,
        422,
        "swaparoo.unsound_value",
        "migration.migration_type: it is not the type",
    ),
    (
        "create-migration",
        r#"{"kind":"migration","migration":{"migration":"SERVER","server":"SERVER","migration_type":"resize","status":"x"}}"#,
        422,
        "swaparoo.unsound_value",
        "migration.migration: it is the server's own id",
    ),
    (
        "select-destinations",
        r#"{"kind":"selections","selections":[]}"#,
        422,
        "swaparoo.unsound_value",
        "selections: the list is empty; if nova finds no host, it raises NoValidHost",
    ),
    (
        "select-destinations",
        r#"{"kind":"selections","selections":[{"host":"a","node":"a","cell":null,"availability_zone":null,"allocation_request":null},{"host":"a","node":"a","cell":null,"availability_zone":null,"allocation_request":null}]}"#,
        422,
        "swaparoo.unsound_value",
        "selections[1]: host \"a\" is listed twice",
    ),
    (
        "select-destinations",
        r#"{"kind":"selections","selections":[{"host":"a","node":"a","cell":null,"availability_zone":null,"allocation_request":{"allocations":[],"mappings":[],"version":"1.36"}}]}"#,
        422,
        "swaparoo.unsound_value",
        "selections[0].allocation_request.allocations: it claims nothing",
    ),
    (
        "select-destinations",
        r#"{"kind":"selections","selections":[{"host":"a","node":"a","cell":null,"availability_zone":null,"allocation_request":{"allocations":[{"provider":"NODE","resources":[{"class":"VCPU","amount":0}]}],"mappings":[],"version":"1.36"}}]}"#,
        422,
        "swaparoo.unsound_value",
        "selections[0].allocation_request.allocations[0].resources[0]: it has 0 of VCPU",
    ),
    (
        "select-destinations",
        r#"{"kind":"selections","selections":[{"host":"a","node":"a","cell":null,"availability_zone":null,"allocation_request":{"allocations":[{"provider":"NODE","resources":[{"class":"VCPU","amount":1}]}],"mappings":[],"version":"1.27"}}]}"#,
        422,
        "swaparoo.unsound_value",
        "version: \"1.27\" is not a microversion",
    ),
    (
        "select-destinations",
        r#"{"kind":"selections","selections":[{"host":"a","node":"a"}],"more":1}"#,
        400,
        "swaparoo.bad_request",
        "unknown field",
    ),
];
