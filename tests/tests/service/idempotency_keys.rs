//! Idempotency keys: one key means one task, even for many requests at once, and other requests are not slowed down.

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::task::JoinSet;

use super::placement_fixture::PlacementFixture;
use super::serve::Serve;
use super::tasks::{new, swap};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_that_race_with_one_key_are_one_task_and_no_error_of_the_journal() {
    let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
    let serve = Arc::new(Serve::start(folder.path(), &placement.proxy.url()));
    for round in 0..10 {
        let (task, mut racing) = (swap(&new(), &new()), JoinSet::new());
        for _ in 0..16 {
            let (serve, task) = (serve.clone(), task.clone());
            racing.spawn(async move { serve.try_post("/v1/tasks", &format!("key {round}"), &task).await.unwrap() });
        }
        let answers = racing.join_all().await;
        let ids: BTreeSet<&str> = answers.iter().map(|answer| answer.text("/id")).collect();
        let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
        statuses.sort_unstable();
        assert_eq!((ids.len(), &statuses[14..]), (1, &[200, 201][..]), "one is new: {statuses:?}");
    }
    let metrics = serve.get("/metrics").await;
    let mut errors = metrics.body.as_str().unwrap().lines().filter(|line| line.starts_with("swaparoo_journal_errors"));
    assert_eq!(errors.next(), Some("swaparoo_journal_errors_total 0"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_keys_for_one_task_are_refused() {
    let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
    let serve = Serve::start(folder.path(), &placement.proxy.url());
    let refused = serve.post_with(&[("idempotency-key", "a"), ("idempotency-key", "b")], &swap(&new(), &new())).await;
    assert_eq!(refused.code(), (400, "swaparoo.bad_request"));
    assert!(refused.text("/errors/0/detail").contains("Idempotency-Key is there more than once"), "{}", refused.body);
    assert_eq!(serve.get("/v1/tasks").await.body["tasks"].as_array().map(Vec::len), Some(0));
}
