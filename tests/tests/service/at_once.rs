//! The same request sent many times at once is done once.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::ground::Ground;
use super::parking::parked;
use super::serve::Serve;
use super::tasks::{new, swap};

const AT_ONCE: usize = 32;

fn writes(ground: &Ground) -> usize {
    ground.proxy.seen().iter().filter(|request| request.starts_with("POST ")).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_key_is_one_task_and_one_move() {
    let (ground, folder) = (Ground::of_the_model().await, tempfile::tempdir().unwrap());
    let serve = Serve::start(folder.path(), &ground.proxy.url());
    for round in 0..10 {
        let (task, key) = (swap(&ground.holder().await, &new()), format!("key {round}"));
        let all = join_all((0..AT_ONCE).map(|_| serve.try_post("/v1/tasks?wait=30", &key, &task))).await;
        let all: Vec<_> = all.into_iter().map(|answer| answer.expect("an answer")).collect();
        for answer in &all {
            assert_eq!(answer.end(), ("finished", "moved"), "{}", answer.body);
            assert_eq!(answer.text("/id"), all[0].text("/id"));
        }
        let new = all.iter().filter(|answer| answer.status == 201).count();
        let known = all.iter().filter(|answer| answer.status == 200).count();
        assert_eq!((new, known), (1, AT_ONCE - 1));
        assert_eq!(writes(&ground), round + 1, "one write a key: {:?}", ground.proxy.seen());
    }
    let listed = serve.get("/v1/tasks").await;
    assert_eq!(listed.body["tasks"].as_array().map(Vec::len), Some(10), "and nothing else has begun");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_who_resume_a_task_one_does() {
    let (ground, folder) = (Ground::of_the_model().await, tempfile::tempdir().unwrap());
    let mut tasks = Vec::new();
    for _ in 0..10 {
        tasks.push(swap(&ground.holder().await, &new()));
    }
    let parked = parked(folder.path(), &ground, &tasks).await;
    let body = json!({ "policy": parked.standard });
    for (id, task) in parked.ids.iter().zip(&tasks) {
        let resume = format!("/v1/tasks/{id}/resume");
        let (one, other) = tokio::join!(parked.serve.post(&resume, &body), parked.serve.post(&resume, &body));
        let mut codes = [one.code(), other.code()];
        codes.sort_unstable();
        assert_eq!(codes, [(200, ""), (409, "swaparoo.not_parked")]);
        let done = parked.serve.get(&format!("/v1/tasks/{id}?wait=30")).await;
        assert_eq!(done.end(), ("finished", "moved"), "{}", done.body);
        assert_eq!(ground.holds(task["target"].as_str().unwrap()).await, 2);
    }
    assert_eq!(writes(&ground), tasks.len(), "each of them once");
    assert_eq!(parked.serve.get("/v1/tasks?state=open").await.body["tasks"], Value::Array(Vec::new()));
}
