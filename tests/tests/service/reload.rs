//! SIGHUP: tokens, Placement's token and the trusted keys are read again, without a stop.

use std::path::Path;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::placement_fixture::PlacementFixture;
use super::serve::{Serve, change, configure, secret};
use super::signed::{out, policy, write};
use super::tasks::{new, swap};

const OLD: &str = "the-old-token-of-a-client";
const NEW: &str = "the-new-token-of-a-client";

/// Sends SIGHUP, and waits until the service has logged this about it.
async fn reload(serve: &Serve, folder: &Path, says: &str) {
    let count = || std::fs::read_to_string(folder.join("log")).unwrap().matches(says).count();
    let (before, began) = (count(), Instant::now());
    let pid = Pid::from_raw(i32::try_from(serve.process().id()).unwrap()).unwrap();
    kill_process(pid, Signal::HUP).unwrap();
    while count() == before {
        assert!(began.elapsed() < Duration::from_secs(30), "{}", std::fs::read_to_string(folder.join("log")).unwrap());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// A service that logs what it has read again.
fn start(folder: &Path, placement: &PlacementFixture, more: &str) -> Serve {
    configure(folder, &placement.proxy.url(), more);
    change(folder, "filter = \"warn\"", "filter = \"info\"");
    Serve::run(folder, super::serve::command(folder))
}

const DONE: &str = "were read again";
const NOT_DONE: &str = "not all files could be read again";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokens_are_replaced_and_a_wrong_file_changes_nothing() {
    let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
    let folder = folder.path();
    let tokens = folder.join("tokens");
    secret(&tokens, &format!("tasks {OLD}\n"));
    let serve = start(folder, &placement, "[auth]\ntokens = \"tokens\"\n");
    let status = async |token| serve.get_as(token, "/v1/tasks").await.status;
    assert_eq!((status(OLD).await, status(NEW).await), (200, 401));
    secret(&tokens, "tasks short\n");
    reload(&serve, folder, NOT_DONE).await;
    assert_eq!((status(OLD).await, status(NEW).await), (200, 401));
    secret(&tokens, &format!("tasks {NEW}\n"));
    reload(&serve, folder, DONE).await;
    assert_eq!((status(OLD).await, status(NEW).await), (401, 200));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn placements_token_is_replaced() {
    let (placement, folder) = (PlacementFixture::real().await, tempfile::tempdir().unwrap());
    let folder = folder.path();
    let serve = start(folder, &placement, "");
    let task = swap(&placement.holder().await, &new());
    secret(&folder.join("token"), "user:project\n");
    reload(&serve, folder, DONE).await;
    let refused = serve.post("/v1/tasks?wait=30", &task).await;
    assert_eq!(refused.end().0, "failed", "{}", refused.body);
    secret(&folder.join("token"), "admin\n");
    reload(&serve, folder, DONE).await;
    let moved = serve.post("/v1/tasks?wait=30", &task).await;
    assert_eq!(moved.end(), ("finished", "moved"), "{}", moved.body);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trusted_keys_are_replaced_unless_the_active_policy_would_lose_its_role() {
    let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
    let folder = folder.path();
    let trusted = out(&policy(folder, "keygen --out key.pem"));
    write(folder, "a");
    let component = std::fs::read(folder.join("a.wasm")).unwrap();
    let serve = start(folder, &placement, "");
    change(folder, "[policies]", &format!("[policies]\ntrust_built_in = []\n{trusted}"));
    reload(&serve, folder, NOT_DONE).await;
    let log = std::fs::read_to_string(folder.join("log")).unwrap();
    assert!(log.contains("the policy standard ") && log.contains("policies.trust_built_in does not name it"), "{log}");
    change(folder, "trust_built_in = []", "trust_built_in = [\"standard\"]");
    reload(&serve, folder, DONE).await;
    assert_eq!(serve.push(component).await.code(), (403, "swaparoo.signature_missing"));
    let moved = serve.post("/v1/tasks?wait=30", &swap(&placement.holder().await, &new())).await;
    assert_eq!(moved.end(), ("finished", "moved"), "{}", moved.body);
}
