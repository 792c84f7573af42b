//! Keystone or Placement starts later than the service, as after a power failure: the service waits for them, its open
//! tasks then continue, and it accepts no new task that would be done long after its caller has given up.

use std::time::{Duration, Instant};

use axum::http::StatusCode;
use serde_json::json;
use swaparoo_placement::Method;
use swaparoo_real_placement::{Act, Canned};

use super::super::keystone::Keystone;
use super::super::placement_fixture::PlacementFixture;
use super::super::serve::{Answer, Serve, command};
use super::super::tasks::{new, revert, swap};

fn log(folder: &std::path::Path) -> String {
    std::fs::read_to_string(folder.join("log")).unwrap()
}

/// Polls `/readyz` until it is ready, for at most 30 s; returns the last answer.
pub async fn ready(serve: &Serve) -> Answer {
    let began = Instant::now();
    loop {
        let ready = serve.get("/readyz").await;
        if ready.status == 200 || began.elapsed() > Duration::from_secs(30) {
            return ready;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// New tasks are refused with the reason; tasks that were accepted before are found by their key.
async fn takes_nothing(serve: &Serve, placement: &PlacementFixture) {
    let (source, target) = (placement.holder().await, new());
    let refused = serve.post("/v1/tasks?wait=5", &swap(&source, &target)).await;
    assert_eq!((refused.code(), refused.retry_after.as_deref()), ((503, "swaparoo.starting"), Some("1")));
    assert_eq!((placement.holds(&source).await, placement.holds(&target).await), (2, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keystone_comes_later() {
    let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
    let keystone = Keystone::away(&placement.proxy.url());
    let serve = Serve::run(folder.path(), keystone.service(folder.path()));
    assert_eq!(serve.get("/healthz").await.status, 200);
    let ready = serve.get("/readyz").await;
    assert_eq!((ready.status, ready.text("/journal")), (503, "ok"), "{}", ready.body);
    assert!(ready.text("/keystone").contains("the keystone of cloud \"late\" does not answer"), "{}", ready.body);
    takes_nothing(&serve, &placement).await;

    // Keystone answers with an error at first; the service keeps waiting.
    let out_of_order = keystone.comes(StatusCode::UNAUTHORIZED).await;
    while keystone.asked() < 2 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    takes_nothing(&serve, &placement).await;
    out_of_order.abort();
    let _ = out_of_order.await;

    let _in_order = keystone.comes(StatusCode::CREATED).await;
    let ready = self::ready(&serve).await;
    assert_eq!((ready.status, ready.text("/keystone")), (200, "ok"), "{}", ready.body);
    let source = placement.holder().await;
    assert_eq!(serve.post("/v1/tasks?wait=30", &swap(&source, &new())).await.end(), ("finished", "moved"));
    let log = log(folder.path());
    assert_eq!(log.matches("waiting, and no task is accepted meanwhile").count(), 1, "a line a minute: {log}");
    assert_eq!(serve.process().stop(), Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn open_tasks_continue_when_placement_is_available() {
    let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
    let serve = Serve::start(folder.path(), &placement.proxy.url());
    let (migration, server) = (placement.holder().await, new());
    let task = revert(&server, &migration, None);
    let waits = serve.try_post("/v1/tasks?wait=30", "a key", &task).await.unwrap();
    assert_eq!(waits.end().0, "waiting");
    serve.process().kill();
    placement.proxy.close().await;

    let serve = Serve::run(folder.path(), command(folder.path()));
    let (path, gone) = (format!("/v1/tasks/{}", waits.text("/id")), json!({ "kind": "server", "state": "gone" }));
    let known = serve.try_post("/v1/tasks", "a key", &task).await.unwrap();
    assert_eq!((known.status, known.text("/id"), known.end().0), (200, waits.text("/id"), "queued"));
    let reply = json!({ "index": 2, "reply": gone });
    let early = serve.post(&format!("{path}/replies"), &reply).await;
    assert_eq!((early.code(), early.retry_after.as_deref()), ((503, "swaparoo.starting"), Some("1")));
    let beat = serve.post(&format!("{path}/heartbeat"), &json!(null)).await;
    assert_eq!(beat.code(), (503, "swaparoo.starting"));
    let ready = serve.get("/readyz").await;
    assert_eq!((ready.status, ready.text("/keystone")), (503, "ok"), "{}", ready.body);
    assert!(ready.text("/placement").contains("no connection to Placement at"), "{}", ready.body);

    placement.proxy.open().await.unwrap();
    assert_eq!(self::ready(&serve).await.status, 200);
    assert_eq!(serve.get(&format!("{path}?wait=30")).await.end().0, "waiting");
    assert_eq!(serve.post(&format!("{path}/replies"), &reply).await.status, 200);
    assert_eq!(serve.get(&format!("{path}?wait=30")).await.end(), ("finished", "source-deleted"));
}

/// A waiting service can be stopped normally, and its open tasks stay open.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_that_waits_can_be_stopped() {
    let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
    let serve = Serve::start(folder.path(), &placement.proxy.url());
    let waits = serve.post("/v1/tasks?wait=30", &revert(&new(), &placement.holder().await, None)).await;
    serve.process().kill();
    placement.proxy.close().await;
    let serve = Serve::run(folder.path(), command(folder.path()));
    let began = Instant::now();
    assert_eq!(serve.process().stop(), Some(0));
    assert!(began.elapsed() < Duration::from_secs(10));
    placement.proxy.open().await.unwrap();
    let serve = Serve::run(folder.path(), command(folder.path()));
    assert_eq!(serve.get(&format!("/v1/tasks/{}?wait=30", waits.text("/id"))).await.end().0, "waiting");
}

/// During the start, credentials that Keystone refuses count as a wrong configuration.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn credentials_that_are_refused_at_the_start_are_wrong_configuration() {
    let folder = tempfile::tempdir().unwrap();
    let keystone = Keystone::away("http://127.0.0.1:1");
    let _refuses = keystone.comes(StatusCode::UNAUTHORIZED).await;
    let mut service = keystone.service(folder.path());
    let ended = tokio::task::spawn_blocking(move || service.output().unwrap()).await.unwrap();
    let error = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(2), "{error}");
    assert!(error.contains("refuses the credentials"), "{error}");
}

/// Placement's endpoint in the catalogue changes while the service runs and its token is still valid.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_placement_with_a_new_address_is_used() {
    let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
    let elsewhere = swaparoo_real_placement::Proxy::start(&placement.proxy.url()).await.unwrap();
    let keystone = Keystone::away(&elsewhere.url());
    let _there = keystone.comes(StatusCode::CREATED).await;
    let serve = Serve::run(folder.path(), keystone.service(folder.path()));
    let moved = serve.post("/v1/tasks?wait=30", &swap(&placement.holder().await, &new())).await;
    assert_eq!(moved.end(), ("finished", "moved"), "{}", moved.body);
    keystone.moves(&placement.proxy.url());
    elsewhere.close().await;
    let moved = serve.post("/v1/tasks?wait=30", &swap(&placement.holder().await, &new())).await;
    assert_eq!(moved.end(), ("finished", "moved"), "{}", moved.body);
    assert_eq!(serve.get("/readyz").await.status, 200);
}

/// The path changes: the web server at the old one answers 404 to two reads at a time, or only to the write.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_placement_with_a_new_path_is_used_for_the_same_requests() {
    for method in [Method::Get, Method::Post] {
        let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
        let elsewhere = swaparoo_real_placement::Proxy::start(&placement.proxy.url()).await.unwrap();
        let keystone = Keystone::away(&elsewhere.url());
        let _there = keystone.comes(StatusCode::CREATED).await;
        let serve = Serve::run(folder.path(), keystone.service(folder.path()));
        keystone.moves(&placement.proxy.url());
        elsewhere.every(method, Act::Answer(Canned::no_such_path()));
        let moved = serve.post("/v1/tasks?wait=30", &swap(&placement.holder().await, &new())).await;
        assert_eq!(moved.end(), ("finished", "moved"), "{method}: {}", moved.body);
        assert_eq!(keystone.asked(), 2, "{method}: one new catalogue is enough for both reads");
    }
}
