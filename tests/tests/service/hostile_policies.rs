//! Hostile policies, each active in a running service: the task fails with the right code, other tasks continue, the
//! service always answers, and a new policy that fails repeatedly is rolled back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use swaparoo_tests::sample;

use super::placement_fixture::PlacementFixture;
use super::serve::Serve;
use super::tasks::{component, new, revert, swap, wrong_scenes};

/// A policy, and the failure of its task for each first digit of the task's subject.
pub type Hostile = (&'static str, &'static [(char, &'static str)]);

/// Policies that trap.
pub const TRAPS: [Hostile; 6] = [
    ("loops", &[('a', "policy-out-of-fuel")]),
    ("panics", &[('a', "policy-trapped")]),
    ("recurses", &[('a', "policy-stack-overflow")]),
    ("grows", &[('a', "policy-out-of-memory")]),
    ("floods", &[('0', "policy-output-too-large"), ('1', "policy-out-of-memory"), ('2', "policy-output-too-large")]),
    ("meddles", &[('a', "out-of-bounds")]),
];

/// Policies that never end a task, and one with invalid answers.
pub const ENDLESS: [Hostile; 4] = [
    ("repeats_itself", &[('a', "history-too-long")]),
    ("pauses_for_ever", &[('a', "history-too-long")]),
    ("changes_its_mind", &[('a', "history-too-long")]),
    ("moves_only", &[('a', "history-too-long")]),
];

/// Policies that report false outcomes, write what the history does not show, or do not recognise their own history.
const FALSE: [Hostile; 3] = [
    ("lies", &[('0', "unfounded-end"), ('2', "unfounded-end"), ('4', "unfounded-end")]),
    ("steals", &[('0', "out-of-bounds"), ('3', "out-of-bounds"), ('5', "out-of-bounds")]),
    ("diverges", &[('a', "diverged")]),
];

/// One of those that never end, or all at night: each needs thousands of calls to be checked, and again for each task.
fn endless(one: usize) -> &'static [Hostile] {
    let chosen = sample::size(&ENDLESS[one..=one], &ENDLESS);
    sample::say(&format!("{} of {} policies that never end", chosen.len(), ENDLESS.len()));
    chosen
}

pub const NONSENSE: [char; 7] = ['0', '1', '2', '3', '4', '5', '6'];

/// Components that are not policies, with the text of their refusal.
const REFUSED: [(&str, &str); 4] = [
    ("describes_another_contract", "the contract"),
    ("describes_with_a_huge_name", "100000 bytes"),
    ("describes_no_task", "no kind of task"),
    ("describes_for_ever", "fuel"),
];

/// Requests `/readyz` continuously; returns the time of the slowest answer.
pub fn watch(serve: Arc<Serve>, enough: Arc<AtomicBool>) -> tokio::task::JoinHandle<Duration> {
    tokio::spawn(async move {
        let mut slowest = Duration::ZERO;
        while !enough.load(Ordering::Relaxed) {
            let began = Instant::now();
            let ready = serve.get("/readyz").await;
            assert_eq!(ready.status, 200, "{}", ready.body);
            slowest = slowest.max(began.elapsed());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        slowest
    })
}

/// A subject with this first digit.
pub fn subject(digit: char) -> String {
    format!("{digit}{}", &new()[1..])
}

/// Makes it active, whatever the promotion check finds.
pub async fn promote(serve: &Serve, name: &str) -> String {
    let digest = serve.push(component("SWAPAROO_HOSTILE", name)).await.text("/digest").to_owned();
    let replays = format!("/v1/policies/{digest}/replays");
    let mut report = serve.post(&replays, &json!({})).await;
    // On a busy machine, the check of a policy that never ends may exceed its time; a client then tries again.
    for _ in 0..10 {
        if report.code() == (503, "swaparoo.policies_busy") {
            report = serve.post(&replays, &json!({})).await;
        }
    }
    assert_eq!(report.body["promoted"], false, "{name}: {}", report.body);
    let failed = report.body["conformance"]["failed"].as_array().unwrap();
    let what = |failed: &Value| failed[if failed["offered"] == true { "name" } else { "kind" }].clone();
    let accepted: Vec<Value> = failed.iter().map(what).collect();
    let wrong = wrong_scenes(&report);
    let consent = json!({ "policy": digest, "accept_failed": accepted, "accept_counterexamples": wrong });
    let promoted = serve.put("/v1/policies/active", &consent).await;
    assert_eq!(promoted.status, 200, "{name}: {}", promoted.body);
    digest
}

/// Without consent it does not become active.
async fn is_refused(serve: &Serve, name: &str) {
    let digest = serve.push(component("SWAPAROO_HOSTILE", name)).await.text("/digest").to_owned();
    let refused = serve.put("/v1/policies/active", &json!({ "policy": digest })).await;
    assert_eq!(refused.code(), (409, "swaparoo.promotion_refused"), "{name}");
}

/// A task under `standard` that waits for its caller.
async fn bystander(serve: &Serve, placement: &PlacementFixture) -> String {
    let waits = serve.post("/v1/tasks?wait=30", &revert(&new(), &placement.holder().await, None)).await;
    assert_eq!((waits.end().0, waits.text("/policy/name")), ("waiting", "standard"));
    waits.text("/id").to_owned()
}

/// The task continues under its own policy.
async fn goes_on(serve: &Serve, id: &str) {
    let gone = json!({ "index": 2, "reply": { "kind": "server", "state": "gone" } });
    assert_eq!(serve.post(&format!("/v1/tasks/{id}/replies"), &gone).await.status, 200);
    assert_eq!(serve.get(&format!("/v1/tasks/{id}?wait=30")).await.end(), ("finished", "source-deleted"));
}

async fn fails(serve: &Serve, name: &str, digit: char, code: &str) {
    let failed = serve.post("/v1/tasks?wait=60", &swap(&subject(digit), &new())).await;
    assert_eq!(failed.end(), ("failed", code), "{name} {digit}: {}", failed.body);
}

async fn active(serve: &Serve) -> String {
    let policies = serve.get("/v1/policies").await;
    let active = policies.body["policies"].as_array().unwrap().iter();
    let active = active.filter(|policy| policy["roles"].as_array().unwrap().contains(&json!("active")));
    active.map(|policy| policy["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_fails_its_own_task_and_traps_in_a_row_are_rolled_back() {
    let placement = PlacementFixture::model().await;
    let folder = tempfile::tempdir().unwrap();
    let serve = Arc::new(Serve::start_with(folder.path(), &placement.proxy.url(), "[policies]\nreplay = 0\n"));
    let enough = Arc::new(AtomicBool::new(false));
    let watched = watch(serve.clone(), enough.clone());
    for (name, cases) in TRAPS {
        let other = bystander(&serve, &placement).await;
        is_refused(&serve, name).await;
        promote(&serve, name).await;
        for nth in 0..3 {
            assert_eq!(active(&serve).await, "hostile", "{name} after {nth} traps");
            let (digit, code) = cases[nth % cases.len()];
            fails(&serve, name, digit, code).await;
        }
        assert_eq!(active(&serve).await, "standard", "{name}");
        goes_on(&serve, &other).await;
    }
    enough.store(true, Ordering::Relaxed);
    let slowest = watched.await.unwrap();
    println!("/readyz answered within {slowest:?} throughout");
    assert!(slowest < Duration::from_secs(1), "{slowest:?}");
    let metrics = serve.get("/metrics").await;
    let metrics = metrics.body.as_str().unwrap();
    assert!(metrics.contains(&format!("swaparoo_policy_rollbacks_total {}", TRAPS.len())), "{metrics}");
    let log = std::fs::read_to_string(folder.path().join("log")).unwrap();
    assert_eq!(log.matches("failed 3 times in a row").count(), TRAPS.len(), "{log}");
    assert!(!log.contains("panicked"), "{log}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_policy_that_never_ends_fails_only_its_own_task() {
    let placement = PlacementFixture::model().await;
    let folder = tempfile::tempdir().unwrap();
    // The other task's question waits while policies that never end are checked.
    let more = "[policies]\nreplay = 0\ntraps = 8\n[tasks]\ncaller_patience = \"30m\"\n";
    let serve = Arc::new(Serve::start_with(folder.path(), &placement.proxy.url(), more));
    let enough = Arc::new(AtomicBool::new(false));
    let watched = watch(serve.clone(), enough.clone());
    let nonsense = NONSENSE.map(|digit| (digit, "policy-nonsense"));
    for (name, cases) in endless(0).iter().copied().chain([("means_nothing", &nonsense[..])]) {
        let other = bystander(&serve, &placement).await;
        promote(&serve, name).await;
        for (digit, code) in cases {
            fails(&serve, name, *digit, code).await;
        }
        goes_on(&serve, &other).await;
        assert_eq!(serve.post("/v1/policies/rollback", &json!({})).await.status, 200, "{name}");
    }
    enough.store(true, Ordering::Relaxed);
    let slowest = watched.await.unwrap();
    println!("/readyz answered within {slowest:?} throughout");
    assert!(slowest < Duration::from_secs(1), "{slowest:?}");
    assert_eq!(serve.post("/v1/tasks?wait=30", &swap(&placement.holder().await, &new())).await.end().1, "moved");
}

/// The servers of these tasks keep their allocations, and other consumers get none.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn policies_that_never_end_or_report_wrong_ends_are_rolled_back() {
    let placement = PlacementFixture::model().await;
    let folder = tempfile::tempdir().unwrap();
    let serve = Serve::start_with(folder.path(), &placement.proxy.url(), "[policies]\nreplay = 0\n");
    for (name, cases) in endless(1).iter().copied().chain(FALSE) {
        promote(&serve, name).await;
        for nth in 0..3 {
            assert_eq!(active(&serve).await, "hostile", "{name} after {nth} failures");
            let (digit, code) = cases[nth % cases.len()];
            let (server, migration) = (subject(digit), new());
            placement.give(&server, 2).await;
            let failed = serve.post("/v1/tasks?wait=60", &swap(&server, &migration)).await;
            assert_eq!(failed.end(), ("failed", code), "{name} {digit}: {}", failed.body);
            let holds = (placement.holds(&server).await, placement.holds(&migration).await);
            assert_eq!(holds, (2, 0), "{name} {digit}");
        }
        assert_eq!(active(&serve).await, "standard", "{name}");
    }
    let moved = serve.post("/v1/tasks?wait=30", &swap(&placement.holder().await, &new())).await;
    assert_eq!(moved.end(), ("finished", "moved"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_that_are_not_policies_are_refused_by_name() {
    let placement = PlacementFixture::model().await;
    let folder = tempfile::tempdir().unwrap();
    let serve = Serve::start(folder.path(), &placement.proxy.url());
    for (name, says) in REFUSED {
        let refused = serve.push(component("SWAPAROO_HOSTILE", name)).await;
        assert_eq!(refused.code(), (422, "swaparoo.policy_invalid"), "{name}");
        assert!(refused.text("/errors/0/detail").contains(says), "{name}: {}", refused.body);
    }
    let whole = component("SWAPAROO_POLICIES", "standard");
    for (bytes, status) in [(whole[..whole.len() / 2].to_vec(), 422), (Vec::new(), 422), (vec![0; 5 << 20], 413)] {
        assert_eq!(serve.push(bytes).await.status, status);
    }
    let policies = serve.get("/v1/policies").await;
    assert_eq!(policies.body["policies"].as_array().map(Vec::len), Some(3), "none of them was stored");
}
