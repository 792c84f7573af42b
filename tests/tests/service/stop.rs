//! SIGTERM during work: the service waits for an expected answer and records it, clients that wait for a task get its
//! current state, and the next start continues from there.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use swaparoo_placement::Method;
use tokio::task::JoinHandle;

use super::held_requests::HeldRequests;
use super::placement_fixture::PlacementFixture;
use super::serve::{Serve, change, command, configure};
use super::tasks::{new, revert, swap};

const A_WHILE: Duration = Duration::from_millis(300);

/// Stops it, and returns its exit code.
fn stop(serve: &Serve) -> JoinHandle<Option<i32>> {
    let process = serve.process();
    tokio::task::spawn_blocking(move || process.stop())
}

fn writes(placement: &PlacementFixture) -> usize {
    placement.proxy.seen().iter().filter(|request| request.starts_with("POST ")).count()
}

/// Placement's answer to the only write of a task.
fn answered(task: &Value) -> Value {
    let exchanges = task["history"].as_array().unwrap().iter();
    let mut writes = exchanges.filter(|exchange| exchange["effect"]["kind"] == "post-allocations");
    let only = writes.next().unwrap_or_else(|| panic!("no write in {task}"));
    assert!(writes.next().is_none(), "{task}");
    only["reply"]["kind"].clone()
}

async fn says_that_it_is_there(serve: &Serve, id: &str, index: usize) {
    let present = json!({ "index": index, "reply": { "kind": "server", "state": "present" } });
    assert_eq!(serve.post(&format!("/v1/tasks/{id}/replies"), &present).await.status, 200);
}

/// A revert asks about its server again after its write, so that there is something left to do.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_waits_for_an_open_write_and_never_repeats_it() {
    let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
    let serve = Serve::start(folder.path(), &placement.proxy.url());
    let held = HeldRequests::after(&placement.proxy, Method::Post);
    let (migration, server) = (placement.holder().await, new());
    let waits = serve.post("/v1/tasks?wait=30", &revert(&server, &migration, None)).await;
    let id = waits.text("/id");
    says_that_it_is_there(&serve, id, 2).await;
    let swapped = serve.post("/v1/tasks", &swap(&placement.holder().await, &new())).await;
    held.wait_for(2).await;
    let stopping = stop(&serve);
    tokio::time::sleep(A_WHILE).await;
    assert!(!stopping.is_finished(), "it waits for the answer");
    held.release();
    assert_eq!(stopping.await.unwrap(), Some(0));

    let serve = Serve::start(folder.path(), &placement.proxy.url());
    let after = serve.get(&format!("/v1/tasks/{id}?wait=30")).await;
    assert_eq!((after.end().0, &after.body["waiting_for"][0]["index"]), ("waiting", &json!(4)));
    assert_eq!(answered(&after.body), "written", "{}", after.body);
    says_that_it_is_there(&serve, id, 4).await;
    for id in [id, swapped.text("/id")] {
        let done = serve.get(&format!("/v1/tasks/{id}?wait=30")).await;
        assert_eq!((done.end(), answered(&done.body)), (("finished", "moved"), json!("written")), "{}", done.body);
    }
    assert_eq!(writes(&placement), 2, "each of them once: {:?}", placement.proxy.seen());
    assert_eq!((placement.holds(&server).await, placement.holds(&migration).await), (2, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_waits_for_a_missing_answer_only_for_its_time_limit() {
    let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
    let serve = Serve::start_with(folder.path(), &placement.proxy.url(), "[tasks]\nstop_patience = \"500ms\"\n");
    let held = HeldRequests::after(&placement.proxy, Method::Post);
    let (source, target) = (placement.holder().await, new());
    let task = serve.post("/v1/tasks", &swap(&source, &target)).await;
    held.wait_for(1).await;
    let stopped = tokio::time::timeout(Duration::from_secs(20), stop(&serve)).await.expect("it ends");
    assert_eq!(stopped.unwrap(), Some(0));
    let log = std::fs::read_to_string(folder.path().join("log")).unwrap();
    assert!(log.contains("stopped with 1 task in mid-write"), "{log}");

    placement.proxy.forget();
    let serve = Serve::start(folder.path(), &placement.proxy.url());
    let done = serve.get(&format!("/v1/tasks/{}?wait=30", task.text("/id"))).await;
    assert_eq!(done.end().0, "finished", "{}", done.body);
    assert_eq!(answered(&done.body), "lost", "{}", done.body);
    assert_eq!(writes(&placement), 1, "a read shows that it was done: {:?}", placement.proxy.seen());
    assert_eq!((placement.holds(&source).await, placement.holds(&target).await), (0, 2));
}

/// A waiting client does not delay the stop, and can ask the next service.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_that_wait_for_a_task_get_its_current_state() {
    let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
    let serve = std::sync::Arc::new(Serve::start(folder.path(), &placement.proxy.url()));
    let held = HeldRequests::before(&placement.proxy, Method::Post);
    let (source, asking) = (placement.holder().await, serve.clone());
    let asked = tokio::spawn(async move { asking.post("/v1/tasks?wait=30", &swap(&source, &new())).await });
    held.wait_for(1).await;
    let stopping = stop(&serve);
    let view = tokio::time::timeout(Duration::from_secs(20), asked).await.expect("an answer").unwrap();
    assert_eq!((view.status, view.end().0), (201, "running"));
    assert!(!stopping.is_finished(), "it waits for the write's answer");
    held.release();
    assert_eq!(stopping.await.unwrap(), Some(0));

    let serve = Serve::start(folder.path(), &placement.proxy.url());
    let done = serve.get(&format!("/v1/tasks/{}?wait=30", view.text("/id"))).await;
    assert_eq!(done.end(), ("finished", "moved"));
}

/// Tasks, requests and the removal of old tasks are in progress.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_under_load_is_no_warning() {
    let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
    configure(folder.path(), &placement.proxy.url(), "");
    change(folder.path(), "[log]", "keep_for = \"1s\"\nkeep = 10\n[log]");
    let serve = Arc::new(Serve::run(folder.path(), command(folder.path())));
    let mut tasks = Vec::new();
    for _ in 0..40 {
        let (serve, task) = (serve.clone(), swap(&placement.holder().await, &new()));
        tasks.push(tokio::spawn(async move { serve.try_post("/v1/tasks?wait=5", &new(), &task).await }));
    }
    tokio::time::sleep(A_WHILE).await;
    assert_eq!(stop(&serve).await.unwrap(), Some(0));
    futures_util::future::join_all(tasks).await;
    let log = std::fs::read_to_string(folder.path().join("log")).unwrap();
    assert!(!log.contains("closed pool") && !log.contains("has been closed"), "{log}");
}
