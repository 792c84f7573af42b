//! Who changed what is in the file of audit events, in CADF's form.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::placement_fixture::PlacementFixture;
use super::serve::{Serve, change, command, configure, secret};
use super::tasks::{new, swap};

const OPERATOR: &str = "an-operators-long-token";
const CONDUCTOR: &str = "a-conductors-long-token";
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/service/audit_events.py");

/// The events as OpenStack's library understands them: action, outcome, status, initiator and target.
fn events(file: &Path) -> Vec<String> {
    let python = std::env::var_os("SWAPAROO_PLACEMENT_PYTHON").expect("`cargo xtask test` sets it");
    let output = Command::new(python).arg(SCRIPT).arg(file).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn promotions_replies_and_repairs_are_events_of_cadf() {
    let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
    let folder = folder.path();
    configure(folder, &placement.proxy.url(), "[auth]\ntokens = \"tokens\"\n[policies]\nreplay = 0\n");
    change(folder, "filter = \"warn\"", "filter = \"warn\"\naudit = \"audit.jsonl\"");
    secret(&folder.join("tokens"), &format!("tasks {CONDUCTOR}\ntasks,policies,read {OPERATOR}\n"));
    let serve = Serve::run(folder, command(folder));
    let policies = serve.get_as(OPERATOR, "/v1/policies").await.body;
    let policies = policies["policies"].as_array().unwrap();
    let of = |name: &str| {
        let found = policies.iter().find(|policy| policy["name"] == name).unwrap();
        found["digest"].as_str().unwrap().to_owned()
    };
    let seed = of("seed");
    assert_eq!(serve.post_as(CONDUCTOR, "/v1/policies/rollback", &json!({})).await.status, 403);
    // It differs from the present policy, and this was not accepted.
    assert_eq!(serve.put_as(OPERATOR, "/v1/policies/active", &json!({ "policy": seed })).await.status, 409);
    let consent = json!({ "policy": of("standard"), "accept_failed": ["some scenario"] });
    let promoted = serve.put_as(OPERATOR, "/v1/policies/active", &consent).await.status;
    let release = json!({ "kind": "release", "consumer": new(), "server": new() });
    let task = serve.post_as(CONDUCTOR, "/v1/tasks", &release).await.body["id"].as_str().unwrap().to_owned();
    // Other tasks are in the journal, and have no event.
    assert_eq!(serve.post_as(CONDUCTOR, "/v1/tasks", &swap(&new(), &new())).await.status, 201);
    let unknown = new();
    let reply = json!({ "index": 0, "reply": { "kind": "server", "state": "gone" } });
    assert_eq!(serve.post_as(CONDUCTOR, &format!("/v1/tasks/{unknown}/replies"), &reply).await.status, 404);
    let set = serve.post_as(CONDUCTOR, "/v1/breakpoints", &json!({ "kind": "abort" })).await;
    let breakpoint = set.text("/id");
    let file = folder.join("audit.jsonl");
    let said = events(&file);
    let lines = std::fs::read_to_string(&file).unwrap();
    let shown: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let [operator, conductor] = [1, 0].map(|event| shown[event]["initiator"]["id"].as_str().unwrap().to_owned());
    assert!(operator.starts_with("token ") && operator != conductor, "{operator}");
    let is_done = if promoted == 200 { "success" } else { "failure" };
    assert_eq!(
        said,
        [
            format!("restore/rollback failure 403 {conductor} unknown"),
            format!("enable/promote failure 409 {operator} {seed}"),
            format!("enable/promote {is_done} {promoted} {operator} {}", of("standard")),
            format!("create/repair success 201 {conductor} {task}"),
            format!("update/reply failure 404 {conductor} {unknown}"),
            format!("create/breakpoint success 201 {conductor} {breakpoint}"),
        ]
    );
    assert_eq!(shown[2]["attachments"][0]["content"]["accept_failed"], json!(["some scenario"]));
    assert_eq!(shown[1]["initiator"]["host"]["address"], "127.0.0.1");
    assert!(shown[1]["tags"][0].as_str().unwrap().starts_with("request_id?value=req-"), "{}", shown[1]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_cannot_be_written_ends_the_start() {
    let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
    let folder = folder.path();
    configure(folder, &placement.proxy.url(), "");
    change(folder, "filter = \"warn\"", "filter = \"warn\"\naudit = \"missing/audit.jsonl\"");
    let output = command(folder).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("the file of audit events missing/audit.jsonl (log.audit) cannot be written"), "{said}");
}
