//! Writes of others wait for a running move of the same consumer.

use std::sync::Arc;
use std::time::Duration;

use reqwest::Method;
use swaparoo_placement::Method as PlacementMethod;
use swaparoo_real_placement::Act;
use tokio::sync::Notify;

use super::fixture::{Front, new, until};

/// Holds the policy's write until it is notified.
fn held(front: &Front) -> Arc<Notify> {
    let go_on = Arc::new(Notify::new());
    let held = go_on.clone();
    front.placement.proxy.on(
        PlacementMethod::Post,
        1,
        Act::first(move || {
            let held = held.clone();
            async move { held.notified().await }
        }),
    );
    go_on
}

fn posts(front: &Front) -> usize {
    front.placement.proxy.seen().iter().filter(|seen| seen.starts_with("POST")).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_delete_waits_for_a_move() {
    let front = Front::start("decide", "").await;
    let (server, record) = (front.server().await, new());
    let body = front.body(&server, &record).await;
    let (go_on, path) = (held(&front), format!("/allocations/{server}"));
    let deleting = async {
        until("the policy's write", async || posts(&front) == 1).await;
        let delete = front.send(Method::DELETE, &path, "1.28", None);
        tokio::pin!(delete);
        assert!(tokio::time::timeout(Duration::from_millis(300), &mut delete).await.is_err(), "it did not wait");
        assert!(!front.placement.proxy.seen().contains(&format!("DELETE {path}")));
        // Reads do not wait.
        assert_eq!(front.send(Method::GET, "/", "1.28", None).await.status, 200);
        go_on.notify_one();
        delete.await
    };
    let (moved, deleted) = tokio::join!(front.post(&body), deleting);
    assert_eq!((moved.status, deleted.status), (204, 404), "the server holds nothing any more");
    assert_eq!(front.hold(&server, &record).await, [0, 2]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_some_time_it_passes() {
    let front = Front::start("decide", "wait = \"300ms\"\n").await;
    let (server, record) = (front.server().await, new());
    let body = front.body(&server, &record).await;
    let (go_on, path) = (held(&front), format!("/allocations/{record}"));
    let deleting = async {
        until("the policy's write", async || posts(&front) == 1).await;
        let deleted = front.send(Method::DELETE, &path, "1.28", None).await;
        go_on.notify_one();
        deleted
    };
    let (moved, deleted) = tokio::join!(front.post(&body), deleting);
    assert_eq!((moved.status, deleted.status), (204, 404), "the record held nothing yet");
    assert!(front.log().contains("a write of another client passes"), "{}", front.log());
}
