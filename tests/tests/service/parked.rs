//! A task that cannot continue is parked for a person, who resumes it under an available policy.

use std::path::Path;

use serde_json::{Value, json};

use super::journal::{change, lose_policy};
use super::parked_fixture::copy_of_standard;
use super::placement_fixture::PlacementFixture;
use super::serve::{Serve, secret};
use super::tasks::{new, revert, swap, wrong_scenes};

const CONDUCTOR: &str = "the-token-of-the-conductor";
const OPERATOR: &str = "the-token-of-the-operator";

/// A waiting revert of an unknown server, which the next start parks. Returns its id, its migration, and the digest of
/// `standard`, which is active.
async fn park(placement: &PlacementFixture, folder: &Path) -> [String; 3] {
    let serve = Serve::start_with(folder, &placement.proxy.url(), "[policies]\nreplay = 0\n");
    let standard = serve.get("/v1/policies").await.text("/policies/0/digest").to_owned();
    let copy = copy_of_standard(&serve).await;
    assert_eq!(serve.put("/v1/policies/active", &json!({ "policy": copy })).await.status, 200);
    let (migration, server) = (placement.holder().await, new());
    let waits = serve.post("/v1/tasks?wait=30", &revert(&server, &migration, None)).await;
    assert_eq!((waits.end().0, waits.text("/policy/digest")), ("waiting", copy.as_str()));
    let id = waits.text("/id").to_owned();
    assert_eq!(serve.put("/v1/policies/active", &json!({ "policy": standard })).await.status, 200);
    assert_eq!(serve.post(&format!("/v1/tasks/{id}/resume"), &json!({})).await.code(), (409, "swaparoo.not_parked"));
    assert_eq!(serve.process().stop(), Some(0));
    lose_policy(folder, &copy);
    [id, migration, standard]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_without_its_policy_is_parked_and_resumed_under_another() {
    let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
    let [id, migration, standard] = park(&placement, folder.path()).await;
    // The lost policy was the previous one, for a rollback; the service still starts.
    let serve = Serve::start(folder.path(), &placement.proxy.url());
    let parked = serve.get(&format!("/v1/tasks/{id}")).await;
    assert_eq!(parked.end().0, "parked");
    assert!(parked.text("/parked").contains("cannot be loaded"), "{}", parked.body);
    let metrics = serve.get("/metrics").await;
    assert!(metrics.body.as_str().unwrap().contains("swaparoo_tasks_parked 1"), "{}", metrics.body);
    assert_eq!(serve.post("/v1/policies/rollback", &json!({})).await.code(), (409, "swaparoo.no_previous_policy"));
    // It blocks its consumers until a person has resumed it.
    let behind = serve.post("/v1/tasks", &swap(&migration, &new())).await;
    assert_eq!((behind.end().0, &behind.body["waiting_for"][0]["task"]), ("queued", &Value::from(id.as_str())));
    let resume = format!("/v1/tasks/{id}/resume");
    assert_eq!(serve.post(&resume, &json!({})).await.code(), (404, "swaparoo.policy_unknown"));
    assert_eq!(serve.post(&resume, &json!({ "policy": "x" })).await.code(), (400, "swaparoo.bad_request"));
    assert_eq!(serve.get(&format!("/v1/tasks/{id}")).await.end().0, "parked", "the failed request changed nothing");

    let resumed = serve.post(&resume, &json!({ "policy": standard })).await;
    assert_eq!((resumed.status, resumed.text("/policy/digest")), (200, standard.as_str()));
    let gone = json!({ "index": 2, "reply": { "kind": "server", "state": "gone" } });
    assert_eq!(serve.get(&format!("/v1/tasks/{id}?wait=30")).await.end().0, "waiting");
    assert_eq!(serve.post(&format!("/v1/tasks/{id}/replies"), &gone).await.status, 200);
    assert_eq!(serve.get(&format!("/v1/tasks/{id}?wait=30")).await.end(), ("finished", "source-deleted"));
    let record = serve.get(&format!("/v1/tasks/{id}/record")).await;
    assert_eq!(record.text("/policy/digest"), standard, "the record names who ended it");
    let behind = serve.get(&format!("/v1/tasks/{}?wait=30", behind.text("/id"))).await;
    assert_eq!(behind.end(), ("finished", "nothing-to-move"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_policy_for_a_parked_task_needs_the_role_and_the_promotion_check() {
    let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
    let [id, _, standard] = park(&placement, folder.path()).await;
    secret(&folder.path().join("tokens"), &format!("tasks {CONDUCTOR}\ntasks,policies {OPERATOR}\n"));
    let serve = Serve::start_with(folder.path(), &placement.proxy.url(), "[auth]\ntokens = \"tokens\"\n");
    let resume = format!("/v1/tasks/{id}/resume");
    let other = serve.post_as(CONDUCTOR, &resume, &json!({ "policy": standard })).await;
    assert_eq!(other.code(), (403, "swaparoo.forbidden"));
    assert!(other.text("/errors/0/detail").contains("`policies`; leave `policy` out"), "{}", other.body);
    let own = serve.post_as(CONDUCTOR, &resume, &json!({})).await;
    assert_eq!(own.code(), (404, "swaparoo.policy_unknown"), "its own policy may decide it, if it exists");

    let nova = serve.get_as(OPERATOR, "/v1/policies").await;
    let nova = nova.body["policies"].as_array().unwrap().iter().find(|policy| policy["name"] == "nova-34").unwrap();
    let leaky = serve.post_as(OPERATOR, &resume, &json!({ "policy": nova["digest"] })).await;
    assert_eq!(leaky.code(), (409, "swaparoo.promotion_refused"));
    assert!(leaky.text("/errors/0/detail").contains("`back-to-a-deleted-server` failed"), "{}", leaky.body);
    let resumed = serve.post_as(OPERATOR, &resume, &json!({ "policy": standard })).await;
    assert_eq!((resumed.status, resumed.text("/policy/digest")), (200, standard.as_str()));
}

/// The active policy may also decide an old task, since its failures were accepted at its promotion.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_parked_task_may_continue_under_any_active_policy() {
    let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
    let [id, _, _] = park(&placement, folder.path()).await;
    let serve = Serve::start_with(folder.path(), &placement.proxy.url(), "[policies]\nreplay = 0\n");
    let policies = serve.get("/v1/policies").await;
    let nova = policies.body["policies"].as_array().unwrap().iter().find(|policy| policy["name"] == "nova-34").unwrap();
    let nova = nova["digest"].as_str().unwrap();
    let resume = format!("/v1/tasks/{id}/resume");
    let body = json!({ "policy": nova });
    assert_eq!(serve.post(&resume, &body).await.code(), (409, "swaparoo.promotion_refused"));
    let report = serve.post(&format!("/v1/policies/{nova}/replays"), &json!({})).await;
    let failed = report.body["conformance"]["failed"].as_array().unwrap().iter().map(|failed| &failed["name"]);
    let (failed, wrong) = (failed.collect::<Vec<_>>(), wrong_scenes(&report));
    let promotion = json!({ "policy": nova, "accept_failed": failed, "accept_counterexamples": wrong });
    assert_eq!(serve.put("/v1/policies/active", &promotion).await.status, 200);
    assert_eq!(serve.post(&resume, &body).await.status, 200);
    let ended = serve.get(&format!("/v1/tasks/{id}?wait=30")).await;
    assert_eq!((ended.end(), ended.text("/policy/digest")), (("finished", "moved"), nova));
    let metrics = serve.get("/metrics").await;
    let tasks = metrics.body.as_str().unwrap().lines().filter(|line| line.starts_with("swaparoo_tasks_total{"));
    let tasks: Vec<&str> = tasks.collect();
    assert!(tasks.len() == 1 && tasks[0].contains("policy=\"nova-34\""), "who ended it counts: {tasks:?}");
}

/// The journal is changed, as if other rules had made the history.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_policy_that_parts_from_the_history_is_refused_and_the_task_stays_parked() {
    let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
    let [id, migration, standard] = park(&placement, folder.path()).await;
    let serve = Serve::start(folder.path(), &placement.proxy.url());
    let server = serve.get(&format!("/v1/tasks/{id}")).await.text("/task/server").to_owned();
    assert_eq!(serve.process().stop(), Some(0));
    let twice = format!("UPDATE entries SET event = replace(event, '{server}', '{migration}')");
    change(folder.path(), &format!("{twice} WHERE event GLOB '{{\"answered\"*' AND task = ?"), &id);

    let serve = Serve::start(folder.path(), &placement.proxy.url());
    let refused = serve.post(&format!("/v1/tasks/{id}/resume"), &json!({ "policy": standard })).await;
    assert_eq!(refused.code(), (409, "swaparoo.conflict"), "{}", refused.body);
    let detail = refused.text("/errors/0/detail");
    let place = format!(
        "at position 1 of the history, recorded \"GET /allocations/{migration}\", now \"GET /allocations/{migration}, \
         GET /allocations/{server}\""
    );
    assert!(detail.contains(&place) && detail.contains("under the policy standard"), "{detail}");
    assert_eq!(serve.get(&format!("/v1/tasks/{id}")).await.end().0, "parked");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_with_unknown_entries_is_parked_and_blocks_no_other() {
    let placement = PlacementFixture::model().await;
    let folder = tempfile::tempdir().unwrap();
    let serve = Serve::start(folder.path(), &placement.proxy.url());
    let mut tasks = Vec::new();
    for _ in 0..3 {
        let (migration, server) = (placement.holder().await, new());
        let waits = serve.post("/v1/tasks?wait=30", &revert(&server, &migration, None)).await;
        assert_eq!(waits.end().0, "waiting");
        tasks.push((migration, waits.text("/id").to_owned()));
    }
    assert_eq!(serve.process().stop(), Some(0));
    let [(first, beginning), (_, later), (_, other)] = &tasks[..] else { panic!("{tasks:?}") };
    let event = "UPDATE entries SET event = '{\"dreamt\":[]}' WHERE task = ? AND number =";
    change(folder.path(), &format!("{event} 0"), beginning);
    change(folder.path(), &format!("{event} 1"), later);

    let serve = Serve::start(folder.path(), &placement.proxy.url());
    let parked = serve.get(&format!("/v1/tasks/{later}")).await;
    assert_eq!(parked.end().0, "parked");
    let why = parked.text("/parked");
    assert!(why.contains("its entry 1 is not understood (unknown variant `dreamt`"), "{why}");
    assert!(why.contains("run the version of the program that wrote it"), "{why}");
    let resumed = serve.post(&format!("/v1/tasks/{later}/resume"), &json!({})).await;
    assert_eq!(resumed.code(), (409, "swaparoo.conflict"), "{}", resumed.body);
    // A task whose first entry cannot be read cannot be shown, but its consumers stay blocked.
    let unreadable = serve.get(&format!("/v1/tasks/{beginning}")).await;
    assert_eq!(unreadable.code(), (503, "swaparoo.journal_unavailable"), "{}", unreadable.body);
    let behind = serve.post("/v1/tasks", &swap(first, &new())).await;
    assert_eq!(behind.body["waiting_for"][0]["task"].as_str(), Some(beginning.as_str()));
    let listed = serve.get("/v1/tasks?state=open").await;
    let listed: Vec<_> = listed.body["tasks"].as_array().unwrap().iter().map(|task| task["id"].clone()).collect();
    assert_eq!(listed, [behind.text("/id"), other, later], "the others are listed");
    let gone = json!({ "index": 2, "reply": { "kind": "server", "state": "gone" } });
    assert_eq!(serve.post(&format!("/v1/tasks/{other}/replies"), &gone).await.status, 200);
    assert_eq!(serve.get(&format!("/v1/tasks/{other}?wait=30")).await.end(), ("finished", "source-deleted"));
}
