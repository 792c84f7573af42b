//! The disk of the journal is full: no task begins that cannot be written to the journal, no accepted task is lost, and
//! everything continues automatically when there is room again.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::json;

use super::placement_fixture::PlacementFixture;
use super::serve::{Serve, command, configure};
use super::tasks::{new, revert, swap};

/// A disk of 1 MiB that only the service and its child processes see.
const MOUNT: &str = "mount -t tmpfs -o size=1m swaparoo \"$1\" && shift && exec \"$@\"";

/// Runs `command` with a small disk at `at`. This needs root, or a system where users may create namespaces.
fn on_a_small_disk(at: &Path, inner: &Command) -> Command {
    let mut outer = Command::new("unshare");
    outer.args(["--map-root-user", "--mount", "sh", "-c", MOUNT, "sh"]).arg(at);
    outer.arg(inner.get_program()).args(inner.get_args());
    outer.current_dir(inner.get_current_dir().unwrap());
    for (name, value) in inner.get_envs() {
        match value {
            Some(value) => outer.env(name, value),
            None => outer.env_remove(name),
        };
    }
    outer
}

fn can_mount(at: &Path) -> bool {
    let output = on_a_small_disk(at, Command::new("true").current_dir("/")).output();
    output.is_ok_and(|output| output.status.success())
}

/// Fills the disk.
fn fill(ballast: &Path) {
    let mut file = std::fs::File::create(ballast).unwrap();
    while file.write_all(&[0; 4096]).is_ok() {}
    while file.write_all(&[0]).is_ok() {}
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_task_is_lost_and_none_runs_without_its_entry() {
    let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
    let disk = folder.path().join("disk");
    std::fs::create_dir(&disk).unwrap();
    if !can_mount(&disk) {
        println!("skipped: this system does not allow mounting (unshare --map-root-user --mount)");
        return;
    }
    configure(folder.path(), &placement.proxy.url(), "");
    let file = folder.path().join("swaparoo.toml");
    let config = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, config.replace("/journal.db", "/disk/journal.db")).unwrap();
    let serve = Serve::run(folder.path(), on_a_small_disk(&disk, &command(folder.path())));
    let ballast = PathBuf::from(format!("/proc/{}/root{}", serve.process().id(), disk.join("ballast").display()));

    let (migration, server) = (placement.holder().await, new());
    let waits = serve.post("/v1/tasks?wait=30", &revert(&server, &migration, None)).await;
    assert_eq!(waits.end().0, "waiting");
    fill(&ballast);
    let (accepted, (source, target)) = until_refused(&serve, &placement).await;
    let asked = placement.proxy.seen().into_iter().filter(|request| request.contains(&source)).count();
    assert_eq!(asked, 0, "no request was sent for an unrecorded task");
    let ready = serve.get("/readyz").await;
    assert_eq!((ready.status, &ready.body["ready"]), (503, &json!(false)));
    assert!(ready.text("/journal").contains("full"), "{}", ready.body);

    // An answer is accepted when it is in the journal: at once if the log has room left, otherwise when there is room
    // again.
    let replies = format!("/v1/tasks/{}/replies", waits.text("/id"));
    let gone = json!({ "index": 2, "reply": { "kind": "server", "state": "gone" } });
    let (replied, ()) = tokio::join!(serve.post(&replies, &gone), async {
        tokio::time::sleep(Duration::from_secs(2)).await;
        std::fs::remove_file(&ballast).unwrap();
    });
    assert_eq!(replied.status, 200, "{}", replied.body);
    let done = serve.get(&format!("/v1/tasks/{}?wait=60", waits.text("/id"))).await;
    assert_eq!(done.end(), ("finished", "source-deleted"), "{}\n{}", log(folder.path()), done.body);
    for (id, target) in accepted {
        assert_eq!(serve.get(&format!("/v1/tasks/{id}?wait=60")).await.end(), ("finished", "moved"));
        assert_eq!(placement.holds(&target).await, 2);
    }
    assert_eq!(
        (placement.holds(&source).await, placement.holds(&target).await),
        (2, 0),
        "refused tasks did not happen"
    );
    assert_eq!(serve.get("/readyz").await.status, 200);
    assert_eq!(serve.post("/v1/tasks?wait=30", &swap(&source, &target)).await.end(), ("finished", "moved"));
}

fn log(folder: &Path) -> String {
    std::fs::read_to_string(folder.join("log")).unwrap()
}

/// Starts tasks until one is refused for lack of space; returns the accepted ones, and the consumers of the refused
/// one.
async fn until_refused(serve: &Serve, placement: &PlacementFixture) -> (Vec<(String, String)>, (String, String)) {
    let mut accepted = Vec::new();
    for _ in 0..2_000 {
        let (source, target) = (placement.holder().await, new());
        let answer = serve.post("/v1/tasks", &swap(&source, &target)).await;
        if answer.status == 201 {
            accepted.push((answer.text("/id").to_owned(), target));
            continue;
        }
        assert_eq!(answer.code(), (503, "swaparoo.journal_unavailable"), "{}", answer.body);
        assert_eq!(answer.retry_after.as_deref(), Some("1"));
        return (accepted, (source, target));
    }
    panic!("the disk was never full");
}
