//! Ended tasks and their keys are deleted as configured; open tasks are never deleted.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::json;

use super::placement_fixture::PlacementFixture;
use super::serve::{Answer, Serve, change, command, configure};
use super::tasks::{new, revert, swap};

/// A service with these limits for ended tasks.
fn keeping(folder: &Path, placement: &PlacementFixture, keep: &str) -> Serve {
    configure(folder, &placement.proxy.url(), "");
    change(folder, "[journal]", &format!("[journal]\n{keep}"));
    Serve::run(folder, command(folder))
}

/// A task that waits for its caller.
async fn waiting(serve: &Serve, placement: &PlacementFixture) -> String {
    let waits = serve.post("/v1/tasks?wait=30", &revert(&new(), &placement.holder().await, None)).await;
    assert_eq!(waits.end().0, "waiting");
    waits.text("/id").to_owned()
}

async fn moved(serve: &Serve, placement: &PlacementFixture, key: &str) -> Answer {
    let task = swap(&placement.holder().await, &new());
    let moved = serve.try_post("/v1/tasks?wait=30", key, &task).await.unwrap();
    assert_eq!((moved.status, moved.end()), (201, ("finished", "moved")), "{key}: {}", moved.body);
    moved
}

async fn ids(serve: &Serve) -> Vec<String> {
    let listed = serve.get("/v1/tasks").await;
    let tasks = listed.body["tasks"].as_array().unwrap().iter();
    tasks.map(|task| task["id"].as_str().unwrap().to_owned()).collect()
}

/// Waits until exactly these tasks exist, newest first.
async fn left(serve: &Serve, expected: &[String]) {
    let began = Instant::now();
    while ids(serve).await != expected {
        assert!(began.elapsed() < Duration::from_secs(20), "{:?} should be {expected:?}", ids(serve).await);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn goes_on(serve: &Serve, id: &str) {
    let gone = json!({ "index": 2, "reply": { "kind": "server", "state": "gone" } });
    assert_eq!(serve.get(&format!("/v1/tasks/{id}?wait=30")).await.end().0, "waiting");
    assert_eq!(serve.post(&format!("/v1/tasks/{id}/replies"), &gone).await.status, 200);
    let done = serve.get(&format!("/v1/tasks/{id}?wait=30")).await;
    assert_eq!(done.end(), ("finished", "source-deleted"), "{}", done.body);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_a_lower_limit_the_oldest_ended_tasks_are_deleted() {
    let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
    let serve = Serve::start(folder.path(), &placement.proxy.url());
    let mut tasks = vec![waiting(&serve, &placement).await];
    for nth in 0..5 {
        tasks.push(moved(&serve, &placement, &format!("{nth}")).await.text("/id").to_owned());
    }
    tasks.push(waiting(&serve, &placement).await);
    tasks.reverse();
    assert_eq!(ids(&serve).await, tasks);
    assert_eq!(serve.process().stop(), Some(0));

    let serve = keeping(folder.path(), &placement, "keep = 2");
    let [newest, fourth, third, .., oldest] = tasks.as_slice() else { panic!("{tasks:?}") };
    left(&serve, &[newest, fourth, third, oldest].map(String::clone)).await;
    goes_on(&serve, oldest).await;
    goes_on(&serve, newest).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn old_tasks_are_deleted_while_the_service_runs() {
    let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
    let serve = keeping(folder.path(), &placement, "keep_for = \"1s\"");
    let waits = waiting(&serve, &placement).await;
    for round in 0..2 {
        let done = moved(&serve, &placement, "a key").await;
        left(&serve, std::slice::from_ref(&waits)).await;
        let forgotten = serve.get(&format!("/v1/tasks/{}", done.text("/id"))).await;
        assert_eq!(forgotten.code(), (404, "swaparoo.not_found"), "round {round}");
    }
    // It is older than all of them.
    goes_on(&serve, &waits).await;
    left(&serve, &[]).await;
    assert_eq!(serve.process().stop(), Some(0));
    let log = std::fs::read_to_string(folder.path().join("log")).unwrap();
    assert!(!log.contains("ERROR"), "{log}");
}
