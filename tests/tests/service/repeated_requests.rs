//! The same request sent many times at once is done once.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::parked_fixture::parked;
use super::placement_fixture::PlacementFixture;
use super::serve::Serve;
use super::tasks::{new, swap};

const AT_ONCE: usize = 32;

fn writes(placement: &PlacementFixture) -> usize {
    placement.proxy.seen().iter().filter(|request| request.starts_with("POST ")).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_key_is_one_task_and_one_move() {
    let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
    let serve = Serve::start(folder.path(), &placement.proxy.url());
    for round in 0..10 {
        let (task, key) = (swap(&placement.holder().await, &new()), format!("key {round}"));
        let all = join_all((0..AT_ONCE).map(|_| serve.try_post("/v1/tasks?wait=30", &key, &task))).await;
        let all: Vec<_> = all.into_iter().map(|answer| answer.expect("an answer")).collect();
        for answer in &all {
            assert_eq!(answer.end(), ("finished", "moved"), "{}", answer.body);
            assert_eq!(answer.text("/id"), all[0].text("/id"));
        }
        let new = all.iter().filter(|answer| answer.status == 201).count();
        let known = all.iter().filter(|answer| answer.status == 200).count();
        assert_eq!((new, known), (1, AT_ONCE - 1));
        assert_eq!(writes(&placement), round + 1, "one write a key: {:?}", placement.proxy.seen());
    }
    let listed = serve.get("/v1/tasks").await;
    assert_eq!(listed.body["tasks"].as_array().map(Vec::len), Some(10), "and nothing else has begun");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_two_resume_requests_succeeds() {
    let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
    let mut tasks = Vec::new();
    for _ in 0..10 {
        tasks.push(swap(&placement.holder().await, &new()));
    }
    let parked = parked(folder.path(), &placement, &tasks).await;
    let body = json!({ "policy": parked.standard });
    for (id, task) in parked.ids.iter().zip(&tasks) {
        let resume = format!("/v1/tasks/{id}/resume");
        let (one, other) = tokio::join!(parked.serve.post(&resume, &body), parked.serve.post(&resume, &body));
        let mut codes = [one.code(), other.code()];
        codes.sort_unstable();
        assert_eq!(codes, [(200, ""), (409, "swaparoo.not_parked")]);
        let done = parked.serve.get(&format!("/v1/tasks/{id}?wait=30")).await;
        assert_eq!(done.end(), ("finished", "moved"), "{}", done.body);
        assert_eq!(placement.holds(task["target"].as_str().unwrap()).await, 2);
    }
    assert_eq!(writes(&placement), tasks.len(), "each of them once");
    assert_eq!(parked.serve.get("/v1/tasks?state=open").await.body["tasks"], Value::Array(Vec::new()));
}
