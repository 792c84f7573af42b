//! Components without a trusted signature: a fault in the compiler or the promotion check is refused with
//! the right code in limited time and memory, its process ends with its client, and the service continues.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use super::journal::python;
use super::placement_fixture::PlacementFixture;
use super::serve::{Answer, Serve, command};
use super::tasks::{component, new, swap};

/// Limits that are too low to compile a certain component of a few kilobytes.
const SHORT: &str = "[policies]\nworker_time = \"1s\"\n";
/// Longer than a test may take.
const LONG: &str = "[policies]\nworker_time = \"50s\"\n";

/// A function of `depth` nested loops that change as many locals: the compiler's memory grows with the square of
/// `depth`, the component by less than a kilobyte for a hundred.
pub fn bomb(depth: usize) -> Vec<u8> {
    let locals = "i32 ".repeat(depth);
    let changes: String =
        (0..depth).map(|local| format!("(local.set {local} (i32.add (local.get {local}) (i32.const 1)))")).collect();
    let (begin, end) = ("(loop ".repeat(depth), "(br_if 0 (local.get 0)))".repeat(depth));
    let module = format!("(core module $m (func (export \"f\") (local {locals}) {begin} {changes} {end}))");
    wat::parse_str(format!("(component {module} (core instance (instantiate $m)))")).unwrap()
}

/// A component from the text in `tests/hostile/wat`.
fn text(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("hostile/wat");
    wat::parse_file(folder.join(name).with_extension("wat")).unwrap()
}

async fn start(more: &str) -> (PlacementFixture, tempfile::TempDir, Serve) {
    let placement = PlacementFixture::model().await;
    let folder = tempfile::tempdir().unwrap();
    let serve = Serve::start_with(folder.path(), &placement.proxy.url(), more);
    (placement, folder, serve)
}

/// Repeats a request, as the answer advises, while the worker process gets too little of a busy machine's processors.
/// Each answer comes in limited time.
async fn with_time(request: impl AsyncFn() -> Answer) -> Answer {
    let began = Instant::now();
    loop {
        let asked = Instant::now();
        let answer = request().await;
        assert!(asked.elapsed() < Duration::from_secs(30), "{:?}", asked.elapsed());
        let busy = answer.status == 503 && answer.text("/errors/0/detail").contains("when the machine has time");
        if !busy || began.elapsed() > Duration::from_secs(600) {
            return answer;
        }
    }
}

fn check_refused(answer: &Answer, words: &[&str]) {
    assert_eq!(answer.code(), (422, "swaparoo.policy_invalid"), "{}", answer.body);
    for word in words {
        assert!(answer.text("/errors/0/detail").contains(word), "{word:?}: {}", answer.body);
    }
}

async fn check_works(serve: &Serve, placement: &PlacementFixture) {
    let moved = serve.post("/v1/tasks?wait=30", &swap(&placement.holder().await, &new())).await;
    assert_eq!(moved.end(), ("finished", "moved"), "{}", moved.body);
}

/// Sends a request, and waits until a worker process handles it. Dropping the result disconnects the client.
async fn begin(serve: &Serve, head: &str, kind: &str, body: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(serve.url().strip_prefix("http://").unwrap()).await.unwrap();
    let length = body.len();
    let head =
        format!("{head} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(body).await.unwrap();
    wait_for(serve, 1).await;
    stream
}

/// Waits until there are this many worker processes.
async fn wait_for(serve: &Serve, count: usize) {
    let began = Instant::now();
    while serve.workers().len() != count {
        assert!(began.elapsed() < Duration::from_secs(10), "{:?} of {count} worker processes", serve.workers());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn components_that_crashed_the_compiler_are_refused() {
    let (placement, _folder, serve) = start("").await;
    for name in ["ref_test", "ref_cast", "call_indirect_of_a_subtype", "ref_test_in_next_step"] {
        check_refused(&serve.push(text(name)).await, &["gc proposal must be enabled"]);
    }
    // The component that made the compiler panic is compiled now, but is not a policy.
    check_refused(&serve.push(text("two_memories")).await, &["exports nothing"]);
    check_works(&serve, &placement).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn compiling_is_limited_in_time() {
    let (placement, folder, serve) = start(SHORT).await;
    let pushed = with_time(async || serve.push(bomb(400)).await);
    let refused = async {
        let refused = pushed.await;
        check_refused(&refused, &["the component is not compiled", "more than 1", "policies.worker_time"]);
    };
    tokio::join!(refused, check_works(&serve, &placement));
    // A killed process needs a moment to free its memory.
    wait_for(&serve, 0).await;
    let log = std::fs::read_to_string(folder.path().join("log")).unwrap();
    assert!(!log.contains("panicked"), "{log}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn compiling_is_limited_in_memory() {
    let (placement, _folder, serve) = start("[policies]\nworker_time = \"50s\"\nworker_memory = \"64MiB\"\n").await;
    check_refused(&serve.push(bomb(800)).await, &["more than 67108864 bytes of memory", "policies.worker_memory"]);
    check_works(&serve, &placement).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn compiling_ends_with_its_client_and_with_the_service() {
    let (placement, _folder, serve) = start(LONG).await;
    let stream = begin(&serve, "POST /v1/policies", "application/wasm", &bomb(800)).await;
    drop(stream);
    wait_for(&serve, 0).await;
    check_works(&serve, &placement).await;

    let stream = begin(&serve, "POST /v1/policies", "application/wasm", &bomb(800)).await;
    let worker = serve.workers();
    serve.process().kill();
    let began = Instant::now();
    while worker.iter().any(|id| is_alive(*id)) {
        assert!(began.elapsed() < Duration::from_secs(5), "its service is dead, but it still runs");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    drop(stream);
}

fn is_alive(id: i32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    stat.rsplit(')').next().unwrap_or_default().split_whitespace().next().is_some_and(|state| state != "Z")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_component_is_compiled_at_a_time_and_too_many_are_refused_with_retry_after() {
    let (placement, _folder, serve) = start(SHORT).await;
    let pushes = (0..20).map(|nth| serve.push(bomb(400 + nth)));
    let most = async {
        let mut most = 0;
        for _ in 0..50 {
            most = most.max(serve.workers().len());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        most
    };
    let (answers, most, ()) =
        tokio::join!(futures_util::future::join_all(pushes), most, check_works(&serve, &placement));
    assert_eq!(most, 1, "processes at work at once");
    let busy: Vec<_> = answers.iter().filter(|answer| answer.status == 503).collect();
    assert!(!busy.is_empty(), "{answers:?}");
    for answer in &busy {
        assert_eq!(answer.code(), (503, "swaparoo.policies_busy"));
        assert!(answer.retry_after.as_deref().is_some_and(|seconds| seconds.parse::<u32>().unwrap() > 0));
    }
    for answer in answers.iter().filter(|answer| answer.status != 503) {
        check_refused(answer, &["policies.worker_time"]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_promotion_check_is_limited_in_time_and_ends_with_its_client() {
    let (placement, folder, serve) = start(LONG).await;
    let digest = serve.push(component("SWAPAROO_HOSTILE", "dawdles")).await.text("/digest").to_owned();
    for head in [format!("POST /v1/policies/{digest}/replays"), "PUT /v1/policies/active".to_owned()] {
        let stream = begin(&serve, &head, "application/json", json!({ "policy": digest }).to_string().as_bytes()).await;
        check_works(&serve, &placement).await;
        drop(stream);
        wait_for(&serve, 0).await;
    }
    serve.process().stop();
    let serve = Serve::start_with(folder.path(), &placement.proxy.url(), SHORT);
    for answer in [
        with_time(async || serve.post(&format!("/v1/policies/{digest}/replays"), &json!({})).await).await,
        with_time(async || serve.put("/v1/policies/active", &json!({ "policy": digest })).await).await,
    ] {
        assert_eq!(answer.code(), (409, "swaparoo.promotion_refused"), "{}", answer.body);
        let detail = answer.text("/errors/0/detail");
        assert!(detail.contains("cannot be judged") && detail.contains("policies.worker_time"), "{detail}");
    }
    check_works(&serve, &placement).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_promotion_check_in_a_process_gives_the_same_result() {
    let (placement, _folder, serve) = start("").await;
    for _ in 0..5 {
        check_works(&serve, &placement).await;
    }
    let digest = serve.push(component("SWAPAROO_POLICIES", "seed")).await.text("/digest").to_owned();
    let report = serve.post(&format!("/v1/policies/{digest}/replays"), &json!({})).await;
    assert_eq!((report.status, &report.body["comparison"]["replayed"]), (200, &json!(5)), "{}", report.body);
    let failed = report.body["conformance"]["failed"].as_array().unwrap();
    assert!(!failed.is_empty() && failed.iter().all(|failed| failed["expected"].is_string()), "{}", report.body);
}

/// Replaces the bytes of one policy with those of another.
fn confuse(folder: &Path, digest: &str, with: &str) {
    let sql = "UPDATE policies SET component = (SELECT component FROM policies WHERE digest = ?) WHERE digest = ?";
    assert_eq!(python(folder, "print(db.execute(sys.argv[2], sys.argv[3:]).rowcount)", &[sql, with, digest]), "1");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_bytes_in_the_journal_are_not_run_under_a_policys_name() {
    let (placement, folder, serve) = start("").await;
    let evil = serve.push(component("SWAPAROO_HOSTILE", "panics")).await.text("/digest").to_owned();
    let policies = serve.get("/v1/policies").await;
    let of = |name: &str| {
        let all = policies.body["policies"].as_array().unwrap();
        all.iter().find(|policy| policy["name"] == name).unwrap()["digest"].as_str().unwrap().to_owned()
    };
    let [standard, seed] = ["standard", "seed"].map(of);
    assert_eq!(serve.put("/v1/policies/shadow", &json!({ "policy": seed })).await.status, 200);
    serve.process().stop();

    // The service can run without a shadow.
    confuse(folder.path(), &seed, &evil);
    let serve = Serve::run(folder.path(), command(folder.path()));
    let log = std::fs::read_to_string(folder.path().join("log")).unwrap();
    assert!(log.contains(&seed) && log.contains(&evil) && log.contains("was changed in the journal"), "{log}");
    let roles = |policies: &Value, digest: &str| {
        let all = policies["policies"].as_array().unwrap();
        all.iter().find(|policy| policy["digest"] == digest).unwrap()["roles"].clone()
    };
    let policies = serve.get("/v1/policies").await.body;
    assert_eq!((roles(&policies, &seed), roles(&policies, &standard)), (json!([]), json!(["active"])));
    let refused = serve.put("/v1/policies/shadow", &json!({ "policy": seed })).await;
    assert_eq!(refused.status, 500, "{}", refused.body);
    assert!(refused.text("/errors/0/detail").contains(&evil), "{}", refused.body);
    check_works(&serve, &placement).await;
    serve.process().stop();

    // It cannot run without the active policy.
    confuse(folder.path(), &standard, &evil);
    let ended = command(folder.path()).output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(!ended.status.success() && said.contains(&standard) && said.contains(&evil), "{said}");
}
