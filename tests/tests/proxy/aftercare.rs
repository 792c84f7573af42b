//! A server is deleted after its swap: what its migration record holds is released.

use reqwest::Method;

use super::fixture::{Front, new, until};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_record_of_a_deleted_server_is_released() {
    let front = Front::start("decide", "release_after = \"100ms\"\n").await;
    let (server, record) = (front.server().await, new());
    front.nova.add_migration(&record, &server, "resize", "error", "2026-01-01T00:00:00.000000");
    assert_eq!(front.moved(&server, &record).await.status, 204);
    front.placement.give(&server, 1).await;
    front.nova.remove_server(&server);
    let deleted = front.send(Method::DELETE, &format!("/allocations/{server}"), "1.28", None).await;
    assert_eq!(deleted.status, 204, "{deleted:?}");
    until("the release", async || front.hold(&server, &record).await == [0, 0]).await;
    let tasks = front.tasks().await;
    assert_eq!(tasks[0]["kind"], "release", "{tasks:?}");
}
