//! What a migration record holds is released when nova does not need it any more, also after a kill.

use std::time::Duration;

use reqwest::Method;
use serde_json::Value;

use super::fixture::{Front, new, until};

const SOON: &str = "release_after = \"100ms\"\n";

/// A swap whose migration nova shows as running. The flavor of the fake nova's servers has one VCPU.
async fn swapped(front: &Front) -> (String, String) {
    let (server, record) = (front.placement.holder_of(1).await, new());
    front.nova.add_node(front.placement.node(), 1);
    front.nova.add_server(&server, Some(1), "active", None);
    front.nova.add_migration(&record, &server, "resize", "migrating", "2026-01-01T00:00:00.000000");
    assert_eq!(front.moved(&server, &record).await.status, 204);
    (server, record)
}

/// Waits until the record was looked at so often.
async fn looked_at(front: &Front, times: usize) {
    let looks = || front.nova.asked().iter().filter(|asked| asked.starts_with("/os-migrations")).count();
    let before = looks();
    until("the looks", async || looks() >= before + times).await;
}

/// The tasks `release`, newest first.
async fn releases(front: &Front) -> Vec<Value> {
    front.tasks().await.into_iter().filter(|task| task["kind"] == "release").collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_record_of_a_deleted_server_is_released() {
    let front = Front::start("decide", SOON).await;
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_migration_that_fails_later_is_given_back() {
    let front = Front::start("decide", SOON).await;
    let (server, record) = swapped(&front).await;
    looked_at(&front, 3).await;
    assert_eq!(front.hold(&server, &record).await, [0, 1], "it runs");
    front.nova.set_status(&record, "error");
    until("the way back", async || front.hold(&server, &record).await == [1, 0]).await;
    until("its end", async || releases(&front).await.iter().all(|task| task["state"] == "finished")).await;
    assert_eq!(releases(&front).await.len(), 1);
    // Nothing is left to look at.
    let asked = front.nova.asked().len();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(front.nova.asked().len(), asked);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_deleted_without_a_request_is_found_out() {
    let front = Front::start("decide", SOON).await;
    let (server, record) = swapped(&front).await;
    front.nova.remove_server(&server);
    looked_at(&front, 3).await;
    assert_eq!((front.hold(&server, &record).await, releases(&front).await.len()), ([0, 1], 0), "nova works on it");
    front.nova.set_status(&record, "error");
    until("the release", async || front.hold(&server, &record).await == [0, 0]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_proxy_goes_on() {
    let mut front = Front::start("decide", SOON).await;
    let (server, record) = swapped(&front).await;
    looked_at(&front, 1).await;
    front.serve.process().kill();
    front.nova.set_status(&record, "error");
    front.restart();
    until("the way back", async || front.hold(&server, &record).await == [1, 0]).await;
}

/// The rules cannot decide while nova works on the server, so the next task looks again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_looks_again_until_it_knows() {
    let mut front = Front::start("decide", SOON).await;
    let (server, record) = swapped(&front).await;
    front.nova.set_task(&server, Some("resize_migrating"));
    front.nova.set_status(&record, "error");
    until("the first task's end", async || releases(&front).await.iter().any(|task| task["state"] == "failed")).await;
    assert_eq!(front.hold(&server, &record).await, [0, 1], "nova works on it");
    front.restart();
    until("the second task's end", async || releases(&front).await.len() >= 2).await;
    front.nova.set_task(&server, None);
    until("the way back", async || front.hold(&server, &record).await == [1, 0]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_last_a_person_must_look() {
    let front = Front::start("decide", "release_after = \"10ms\"\n").await;
    let (server, record) = swapped(&front).await;
    front.nova.set_task(&server, Some("resize_migrating"));
    front.nova.set_status(&record, "error");
    until("the end", async || front.log().contains("so a person must look")).await;
    assert_eq!(releases(&front).await.len(), 8);
    assert_eq!(front.hold(&server, &record).await, [0, 1]);
}

/// nova has never had a consumer of another service, such as a container of Zun.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn consumers_of_other_services_are_left_alone() {
    let front = Front::start("decide", SOON).await;
    let (consumer, other) = (front.placement.holder().await, new());
    assert_eq!(front.moved(&consumer, &other).await.status, 204);
    looked_at(&front, 3).await;
    assert_eq!((front.hold(&consumer, &other).await, releases(&front).await.len()), ([0, 2], 0));
    // The way back too: the rules would take the consumer for a deleted server.
    assert_eq!(front.moved(&other, &consumer).await.status, 204);
    assert_eq!(front.hold(&consumer, &other).await, [2, 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_proxies_on_one_journal_release_it_once_also_if_one_is_killed() {
    let (front, second) = Front::of_fleet(SOON).await;
    let other = Front::start_second(&second);
    for killed in [false, true] {
        let (server, record) = swapped(&front).await;
        looked_at(&front, 4).await;
        if killed {
            front.serve.process().kill();
        }
        front.nova.set_status(&record, "error");
        until("the way back", async || front.hold(&server, &record).await == [1, 0]).await;
        let of_it = async || {
            let tasks = other.get(&format!("/v1/tasks?consumer={record}")).await.body["tasks"].clone();
            let releases = tasks.as_array().unwrap().iter().filter(|task| task["kind"] == "release");
            releases.map(|task| task["state"].clone()).collect::<Vec<_>>()
        };
        until("its end", async || of_it().await == ["finished"]).await;
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert_eq!(of_it().await, ["finished"]);
    }
}
