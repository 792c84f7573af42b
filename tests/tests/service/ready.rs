//! `/readyz` reports that tasks cannot be done, and why.

use std::sync::Arc;
use std::time::Duration;

use super::held_requests::HeldRequests;
use super::placement_fixture::PlacementFixture;
use super::serve::{Answer, Serve};

fn no(ready: &Answer, part: &str, says: &str) {
    assert_eq!((ready.status, &ready.body["ready"]), (503, &false.into()), "{}", ready.body);
    assert!(ready.text(&format!("/{part}")).contains(says), "{}", ready.body);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_placement_it_is_not_ready_and_with_it_again_it_is() {
    let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
    let serve = Serve::start(folder.path(), &placement.proxy.url());
    assert_eq!(serve.get("/readyz").await.status, 200);
    placement.proxy.close().await;
    let ready = serve.get("/readyz").await;
    no(&ready, "placement", &format!("no connection to Placement at {}", placement.proxy.url()));
    assert_eq!((ready.text("/journal"), ready.text("/policy")), ("ok", "ok"), "the rest is in order");
    assert_eq!(serve.get("/healthz").await.status, 200, "the process is healthy; a restart would not help");
    placement.proxy.open().await.unwrap();
    let ready = serve.get("/readyz").await;
    assert_eq!((ready.status, ready.text("/placement")), (200, "ok"), "{}", ready.body);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readiness_does_not_wait_for_a_placement_that_does_not_answer() {
    let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
    let serve = Serve::start(folder.path(), &placement.proxy.url());
    let _held = HeldRequests::before_versions(&placement.proxy);
    no(&serve.get("/readyz").await, "placement", "no answer within 800 ms");
}

/// A stopping service accepts no connections, so only clients that connected before get this answer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_that_stops_is_not_ready() {
    let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
    let serve = Arc::new(Serve::start(folder.path(), &placement.proxy.url()));
    let held = HeldRequests::before_versions(&placement.proxy);
    let asking = serve.clone();
    let asked = tokio::spawn(async move { asking.get("/readyz").await });
    held.wait_for(1).await;
    let process = serve.process();
    let stopping = tokio::task::spawn_blocking(move || process.stop());
    while tokio::net::TcpStream::connect(serve.url().strip_prefix("http://").unwrap()).await.is_ok() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    held.release();
    no(&asked.await.unwrap(), "policy", "stopping");
    assert_eq!(stopping.await.unwrap(), Some(0));
}
