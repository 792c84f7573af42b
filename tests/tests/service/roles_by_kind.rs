//! Policies that decide only some kinds of task: one decides moves and another one migrations, and promotions, traps, rollbacks,
//! shadows and restarts are of the kinds that they concern.

use std::sync::Arc;

use serde_json::{Value, json};

use super::conductor::{Conductor, Scheduling};
use super::placement_fixture::PlacementFixture;
use super::serve::{Answer, Serve};
use super::tasks::{component, new, revert, swap};

const OF_MOVES: [&str; 3] = ["move", "replace", "revert"];

async fn push(serve: &Serve, folder: &str, name: &str) -> String {
    serve.push(component(folder, name)).await.text("/digest").to_owned()
}

/// Who has this role for this kind of task: the name of the policy, or nothing.
fn holder(policies: &Answer, role: &str, kind: &str) -> String {
    let policies = policies.body["policies"].as_array().unwrap();
    let has = |policy: &&Value| {
        let kinds = policy["kinds"].get(role).map(|kinds| kinds.as_array().unwrap().contains(&json!(kind)));
        policy["roles"].as_array().unwrap().contains(&json!(role)) && kinds.unwrap_or(true)
    };
    policies.iter().filter(has).map(|policy| policy["name"].as_str().unwrap()).collect()
}

/// Who is active for moves, for reverts and for migrations.
async fn active(serve: &Serve) -> [String; 3] {
    let policies = serve.get("/v1/policies").await;
    ["move", "revert", "migrate"].map(|kind| holder(&policies, "active", kind))
}

/// Makes a policy active for these kinds, whatever it does in the scenarios.
async fn promote(serve: &Serve, digest: &str, kinds: &[&str]) {
    let promotion = json!({ "policy": digest, "for": kinds });
    let report = serve.post(&format!("/v1/policies/{digest}/replays"), &json!({})).await;
    let names = |failed: &Value| failed.as_array().unwrap().iter().map(|one| one["name"].clone()).collect::<Vec<_>>();
    let mut consent = promotion.clone();
    consent["accept_failed"] = names(&report.body["conformance"]["failed"]).into();
    consent["accept_counterexamples"] = names(&report.body["search"]["failed"]).into();
    let promoted = serve.put("/v1/policies/active", &consent).await;
    assert_eq!(promoted.status, 200, "{}", promoted.body);
    let kinds_of = |failed: &Value| kinds.contains(&failed["kind"].as_str().unwrap());
    assert!(promoted.body["conformance"]["failed"].as_array().unwrap().iter().all(kinds_of), "{}", promoted.body);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_policy_decides_moves_and_another_one_migrations() {
    let (placement, folder) = (Arc::new(PlacementFixture::model().await), tempfile::tempdir().unwrap());
    let destination = placement.another_node().await;
    let start = || Serve::start_with(folder.path(), &placement.proxy.url(), "[policies]\nreplay = 0\n");
    let serve = start();
    let digest = push(&serve, "SWAPAROO_POLICIES", "standard-moves").await;

    // It has no rules for migrations, so it does not get all kinds, and not these.
    let refused = serve.put("/v1/policies/active", &json!({ "policy": digest })).await;
    assert_eq!(refused.code(), (409, "swaparoo.promotion_refused"), "{}", refused.body);
    let detail = refused.text("/errors/0/detail");
    assert!(detail.ends_with("the kinds that it has rules for (`--for move,replace,revert`)"), "{detail}");
    assert!(detail.contains("accept this by naming `migrate`"), "{detail}");
    let refused = serve.put("/v1/policies/active", &json!({ "policy": digest, "for": ["move", "migrate"] })).await;
    assert_eq!(refused.code(), (422, "swaparoo.unsound_value"), "{}", refused.body);
    let detail = refused.text("/errors/0/detail");
    assert!(detail.starts_with("standard-moves has no rules for migrate: "), "{detail}");
    assert_eq!(active(&serve).await, ["standard"; 3]);

    // Nothing needs to be accepted for the kinds that it has rules for.
    let promoted = serve.put("/v1/policies/active", &json!({ "policy": digest, "for": OF_MOVES })).await;
    assert_eq!(promoted.status, 200, "{}", promoted.body);
    assert_eq!((promoted.body["promoted"].clone(), promoted.body["refused_because"].clone()), (json!(true), json!([])));
    assert_eq!(active(&serve).await, ["standard-moves", "standard-moves", "standard"]);
    let decided = async |serve: &Serve, moves: &str| {
        let moved = serve.post("/v1/tasks?wait=60", &swap(&placement.holder().await, &new())).await;
        assert_eq!((moved.text("/policy/name"), moved.end()), (moves, ("finished", "moved")));
        let mut conductor = Conductor::new(&placement, &destination, Scheduling::Found).await;
        let asked = [json!(new()), conductor.resize()];
        let migrated = conductor.run_to_end(serve, asked.each_ref(), None).await.unwrap();
        assert_eq!((migrated.text("/policy/name"), migrated.end()), ("standard", ("finished", "started")));
    };
    decided(&serve, "standard-moves").await;

    // After a restart, too.
    serve.process().kill();
    let serve = start();
    assert_eq!(active(&serve).await, ["standard-moves", "standard-moves", "standard"]);
    decided(&serve, "standard-moves").await;
    let needed = serve.delete(&format!("/v1/policies/{digest}")).await;
    assert_eq!(needed.code(), (409, "swaparoo.conflict"), "{}", needed.body);

    let none = serve.post("/v1/policies/rollback?for=migrate", &Value::Null).await;
    assert_eq!(none.code(), (409, "swaparoo.no_previous_policy"), "{}", none.body);
    let unknown = serve.post("/v1/policies/rollback?for=mvoe", &Value::Null).await;
    assert_eq!(unknown.code(), (400, "swaparoo.bad_request"), "{}", unknown.body);
    let back = serve.post("/v1/policies/rollback?for=revert", &Value::Null).await;
    assert_eq!(["move", "revert"].map(|kind| holder(&back, "active", kind)), ["standard-moves", "standard"]);
    serve.post("/v1/policies/rollback", &Value::Null).await;
    assert_eq!(active(&serve).await, ["standard"; 3]);
    decided(&serve, "standard").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn traps_in_one_kind_roll_back_that_kind_alone() {
    let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
    let serve = Serve::start_with(folder.path(), &placement.proxy.url(), "[policies]\nreplay = 0\n");
    let hostile = push(&serve, "SWAPAROO_HOSTILE", "panics").await;
    promote(&serve, &hostile, &["move", "revert"]).await;
    let of_one = async |body: Value, end: (&str, &str)| {
        let ended = serve.post("/v1/tasks?wait=60", &body).await;
        assert_eq!(ended.end(), end, "{}", ended.body);
    };
    let trapped = ("failed", "policy-trapped");
    of_one(swap(&new(), &new()), trapped).await;
    of_one(revert(&new(), &new(), Some("present")), trapped).await;
    of_one(swap(&new(), &new()), trapped).await;
    of_one(revert(&new(), &new(), Some("present")), trapped).await;
    assert_eq!(active(&serve).await, ["hostile", "hostile", "standard"], "two in a row in each kind");
    of_one(swap(&new(), &new()), trapped).await;
    assert_eq!(active(&serve).await, ["standard", "hostile", "standard"]);
    of_one(swap(&placement.holder().await, &new()), ("finished", "moved")).await;
    of_one(revert(&new(), &new(), Some("present")), trapped).await;
    assert_eq!(active(&serve).await, ["standard"; 3]);
    let log = std::fs::read_to_string(folder.path().join("log")).unwrap();
    for kind in ["move", "revert"] {
        let line = log.lines().find(|line| line.contains("failed 3 times in a row") && line.contains(kind));
        assert!(line.is_some_and(|line| line.contains(&format!("is active again for {kind}"))), "{log}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shadow_is_called_for_its_kinds_alone() {
    let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
    let serve = Serve::start(folder.path(), &placement.proxy.url());
    let hostile = push(&serve, "SWAPAROO_HOSTILE", "panics").await;
    let refused = serve.put("/v1/policies/shadow", &json!({ "policy": hostile, "for": ["abort"] })).await;
    assert_eq!(refused.code(), (422, "swaparoo.unsound_value"), "{}", refused.body);
    let set = serve.put("/v1/policies/shadow", &json!({ "policy": hostile, "for": ["revert", "replace"] })).await;
    assert_eq!(["move", "replace", "revert"].map(|kind| holder(&set, "shadow", kind)), ["", "hostile", "hostile"]);
    let differences = async || {
        let (server, migration) = (placement.holder().await, new());
        let out = serve.post("/v1/tasks?wait=60", &swap(&server, &migration)).await;
        let back = serve.post("/v1/tasks?wait=60", &revert(&server, &migration, Some("present"))).await;
        assert_eq!((out.end(), back.end()), (("finished", "moved"), ("finished", "moved")), "{}", back.body);
        [out, back].map(|task| task.body["shadow"].as_array().unwrap().len())
    };
    assert_eq!(differences().await, [0, 1]);
    let left = serve.delete("/v1/policies/shadow?for=revert").await;
    assert_eq!(["replace", "revert"].map(|kind| holder(&left, "shadow", kind)), ["hostile", ""]);
    assert_eq!(differences().await, [0, 0]);
    let left = serve.delete("/v1/policies/shadow").await;
    assert_eq!(holder(&left, "shadow", "replace"), "");
}
