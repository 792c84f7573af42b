//! More tasks than may be open, and more than Placement may be asked at once: no accepted task is lost.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::{Value, json};
use swaparoo_placement::Method;
use swaparoo_real_placement::Act;
use swaparoo_tests::sample;

use super::placement_fixture::PlacementFixture;
use super::serve::Serve;
use super::tasks::{new, revert, swap};

async fn answer_all_questions(serve: &Serve, id: &str) -> String {
    loop {
        let task = serve.get(&format!("/v1/tasks/{id}?wait=30")).await;
        let Some(index) = task.body.pointer("/waiting_for/0/index") else { return task.end().1.to_owned() };
        let present = json!({ "index": index, "reply": { "kind": "server", "state": "present" } });
        assert_eq!(serve.post(&format!("/v1/tasks/{id}/replies"), &present).await.status, 200);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tasks_beyond_the_limit_are_refused_and_the_others_stay() {
    let placement = PlacementFixture::model().await;
    let folder = tempfile::tempdir().unwrap();
    let serve = Serve::start_with(folder.path(), &placement.proxy.url(), "[tasks]\nopen = 3\n");
    let mut accepted = Vec::new();
    for nth in 0..3 {
        let (migration, server) = (placement.holder().await, new());
        let task = revert(&server, &migration, None);
        let waits = serve.try_post("/v1/tasks?wait=30", &format!("{nth}"), &task).await.unwrap();
        assert_eq!((waits.status, waits.end().0), (201, "waiting"));
        accepted.push((waits.text("/id").to_owned(), task, server));
    }
    let source = placement.holder().await;
    let refused = serve.post("/v1/tasks", &swap(&source, &new())).await;
    assert_eq!((refused.code(), refused.retry_after.as_deref()), ((503, "swaparoo.too_many_tasks"), Some("1")));
    assert!(refused.text("/errors/0/detail").starts_with("3 tasks are open"), "{}", refused.body);
    let again = serve.try_post("/v1/tasks", "1", &accepted[1].1).await.unwrap();
    assert_eq!((again.status, again.text("/id")), (200, accepted[1].0.as_str()), "a known key takes no room");

    // The limit is lower now. Tasks that are already open stay.
    drop(serve);
    let serve = Serve::start_with(folder.path(), &placement.proxy.url(), "[tasks]\nopen = 1\n");
    for (id, _, server) in &accepted {
        assert_eq!(serve.post("/v1/tasks", &swap(&source, &new())).await.code().0, 503);
        assert_eq!(answer_all_questions(&serve, id).await, "moved");
        assert_eq!(placement.holds(server).await, 2);
    }
    assert_eq!(serve.post("/v1/tasks?wait=30", &swap(&source, &new())).await.end(), ("finished", "moved"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_accepted_tasks_of_a_flood_are_done() {
    let placement = PlacementFixture::model().await;
    let folder = tempfile::tempdir().unwrap();
    let serve = Serve::start_with(folder.path(), &placement.proxy.url(), "[tasks]\nopen = 10\n");
    let mut pairs = Vec::new();
    for _ in 0..200 {
        pairs.push((placement.holder().await, new()));
    }
    let flood =
        join_all(pairs.iter().map(async |(source, target)| serve.post("/v1/tasks", &swap(source, target)).await));
    let (mut accepted, mut refused) = (0, 0);
    for (answer, (source, target)) in flood.await.iter().zip(&pairs) {
        match answer.code() {
            (201, _) => {
                accepted += 1;
                let done = serve.get(&format!("/v1/tasks/{}?wait=30", answer.text("/id"))).await;
                assert_eq!(done.end(), ("finished", "moved"));
                assert_eq!((placement.holds(source).await, placement.holds(target).await), (0, 2));
            }
            (503, "swaparoo.too_many_tasks") => {
                refused += 1;
                assert_eq!((placement.holds(source).await, placement.holds(target).await), (2, 0));
            }
            other => panic!("{other:?}: {}", answer.body),
        }
    }
    let listed = serve.get("/v1/tasks?limit=1000").await;
    assert_eq!(listed.body["tasks"].as_array().map(Vec::len), Some(accepted), "refused tasks left nothing behind");
    assert!(accepted >= 10 && refused > 0, "{accepted} accepted, {refused} refused");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_moves_wait_for_a_slow_placement_and_policies_do_not() {
    let moves = sample::size(1_000, 10_000);
    let placement = PlacementFixture::model().await;
    let folder = tempfile::tempdir().unwrap();
    let serve = Serve::start(folder.path(), &placement.proxy.url());
    let mut sources = Vec::with_capacity(moves);
    for _ in 0..moves {
        sources.push(placement.holder().await);
    }
    // Placement holds all writes until the test releases them, and answers everything else after 200 ms.
    let released = Arc::new(AtomicBool::new(false));
    placement.proxy.every(Method::Get, Act::first(|| tokio::time::sleep(Duration::from_millis(200))));
    let flag = released.clone();
    placement.proxy.every(Method::Post, Act::first(move || until(flag.clone())));
    let before = serve.process().memory();
    let mut ids = Vec::with_capacity(moves);
    for some in sources.chunks(50) {
        let asked = join_all(some.iter().map(async |source| serve.post("/v1/tasks", &swap(source, &new())).await));
        ids.extend(asked.await.iter().map(|answer| answer.text("/id").to_owned()));
    }
    let mut slowest = Duration::ZERO;
    for _ in 0..50 {
        let began = Instant::now();
        let policies = serve.get("/v1/policies").await;
        slowest = slowest.max(began.elapsed());
        assert_eq!((policies.status, policies.body["policies"].as_array().map(Vec::len)), (200, Some(3)));
    }
    let metrics = serve.get("/metrics").await;
    let metrics = metrics.body.as_str().unwrap_or_default();
    assert!(metrics.lines().any(|line| line == format!("swaparoo_tasks_open {moves}")), "all are in flight: {metrics}");
    let memory = serve.process().memory().saturating_sub(before);
    assert!(memory < 128 * moves as u64, "{memory} KiB for {moves} moves");
    sample::say(&format!(
        "/v1/policies answered within {slowest:?} with {moves} moves in flight, which take {memory} KiB"
    ));
    released.store(true, Ordering::Relaxed);
    for id in ids {
        assert_eq!(serve.get(&format!("/v1/tasks/{id}?wait=60")).await.end(), ("finished", "moved"));
    }
    let open = serve.get("/v1/tasks?state=open").await;
    assert_eq!(open.body["tasks"], Value::Array(Vec::new()));
}

async fn until(released: Arc<AtomicBool>) {
    while !released.load(Ordering::Relaxed) {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
