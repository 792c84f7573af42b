//! A move goes on when its client goes away, and when the proxy is killed.

use std::time::Duration;

use swaparoo_placement::Method as PlacementMethod;
use swaparoo_real_placement::Act;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::fixture::{Front, new, until};

/// A server and the record of its migration, of which nova says that it has failed.
async fn failed_migration(front: &Front) -> (String, String) {
    // The flavor of the fake nova's servers has one VCPU.
    let (server, record) = (front.placement.holder_of(1).await, new());
    front.nova.add_node(front.placement.node(), 1);
    front.nova.add_server(&server, Some(1), "active", None);
    front.nova.add_migration(&record, &server, "resize", "error", "2026-01-01T00:00:00.000000");
    (server, record)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_proxy_finishes_the_move_after_its_start_and_looks_after_it() {
    let mut front = Front::start("decide", "release_after = \"100ms\"\n").await;
    let (server, record) = failed_migration(&front).await;
    let body = front.body(&server, &record).await;
    let process = front.serve.process();
    front.placement.proxy.on(
        PlacementMethod::Post,
        1,
        Act::instead(move || {
            let process = process.clone();
            async move { tokio::task::block_in_place(|| process.kill()) }
        }),
    );
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let request = http.post(format!("{}/allocations", front.serve.proxy())).header("x-auth-token", "admin");
    let request = request.header("openstack-api-version", "placement 1.28").header("content-type", "application/json");
    assert!(request.body(body.to_string()).send().await.is_err(), "the proxy was killed");
    assert_eq!(front.hold(&server, &record).await, [1, 0]);
    front.restart();
    // nova has got no answer, and takes the migration for failed.
    let ends =
        async || front.tasks().await.iter().rev().map(|task| task["outcome"]["kind"].clone()).collect::<Vec<_>>();
    until("the end of the move", async || ends().await.first().is_some_and(|end| end == "moved")).await;
    until("the release", async || front.tasks().await[0]["kind"] == "release").await;
    until("its end", async || front.hold(&server, &record).await == [1, 0]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_move_without_its_client_is_finished_and_looked_after() {
    let front = Front::start("decide", "release_after = \"100ms\"\n").await;
    let (server, record) = failed_migration(&front).await;
    let body = front.body(&server, &record).await.to_string();
    front.placement.proxy.on(PlacementMethod::Post, 1, Act::first(|| tokio::time::sleep(Duration::from_millis(400))));
    let mut stream = TcpStream::connect(front.serve.proxy().strip_prefix("http://").unwrap()).await.unwrap();
    let head = "POST /allocations HTTP/1.1\r\nHost: p\r\nX-Auth-Token: admin\r\nContent-Type: application/json\r\n\
                OpenStack-API-Version: placement 1.28\r\n";
    stream.write_all(format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes()).await.unwrap();
    until("the policy's write", async || front.placement.proxy.seen().iter().any(|seen| seen.starts_with("POST")))
        .await;
    drop(stream);
    // The swap is done, and as nova says that the migration has failed, the rules give the allocations back.
    until("the release", async || front.tasks().await[0]["kind"] == "release").await;
    until("its end", async || front.hold(&server, &record).await == [1, 0]).await;
}
