//! Hostile policies, each in shadow while servers migrate: tasks end correctly, each difference is reported and
//! counted, the active policy stays the same, and the service always answers. A slow shadow policy is soon not called any
//! more.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::hostile_policies::{ENDLESS, NONSENSE, TRAPS, subject, watch};
use super::placement_fixture::PlacementFixture;
use super::serve::{Answer, Serve};
use super::tasks::{component, new, renamed_standard, revert, swap};

/// The number of migrations at once, each there and back.
const AT_WORK: usize = 8;

/// Policies that never give a valid answer.
const BREAK_DOWN: [&str; 6] = ["loops", "panics", "recurses", "grows", "floods", "means_nothing"];

/// Policies that read the source first in a move to a new target, as `standard` does.
const READ_FIRST: [&str; 3] = ["repeats_itself", "changes_its_mind", "moves_only"];

/// All policies that can be loaded, each with the digits that select its variants.
fn all() -> Vec<(&'static str, Vec<char>)> {
    let of = TRAPS.iter().chain(&ENDLESS);
    let of = of.map(|(name, cases)| (*name, cases.iter().map(|(digit, _)| *digit).collect()));
    of.chain([("means_nothing", NONSENSE.to_vec())]).collect()
}

/// A server migrates and migrates back.
async fn migrates(serve: &Serve, placement: &PlacementFixture, digit: char) -> [Answer; 2] {
    let (server, migration) = (subject(digit), new());
    placement.give(&server, 2).await;
    let out = serve.post("/v1/tasks?wait=60", &swap(&server, &migration)).await;
    let back = serve.post("/v1/tasks?wait=60", &revert(&server, &migration, Some("present"))).await;
    assert_eq!((placement.holds(&server).await, placement.holds(&migration).await), (2, 0));
    [out, back]
}

fn check(name: &str, digest: &str, task: &Answer) {
    assert_eq!(task.end(), ("finished", "moved"), "{name}: {}", task.body);
    assert_eq!(task.text("/policy/name"), "standard", "{name}");
    let [shadow] = task.body["shadow"].as_array().unwrap().as_slice() else { panic!("{name}: {}", task.body) };
    let index = u8::from(READ_FIRST.contains(&name) && task.text("/kind") == "move");
    assert_eq!((&shadow["digest"], &shadow["index"]), (&json!(digest), &json!(index)), "{name}");
    let error = shadow["error"].as_str();
    let unasked = name == "moves_only" && task.text("/kind") != "move";
    assert_eq!(error.is_some(), BREAK_DOWN.contains(&name), "{name}: {shadow}");
    let unsupported = shadow.pointer("/step/failure/kind").is_some_and(|kind| kind == "unsupported-task");
    assert_eq!(unsupported, unasked, "{name}: {shadow}");
}

/// The value of a metric; none if nothing was counted.
async fn counted(serve: &Serve, series: &str) -> Option<f64> {
    let metrics = serve.get("/metrics").await;
    let Value::String(metrics) = metrics.body else { panic!("{}", metrics.body) };
    let mut lines = metrics.lines().filter(|line| !line.starts_with('#'));
    lines.find_map(|line| line.strip_prefix(series)).map(|line| line.split(' ').next_back().unwrap().parse().unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_shadow_is_compared_and_never_decides() {
    let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
    let serve = Arc::new(Serve::start(folder.path(), &placement.proxy.url()));
    let enough = Arc::new(AtomicBool::new(false));
    let watched = watch(serve.clone(), enough.clone());
    let mut differ = 0.0;
    for (name, digits) in all() {
        let digest = serve.push(component("SWAPAROO_HOSTILE", name)).await.text("/digest").to_owned();
        assert_eq!(serve.put("/v1/policies/shadow", &json!({ "policy": digest })).await.status, 200, "{name}");
        let digits = digits.iter().cycle().take(AT_WORK);
        for task in join_all(digits.map(|digit| migrates(&serve, &placement, *digit))).await.iter().flatten() {
            check(name, &digest, task);
            differ += 1.0;
        }
        let differs = counted(&serve, "swaparoo_shadow_steps_total{result=\"differs\"}").await;
        assert_eq!(differs, Some(differ), "{name}");
    }
    enough.store(true, Ordering::Relaxed);
    let slowest = watched.await.unwrap();
    println!("/readyz answered within {slowest:?} throughout");
    assert!(slowest < Duration::from_secs(1), "{slowest:?}");
    assert_eq!(counted(&serve, "swaparoo_policy_traps_total").await, None, "a shadow's faults do not count");
    assert_eq!(counted(&serve, "swaparoo_policy_rollbacks_total").await, Some(0.0));
    let log = std::fs::read_to_string(folder.path().join("log")).unwrap();
    assert!(!log.contains("panicked"), "{log}");
}

/// A component whose start takes some tenths of a second and little fuel.
fn slow_start() -> Vec<u8> {
    let calls = "(drop (ref.func $nothing))".repeat(16);
    let again = "(br_if $again (local.tee $left (i32.sub (local.get $left) (i32.const 1))))";
    let start = format!("(local $left i32) (local.set $left (i32.const 150000)) (loop $again {calls} {again})");
    let functions = format!("(func $nothing) (elem declare func $nothing) (func $start {start}) (start $start)");
    wat::parse_str(format!("(component (core module $m {functions}) (core instance (instantiate $m)))")).unwrap()
}

/// `standard`, with an instance of that component inside: it decides the same, and each of its calls is slow.
fn standard_slowly() -> Vec<u8> {
    let (mut policy, part) = (renamed_standard(), slow_start());
    let inside = u8::try_from(components_in(&policy)).ok().filter(|count| *count < 0x80).unwrap();
    policy.push(4);
    policy.extend(leb128(part.len()));
    policy.extend(part);
    // One instance: of the component with this index, without arguments.
    policy.extend([5, 4, 1, 0, inside, 0]);
    policy
}

/// The number of components directly inside a component (component model, design/mvp/Binary.md).
fn components_in(component: &[u8]) -> usize {
    let (mut rest, mut found) = (&component[8..], 0);
    while let [id, after @ ..] = rest {
        let length = after.iter().position(|byte| byte & 0x80 == 0).unwrap() + 1;
        let size = after[..length].iter().rev().fold(0, |size, byte| (size << 7) | usize::from(byte & 0x7f));
        found += usize::from(*id == 4);
        rest = &after[length + size..];
    }
    found
}

fn leb128(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number >= 0x80 {
        bytes.push(u8::try_from(number & 0x7f).unwrap() | 0x80);
        number >>= 7;
    }
    bytes.push(u8::try_from(number).unwrap());
    bytes
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_shadow_is_soon_not_called_any_more() {
    let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
    let serve = Serve::start(folder.path(), &placement.proxy.url());
    let pushed = serve.push(standard_slowly()).await;
    assert_eq!(pushed.status, 201, "{}", pushed.body);
    let digest = pushed.text("/digest").to_owned();
    assert_eq!(serve.put("/v1/policies/shadow", &json!({ "policy": digest })).await.status, 200);
    for nth in 0..3 {
        let moved = serve.post("/v1/tasks?wait=60", &swap(&placement.holder().await, &new())).await;
        assert_eq!(moved.end(), ("finished", "moved"), "{}", moved.body);
        let error = moved.text("/shadow/0/error");
        assert!(error.contains("for this task; in shadow it may take 500ms"), "{nth}: {error}");
        let slow = counted(&serve, "swaparoo_shadow_steps_total{result=\"slow\"}").await;
        assert_eq!(slow, Some(f64::from(nth + 1)));
    }
    let policies = serve.get("/v1/policies").await;
    let roles = policies.body["policies"].as_array().unwrap().iter().flat_map(|one| one["roles"].as_array().unwrap());
    assert_eq!(roles.collect::<Vec<_>>(), [&json!("active")], "{}", policies.body);
    let moved = serve.post("/v1/tasks?wait=60", &swap(&placement.holder().await, &new())).await;
    assert_eq!((moved.end(), &moved.body["shadow"]), (("finished", "moved"), &json!([])), "{}", moved.body);
}

/// Many tasks at once with a slow shadow policy: each is accepted and ends, the service is ready all the time, and the
/// shadow policy is called for few of them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_shadow_does_not_hold_up_the_service() {
    let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
    let serve = Arc::new(Serve::start(folder.path(), &placement.proxy.url()));
    let pushed = serve.push(standard_slowly()).await;
    assert_eq!(pushed.status, 201, "{}", pushed.body);
    let digest = pushed.text("/digest").to_owned();
    assert_eq!(serve.put("/v1/policies/shadow", &json!({ "policy": digest })).await.status, 200);
    let enough = Arc::new(AtomicBool::new(false));
    let watched = watch(serve.clone(), enough.clone());
    let moves = (0..12).map(|_| async {
        let moved = serve.post("/v1/tasks?wait=60", &swap(&placement.holder().await, &new())).await;
        assert_eq!(moved.end(), ("finished", "moved"), "{}", moved.body);
    });
    join_all(moves).await;
    enough.store(true, Ordering::Relaxed);
    let slowest = watched.await.unwrap();
    assert!(slowest < Duration::from_secs(1), "{slowest:?}");
    let slow = counted(&serve, "swaparoo_shadow_steps_total{result=\"slow\"}").await.unwrap_or_default();
    assert!(slow <= 3.0, "it was called for {slow} tasks after it was too slow");
}
