//! Runners that die, stop, or are stopped for long: the others go on with their tasks.

use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::json;
use tokio::task::spawn_blocking;

use super::{begin_write, end_of, folders, start};
use crate::service::placement_fixture::PlacementFixture;
use crate::service::serve::{Serve, change};
use crate::service::tasks::swap;

/// What a killed runner had to do is done by another one. A read of the task shows it as soon as it is taken over.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_tasks_of_a_killed_runner_go_on() {
    let placement = PlacementFixture::real().await;
    let folders = folders::<3>(&placement).await;
    let [first, second, third] = folders.each_ref().map(start);
    let [source, target] = begin_write(&first, &placement).await;
    first.process().kill();
    let killed = Instant::now();
    let body = swap(&source, &target);
    let mut ended = end_of(&second, "the key", &body).await;
    while ended.status == 503 {
        tokio::time::sleep(Duration::from_millis(200)).await;
        ended = end_of(&third, "the key", &body).await;
    }
    println!("taken over and ended after {:.1} s", killed.elapsed().as_secs_f64());
    assert_eq!((ended.status, ended.end()), (200, ("finished", "moved")), "{}", ended.body);
    assert!(ended.body.to_string().contains("the service stopped before a reply was stored"), "{}", ended.body);
    assert_eq!([placement.holds(&source).await, placement.holds(&target).await], [0, 2]);
    let runners = third.get("/v1/runners").await.body["runners"].clone();
    assert_eq!(third.get("/readyz").await.body["runners"].as_array().unwrap().len(), 3);
    let states: Vec<_> = runners.as_array().unwrap().iter().map(|one| (&one["state"], &one["taken_over"])).collect();
    assert_eq!(json!(states), json!([["dead", 1], ["alive", 0], ["alive", 0]]), "{runners:#}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_runner_that_was_stopped_for_long_ends_and_sends_nothing_more() {
    let placement = PlacementFixture::real().await;
    let folders = folders::<2>(&placement).await;
    let [first, second] = folders.each_ref().map(start);
    let [source, target] = begin_write(&first, &placement).await;
    first.process().signal(Signal::STOP);
    let ended = ended(&second, &swap(&source, &target)).await;
    assert_eq!(ended, "moved");
    let sent = placement.proxy.seen().len();
    first.process().signal(Signal::CONT);
    let process = first.process();
    assert_eq!(spawn_blocking(move || process.ended()).await.unwrap(), Some(75));
    assert_eq!(placement.proxy.seen().split_off(sent), [""; 0]);
    assert_eq!([placement.holds(&source).await, placement.holds(&target).await], [0, 2]);
}

/// A task that still waits for Placement's answer when its runner stops goes on at another one at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_runner_that_stops_hands_its_tasks_over_at_once() {
    let placement = PlacementFixture::real().await;
    let folders = folders::<2>(&placement).await;
    change(folders[0].path(), "[log]", "[tasks]\nstop_patience = \"100ms\"\n[log]");
    let [first, second] = folders.each_ref().map(start);
    let [source, target] = begin_write(&first, &placement).await;
    let process = first.process();
    assert_eq!(spawn_blocking(move || process.stop()).await.unwrap(), Some(0));
    let stopped = Instant::now();
    assert_eq!(ended(&second, &swap(&source, &target)).await, "moved");
    assert!(stopped.elapsed() < Duration::from_secs(12), "not after the silence of a dead runner");
}

/// The outcome of the task with the usual key, which another runner had.
async fn ended(serve: &Serve, body: &serde_json::Value) -> String {
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(60) {
        let answer = end_of(serve, "the key", body).await;
        if answer.status == 200 && answer.end().0 == "finished" {
            return answer.end().1.to_owned();
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    panic!("the task has not ended after a minute")
}
