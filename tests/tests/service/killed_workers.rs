//! A killed worker process is not a fault of its component: the client may repeat its request, and systemd repeats a
//! start.

use std::process::{Child, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use super::child_processes;
use super::placement_fixture::PlacementFixture;
use super::serve::{Serve, command, configure};
use super::start::SystemdUnit;
use super::tasks::{new, swap};
use super::untrusted_components::bomb;

const LONG: &str = "[policies]\nworker_time = \"50s\"\n";
const PATIENCE: Duration = Duration::from_secs(30);

/// Kills each of its worker processes until it has ended.
fn end_without_workers(child: &mut Child) -> ExitStatus {
    let began = Instant::now();
    loop {
        child_processes::kill(child.id());
        if let Some(ended) = child.try_wait().unwrap() {
            return ended;
        }
        assert!(began.elapsed() < PATIENCE, "it is still there");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_push_whose_worker_is_killed_can_be_repeated() {
    let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
    let serve = Serve::start_with(folder.path(), &placement.proxy.url(), LONG);
    let killed = async {
        let began = Instant::now();
        while serve.workers().is_empty() {
            assert!(began.elapsed() < PATIENCE, "no worker process is there");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        child_processes::kill(serve.process().id());
    };
    let (refused, ()) = tokio::join!(serve.push(bomb(800)), killed);
    assert_eq!(refused.code(), (503, "swaparoo.policies_busy"), "{}", refused.body);
    assert!(refused.text("/errors/0/detail").contains("was ended from outside by signal: 9"), "{}", refused.body);
    assert!(refused.retry_after.is_some());
    let moved = serve.post("/v1/tasks?wait=30", &swap(&placement.holder().await, &new())).await;
    assert_eq!(moved.end(), ("finished", "moved"), "{}", moved.body);
}

#[test]
fn a_start_whose_workers_are_killed_is_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    let policy = folder.path().join("mine.wasm");
    std::fs::write(&policy, bomb(800)).unwrap();
    configure(folder.path(), "http://127.0.0.1:1", &format!("{LONG}default = {policy:?}\n"));
    let log = std::fs::File::create(folder.path().join("log")).unwrap();
    let mut start = command(folder.path()).stdout(Stdio::null()).stderr(log).spawn().unwrap();
    let ended = end_without_workers(&mut start);
    let log = std::fs::read_to_string(folder.path().join("log")).unwrap();
    assert_eq!(ended.code(), Some(75), "{log}");
    assert!(SystemdUnit::read().starts_again(ended));
    assert_eq!(log.matches("was ended from outside").count(), 3, "{log}");
}
