//! A task that cannot go on is kept for a person, who lets it go on under rules that are there.

use serde_json::{Value, json};

use super::ground::Ground;
use super::journal::lose_policy;
use super::parking::copy_of_standard;
use super::serve::Serve;
use super::tasks::{new, revert, swap};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_without_its_policy_is_parked_and_resumed_under_another() {
    let ground = Ground::of_the_model().await;
    let folder = tempfile::tempdir().unwrap();
    let serve = Serve::start_with(folder.path(), &ground.proxy.url(), "[policies]\nreplay = 0\n");
    let standard = serve.get("/v1/policies").await.text("/policies/0/digest").to_owned();
    let copy = copy_of_standard(&serve).await;
    assert_eq!(serve.put("/v1/policies/active", &json!({ "policy": copy })).await.status, 200);
    let (migration, server) = (ground.holder().await, new());
    let waits = serve.post("/v1/tasks?wait=30", &revert(&server, &migration, None)).await;
    assert_eq!((waits.end().0, waits.text("/policy/digest")), ("waiting", copy.as_str()));
    let id = waits.text("/id").to_owned();
    assert_eq!(serve.put("/v1/policies/active", &json!({ "policy": standard })).await.status, 200);
    assert_eq!(serve.post(&format!("/v1/tasks/{id}/resume"), &json!({})).await.code(), (409, "swaparoo.not_parked"));
    assert_eq!(serve.process().stop(), Some(0));
    lose_policy(folder.path(), &copy);

    // The lost one was the one to roll back to; that is no reason not to start.
    let serve = Serve::start(folder.path(), &ground.proxy.url());
    let parked = serve.get(&format!("/v1/tasks/{id}")).await;
    assert_eq!(parked.end().0, "parked");
    assert!(parked.text("/parked").contains("cannot be loaded"), "{}", parked.body);
    let metrics = serve.get("/metrics").await;
    assert!(metrics.body.as_str().unwrap().contains("swaparoo_tasks_parked 1"), "{}", metrics.body);
    assert_eq!(serve.post("/v1/policies/rollback", &json!({})).await.code(), (409, "swaparoo.no_previous_policy"));
    // It keeps its consumers until somebody has looked at it.
    let behind = serve.post("/v1/tasks", &swap(&migration, &new())).await;
    assert_eq!((behind.end().0, &behind.body["waiting_for"][0]["task"]), ("queued", &Value::from(id.as_str())));
    let resume = format!("/v1/tasks/{id}/resume");
    assert_eq!(serve.post(&resume, &json!({})).await.code(), (404, "swaparoo.policy_unknown"));
    assert_eq!(serve.post(&resume, &json!({ "policy": "x" })).await.code(), (400, "swaparoo.bad_request"));
    assert_eq!(serve.get(&format!("/v1/tasks/{id}")).await.end().0, "parked", "what failed changed nothing");

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
