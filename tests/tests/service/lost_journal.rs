//! The journal is removed, moved or overwritten under a running service: the service accepts nothing that would be lost
//! with the process, and `/readyz` reports it, until the journal is restored.

use std::fs;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::Stdio;

use super::placement_fixture::PlacementFixture;
use super::serve::{Serve, command};
use super::tasks::{new, swap};

/// A task is refused without any effect, and `/readyz` names the file.
async fn takes_nothing(serve: &Serve, placement: &PlacementFixture, what: &str) {
    let (source, target) = (placement.holder().await, new());
    let refused = serve.post("/v1/tasks?wait=1", &swap(&source, &target)).await;
    assert_eq!(refused.code(), (503, "swaparoo.journal_unavailable"), "{what}: {}", refused.body);
    assert!(refused.text("/errors/0/detail").contains("put it back"), "{what}: {}", refused.body);
    assert_eq!((placement.holds(&source).await, placement.holds(&target).await), (2, 0), "{what}");
    let ready = serve.get("/readyz").await;
    assert_eq!((ready.status, ready.text("/placement")), (503, "ok"), "{what}: {}", ready.body);
    assert!(ready.text("/journal").contains("put it back"), "{what}: {}", ready.body);
}

async fn takes_tasks(serve: &Serve, placement: &PlacementFixture, what: &str) {
    let moved = serve.post("/v1/tasks?wait=30", &swap(&placement.holder().await, &new())).await;
    assert_eq!(moved.end(), ("finished", "moved"), "{what}: {}", moved.body);
}

/// The service checks its readiness several times, and then once a second.
async fn a_moment() {
    tokio::time::sleep(std::time::Duration::from_millis(2_500)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_moved_file_is_reported_until_it_is_back() {
    let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
    let serve = Serve::start(folder.path(), &placement.proxy.url());
    for name in ["journal.db", "journal.db-wal", "journal.db-shm"] {
        takes_tasks(&serve, &placement, name).await;
        let (file, away) = (folder.path().join(name), folder.path().join("away"));
        fs::rename(&file, &away).unwrap();
        takes_nothing(&serve, &placement, &format!("{name} is away")).await;
        fs::copy(&away, &file).unwrap();
        takes_nothing(&serve, &placement, &format!("{name} is a copy")).await;
        fs::rename(&away, &file).unwrap();
        takes_tasks(&serve, &placement, &format!("{name} is back")).await;
        a_moment().await;
        assert_eq!(serve.get("/readyz").await.status, 200, "{name} is back");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_accepted_into_a_journal_that_was_removed() {
    let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
    let serve = Serve::start(folder.path(), &placement.proxy.url());
    takes_tasks(&serve, &placement, "before").await;
    for name in ["journal.db", "journal.db-wal", "journal.db-shm"] {
        fs::remove_file(folder.path().join(name)).unwrap();
    }
    takes_nothing(&serve, &placement, "removed").await;
    // The next service knows all accepted tasks; here there are none.
    serve.process().kill();
    let serve = Serve::start(folder.path(), &placement.proxy.url());
    assert_eq!(serve.get("/v1/tasks").await.body["tasks"], serde_json::json!([]));
    takes_tasks(&serve, &placement, "a new journal").await;
}

/// Overwrites the start of a file in place.
fn overwrite(file: &Path, bytes: &[u8]) {
    fs::File::options().write(true).open(file).unwrap().write_all_at(bytes, 0).unwrap();
}

fn cut(file: &Path) {
    fs::File::options().write(true).open(file).unwrap().set_len(0).unwrap();
}

/// A start is refused with exit code 2.
fn refuses_to_start(folder: &Path, says: &str) {
    let ended = command(folder).stdin(Stdio::null()).output().unwrap();
    let error = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.code() == Some(2) && error.contains(says), "{:?}: {error}", ended.status);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_accepted_into_a_log_that_was_shortened() {
    let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
    let serve = Serve::start(folder.path(), &placement.proxy.url());
    let log = folder.path().join("journal.db-wal");
    for what in ["before", "put back"] {
        takes_tasks(&serve, &placement, what).await;
        let whole = fs::read(&log).unwrap();
        cut(&log);
        takes_nothing(&serve, &placement, "shortened").await;
        fs::write(&log, whole).unwrap();
    }
    a_moment().await;
    assert_eq!(serve.get("/readyz").await.status, 200);
    cut(&log);
    serve.process().kill();
    refuses_to_start(folder.path(), "were written to it: put the log back");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_overwritten_header_of_the_log_loses_no_task() {
    let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
    let serve = Serve::start(folder.path(), &placement.proxy.url());
    let log = folder.path().join("journal.db-wal");
    for what in ["before", "zeros", "zeros again"] {
        takes_tasks(&serve, &placement, what).await;
        overwrite(&log, &[0; 32]);
    }
    assert_eq!(serve.get("/readyz").await.status, 200);
    serve.process().kill();
    let serve = Serve::start(folder.path(), &placement.proxy.url());
    assert_eq!(serve.get("/v1/tasks").await.body["tasks"].as_array().map(Vec::len), Some(3));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_that_was_overwritten_is_not_ready_and_refused_at_the_start() {
    let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
    let serve = Serve::start(folder.path(), &placement.proxy.url());
    takes_tasks(&serve, &placement, "before").await;
    overwrite(&folder.path().join("journal.db-wal"), &[0; 4096]);
    takes_nothing(&serve, &placement, "overwritten").await;
    serve.process().kill();
    refuses_to_start(folder.path(), "journal.db-wal was changed from byte 0 on");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_accepted_after_an_earlier_copy_was_written_in_place() {
    let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
    let serve = Serve::start(folder.path(), &placement.proxy.url());
    takes_tasks(&serve, &placement, "before the copy").await;
    let files = ["journal.db", "journal.db-wal", "journal.db-shm"].map(|name| folder.path().join(name));
    let copies = files.each_ref().map(|file| fs::read(file).unwrap());
    takes_tasks(&serve, &placement, "after the copy").await;
    for (file, copy) in files.iter().zip(&copies) {
        overwrite(file, copy);
    }
    let (source, target) = (placement.holder().await, new());
    for _ in 0..2 {
        let refused = serve.post("/v1/tasks?wait=1", &swap(&source, &target)).await;
        assert_eq!(refused.code(), (503, "swaparoo.journal_unavailable"), "{}", refused.body);
        assert!(refused.text("/errors/0/detail").contains("an earlier copy"), "{}", refused.body);
        let ready = serve.get("/readyz").await;
        assert!(ready.status == 503 && ready.text("/journal").contains("an earlier copy"), "{}", ready.body);
    }
    assert_eq!((placement.holds(&source).await, placement.holds(&target).await), (2, 0));
}

/// Another process that has the journal open overwrites all pages except the first with garbage, and then writes a row,
/// so that the service's cached pages become invalid.
const OVERWRITE: &str = "\
exec('''
import os
db.execute('PRAGMA wal_checkpoint(TRUNCATE)')
db.execute('INSERT INTO settings (name, value) VALUES (1, 2)')
with open(sys.argv[1], 'r+b') as file:
    file.seek(4096)
    file.write(b'Z' * (os.path.getsize(sys.argv[1]) - 4096))
db.commit()
''')";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_journal_that_was_overwritten_is_not_ready() {
    let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
    let serve = Serve::start(folder.path(), &placement.proxy.url());
    takes_tasks(&serve, &placement, "before").await;
    super::journal::python(folder.path(), OVERWRITE, &[]);
    let ready = serve.get("/readyz").await;
    assert!(ready.status == 503 && ready.text("/journal").contains("malformed"), "{}", ready.body);
    let refused = serve.post("/v1/tasks?wait=1", &swap(&placement.holder().await, &new())).await;
    assert_eq!(refused.code(), (503, "swaparoo.journal_unavailable"), "{}", refused.body);
}

/// Overwrites the root page of the index of idempotency keys in the file, where the service has not read it yet.
const OVERWRITE_KEYS: &str = "\
exec('''
page = db.execute(\"SELECT rootpage FROM sqlite_master WHERE name = 'sqlite_autoindex_tasks_2'\").fetchone()[0]
with open(sys.argv[1], 'r+b') as file:
    file.seek((page - 1) * 4096)
    file.write(b'Z' * 4096)
''')";

/// SQLite finds damage only where it reads, so a later write may succeed. It would be lost with the file.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn damage_found_by_one_task_stops_all() {
    let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
    let serve = Serve::start(folder.path(), &placement.proxy.url());
    takes_tasks(&serve, &placement, "before").await;
    assert_eq!(serve.process().stop(), Some(0));
    let serve = Serve::run(folder.path(), command(folder.path()));
    super::journal::python(folder.path(), OVERWRITE_KEYS, &[]);
    let task = swap(&placement.holder().await, &new());
    let met = serve.try_post("/v1/tasks", "a key", &task).await.unwrap();
    assert_eq!(met.code(), (503, "swaparoo.journal_unavailable"), "{}", met.body);
    let ready = serve.get("/readyz").await;
    assert!(ready.status == 503 && ready.text("/journal").contains("malformed"), "{}", ready.body);
    let refused = serve.post("/v1/tasks?wait=1", &swap(&placement.holder().await, &new())).await;
    assert_eq!(refused.code(), (503, "swaparoo.journal_unavailable"), "{}", refused.body);
}
