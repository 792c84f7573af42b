//! The policy is changed many times while tasks run (a thousand times at night): no task fails, and one policy decides
//! each task from its beginning to its end.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use swaparoo_tests::sample::{self, size};
use tokio::task::JoinSet;

use super::placement_fixture::PlacementFixture;
use super::serve::Serve;
use super::tasks::{new, pushed, revert, swap};

const AT_WORK: usize = 4;
const IN_FORCE_WITHIN: Duration = Duration::from_millis(100);

/// The median and the slowest time; sorts the times.
fn spread(times: &mut [Duration]) -> String {
    times.sort_unstable();
    format!("{:?} at the median, {:?} at the slowest", times[times.len() / 2], times[times.len() - 1])
}

/// The digests of `standard` and `nova-34`, and the requests that activate them.
async fn two_policies(serve: &Serve) -> [(String, Value); 2] {
    [pushed(serve, "standard").await, pushed(serve, "nova-34").await]
}

/// A server migrates there and back until the test stops it.
async fn migrate(serve: Arc<Serve>, server: String, enough: Arc<AtomicBool>) -> Vec<String> {
    let (migration, mut done) = (new(), Vec::new());
    while !enough.load(Ordering::Relaxed) {
        for task in [swap(&server, &migration), revert(&server, &migration, Some("present"))] {
            let answer = serve.post("/v1/tasks?wait=60", &task).await;
            assert_eq!(answer.end(), ("finished", "moved"), "{}", answer.body);
            done.push(answer.text("/id").to_owned());
        }
    }
    done
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_times_under_load() {
    let swaps = size(16, 1_000);
    let placement = PlacementFixture::model().await;
    let folder = tempfile::tempdir().unwrap();
    // Differences in recorded tasks are not checked here, and their number changes all the time.
    let serve = Arc::new(Serve::start_with(folder.path(), &placement.proxy.url(), "[policies]\nreplay = 0\n"));
    let policies = two_policies(&serve).await;
    let (enough, mut migrating) = (Arc::new(AtomicBool::new(false)), JoinSet::new());
    for _ in 0..AT_WORK {
        migrating.spawn(migrate(serve.clone(), placement.holder().await, enough.clone()));
    }
    let (mut took, mut in_force) = (Vec::with_capacity(swaps), Vec::with_capacity(swaps));
    for nth in 0..swaps {
        let (digest, promotion) = &policies[(nth + 1) % 2];
        let began = Instant::now();
        let promoted = serve.put("/v1/policies/active", promotion).await;
        assert_eq!(promoted.status, 200, "{}", promoted.body);
        took.push(began.elapsed());
        let answered = Instant::now();
        let next = serve.post("/v1/tasks", &swap(&new(), &new())).await;
        assert_eq!(next.text("/policy/digest"), digest, "swap {nth} is in force when it is answered");
        in_force.push(answered.elapsed());
    }
    enough.store(true, Ordering::Relaxed);
    let mut tasks = Vec::new();
    while let Some(done) = migrating.join_next().await {
        tasks.extend(done.unwrap());
    }
    sample::say(&format!("{swaps} swaps during {} tasks: answered after {}", tasks.len(), spread(&mut took)));
    println!("from the answer to the first task under the new rules, accepted and answered: {}", spread(&mut in_force));
    // The slowest one depends on the load of the machine, not on the service.
    assert!(in_force[swaps / 2] < IN_FORCE_WITHIN, "{:?}", in_force[swaps / 2]);
    assert!(tasks.len() > 100, "there was too little load: {}", tasks.len());
    by_one_policy_each(&serve, &policies, &tasks).await;
}

/// `standard` asks about the server before and after it restores allocations, and nova 34 never asks, so a change of
/// the policy within a task would be visible.
async fn by_one_policy_each(serve: &Serve, policies: &[(String, Value); 2], tasks: &[String]) {
    let mut seen = BTreeMap::new();
    for id in tasks {
        let record = serve.get(&format!("/v1/tasks/{id}/record")).await;
        let history = record.body["history"].as_array().unwrap();
        let questions = history.iter().filter(|exchange| exchange["effect"]["kind"] == "find-server").count();
        let (kind, digest) = (record.text("/task/kind").to_owned(), record.text("/policy/digest").to_owned());
        *seen.entry((kind, digest, questions)).or_insert(0_usize) += 1;
    }
    let [standard, nova] = policies;
    let expected = [("move", &nova.0, 0), ("move", &standard.0, 0), ("revert", &nova.0, 0), ("revert", &standard.0, 2)];
    let mut expected = expected.map(|(kind, digest, questions)| (kind.to_owned(), digest.clone(), questions));
    expected.sort_unstable();
    assert_eq!(seen.keys().cloned().collect::<Vec<_>>(), expected, "{seen:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thousands_of_times_in_the_same_memory() {
    let rounds = size(60, 1_000);
    let placement = PlacementFixture::model().await;
    let folder = tempfile::tempdir().unwrap();
    let serve = Serve::start_with(folder.path(), &placement.proxy.url(), "[policies]\nreplay = 0\n");
    let [standard, nova] = two_policies(&serve).await;
    let mut after_a_hundred = 0;
    for nth in 1..=rounds {
        assert_eq!(serve.put("/v1/policies/active", &nova.1).await.status, 200);
        assert_eq!(serve.post("/v1/policies/rollback", &json!({})).await.status, 200);
        if nth == 50 {
            tokio::time::sleep(Duration::from_millis(200)).await;
            after_a_hundred = serve.process().resident();
        }
    }
    let roles = serve.get("/v1/policies").await;
    let active = roles.body["policies"].as_array().unwrap().iter().find(|one| one["digest"] == standard.0.as_str());
    assert_eq!(active.unwrap()["roles"], json!(["active"]));
    let after = serve.process().resident();
    let swaps = 2 * rounds;
    sample::say(&format!("{swaps} swaps: {after_a_hundred} KiB after 100, {after} KiB at the end"));
    assert!(after * 100 <= after_a_hundred * 105, "{after_a_hundred} KiB after 100 swaps, {after} KiB after {swaps}");
}
