//! The machine's clock is set back while the service runs, and between two runs: the order of tasks stays, no task is
//! deleted early, and times do not run backwards within a task.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;

use super::placement_fixture::PlacementFixture;
use super::serve::{Answer, Serve, command, configure};
use super::tasks::{new, revert, swap};

/// libfaketime, which `cargo xtask test` installs.
fn faketime() -> PathBuf {
    let folders = std::fs::read_dir("/usr/lib").unwrap().filter_map(Result::ok).map(|entry| entry.path());
    let mut found = folders.map(|folder| folder.join("faketime/libfaketime.so.1")).filter(|file| file.exists());
    found.next().expect("libfaketime is not in /usr/lib/*/faketime; run `cargo xtask test`, which installs it")
}

/// The service with a calendar clock that is ahead of the real one by `clock`. The monotonic clock is not changed.
fn by(clock: &Path, mut command: Command) -> Command {
    command.env("LD_PRELOAD", faketime()).env("FAKETIME_TIMESTAMP_FILE", clock);
    command.env("FAKETIME_NO_CACHE", "1").env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    command
}

fn in_order(task: &Answer) {
    let (created, updated) = (task.text("/created_at"), task.text("/updated_at"));
    assert!(created <= updated, "created at {created}, updated at {updated}");
}

async fn ids(serve: &Serve) -> Vec<String> {
    let tasks = serve.get("/v1/tasks").await;
    let tasks = tasks.body["tasks"].as_array().unwrap().clone();
    tasks.iter().map(|task| task["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_set_back() {
    let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
    let clock = folder.path().join("clock");
    configure(folder.path(), &placement.proxy.url(), "");
    std::fs::write(&clock, "+3d\n").unwrap();
    let serve = Serve::run(folder.path(), by(&clock, command(folder.path())));
    let (migration, server) = (placement.holder().await, new());
    let waits = serve.post("/v1/tasks?wait=30", &revert(&server, &migration, None)).await;
    let before = serve.post("/v1/tasks?wait=30", &swap(&placement.holder().await, &new())).await;
    assert_eq!((waits.end().0, before.end()), ("waiting", ("finished", "moved")));

    std::fs::write(&clock, "+1d\n").unwrap();
    let after = serve.post("/v1/tasks?wait=30", &swap(&placement.holder().await, &new())).await;
    assert_eq!(after.end(), ("finished", "moved"));
    assert!(after.text("/created_at") < before.text("/created_at"), "the clock was not set back");
    let expected = [&after, &before, &waits].map(|task| task.text("/id").to_owned());
    assert_eq!(ids(&serve).await, expected, "newest first, with any clock");

    serve.process().kill();
    std::fs::write(&clock, "+0d\n").unwrap();
    let serve = Serve::run(folder.path(), by(&clock, command(folder.path())));
    assert_eq!(ids(&serve).await, expected);
    let id = waits.text("/id");
    let gone = json!({ "index": 2, "reply": { "kind": "server", "state": "gone" } });
    assert_eq!(serve.get(&format!("/v1/tasks/{id}?wait=30")).await.end().0, "waiting");
    assert_eq!(serve.post(&format!("/v1/tasks/{id}/replies"), &gone).await.status, 200);
    let done = serve.get(&format!("/v1/tasks/{id}?wait=30")).await;
    assert_eq!(done.end(), ("finished", "source-deleted"));
    [&done, &before, &after].into_iter().for_each(in_order);
    let page = serve.get(&format!("/v1/tasks?limit=1&marker={}", after.text("/id"))).await;
    assert_eq!(page.text("/tasks/0/id"), before.text("/id"), "pages are divided by position, not by time");
}

/// A clock that is far ahead, at a start and later, does not make tasks look old: ages are counted from the journal's
/// newest entry, with the monotonic clock.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_ahead_by_more_than_tasks_are_kept_for() {
    let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
    let clock = folder.path().join("clock");
    configure(folder.path(), &placement.proxy.url(), "");
    let mut done = Vec::new();
    // Tasks are kept for 30 days. Each start deletes old tasks at once. Tasks also end while the clock is wrong.
    for (nth, ahead) in ["+0d", "+40d", "+40d", "+80d", "+0d"].into_iter().enumerate() {
        std::fs::write(&clock, format!("{ahead}\n")).unwrap();
        let serve = Serve::run(folder.path(), by(&clock, command(folder.path())));
        let task = swap(&placement.holder().await, &new());
        let moved = serve.try_post("/v1/tasks?wait=30", &format!("key {nth}"), &task).await.unwrap();
        assert_eq!((moved.status, moved.end()), (201, ("finished", "moved")), "{ahead}: {}", moved.body);
        done.insert(0, moved.text("/id").to_owned());
        tokio::time::sleep(std::time::Duration::from_millis(1_500)).await;
        std::fs::write(&clock, "+40d\n").unwrap();
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        assert_eq!(ids(&serve).await, done, "{ahead}");
        let again = serve.try_post("/v1/tasks", &format!("key {nth}"), &task).await.unwrap();
        assert_eq!((again.status, again.text("/id")), (200, moved.text("/id")), "a key keeps its task");
        serve.process().kill();
    }
}
