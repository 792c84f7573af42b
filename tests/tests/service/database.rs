//! Services whose journal is in PostgreSQL: one has it, another one waits.

use std::path::Path;
use std::process::Command;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::Value;
use swaparoo_databases::{Cut, Postgres};
use swaparoo_placement::Method;
use swaparoo_real_placement::Act;
use tempfile::TempDir;
use tokio::task::{JoinHandle, spawn_blocking};

use super::placement_fixture::PlacementFixture;
use super::serve::{Answer, Serve, change, command, configure, program};
use super::tasks::{new, swap};

static POSTGRES: LazyLock<Postgres> = LazyLock::new(|| Postgres::start().unwrap());

/// The folder of a service for this Placement and the journal at this URL.
fn folder(placement: &PlacementFixture, journal: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    configure(folder.path(), &placement.proxy.url(), "");
    let file = format!("file = {:?}", folder.path().join("journal.db"));
    change(folder.path(), &file, &format!("url = {journal:?}"));
    folder
}

/// An empty database in PostgreSQL.
async fn postgres() -> String {
    spawn_blocking(|| POSTGRES.url(&POSTGRES.create_database(), POSTGRES.port())).await.unwrap()
}

/// `swaparoo db` with these arguments: its exit code, and what it prints.
fn db(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let mut db = Command::new(program());
    let output = db.arg("db").args(arguments).args(["--config", "swaparoo.toml"]).current_dir(folder).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(said).unwrap())
}

fn start(folder: &TempDir) -> Serve {
    Serve::run(folder.path(), command(folder.path()))
}

/// A service that listens when it has the journal.
fn start_standby(folder: &TempDir) -> JoinHandle<Serve> {
    let path = folder.path().to_owned();
    spawn_blocking(move || Serve::run(&path, command(&path)))
}

/// Begins a task in this service that writes to Placement, which answers never. Returns the source and the target.
async fn begin_write(serve: &Serve, placement: &PlacementFixture) -> [String; 2] {
    placement.proxy.on(Method::Post, 1, Act::HoldAnswer);
    let [source, target] = [placement.holder().await, new()];
    let accepted = serve.try_post("/v1/tasks", "the key", &swap(&source, &target)).await.unwrap();
    assert_eq!(accepted.status, 201, "{}", accepted.body);
    while placement.holds(&target).await == 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    [source, target]
}

/// The task of this key, in its end.
async fn end_of(serve: &Serve, key: &str, task: &Value) -> Answer {
    serve.try_post("/v1/tasks?wait=60", key, task).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_is_prepared_checked_and_filled_from_a_file() {
    let placement = PlacementFixture::model().await;
    let folder = folder(&placement, &postgres().await);
    let (code, said) = db(folder.path(), &["check"]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("has no journal: run `swaparoo db sync`"), "{said}");
    let refused = command(folder.path()).output().unwrap();
    assert_eq!(refused.status.code(), Some(2), "{refused:?}");
    for said_so in ["made the tables of the journal", "the tables are as this program needs them"] {
        let (code, said) = db(folder.path(), &["sync"]);
        assert!(code == Some(0) && said.contains(said_so), "{said}");
    }
    let (code, said) = db(folder.path(), &["check"]);
    assert!(code == Some(0) && said.contains("ok       journal.url: no runner has the journal"), "{said}");

    // A service with a file comes first.
    let with_file = tempfile::tempdir().unwrap();
    let serve = Serve::start(with_file.path(), &placement.proxy.url());
    let (source, target) = (placement.holder().await, new());
    let moved = end_of(&serve, "the key", &swap(&source, &target)).await;
    assert_eq!(moved.end(), ("finished", "moved"), "{}", moved.body);
    assert_eq!(serve.process().stop(), Some(0));
    let file = with_file.path().join("journal.db");
    let (code, said) = db(folder.path(), &["import", file.to_str().unwrap()]);
    assert!(code == Some(0) && said.contains("copied 1 tasks and "), "{said}");
    let serve = start(&folder);
    let same = end_of(&serve, "the key", &swap(&source, &target)).await;
    assert_eq!((same.status, same.text("/id")), (200, moved.text("/id")));
    assert_eq!(serve.get("/readyz").await.status, 200);
    let (code, said) = db(folder.path(), &["import", file.to_str().unwrap()]);
    assert!(code == Some(75) && said.contains("is in use by the runner on "), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_standby_goes_on_with_the_tasks_of_a_killed_service() {
    let (placement, journal) = (PlacementFixture::real().await, postgres().await);
    let folders = [folder(&placement, &journal), folder(&placement, &journal)];
    assert_eq!(db(folders[0].path(), &["sync"]).0, Some(0));
    let first = start(&folders[0]);
    let standby = start_standby(&folders[1]);
    let [source, target] = begin_write(&first, &placement).await;
    first.process().kill();
    let killed = Instant::now();
    let second = standby.await.unwrap();
    println!("the standby has the journal after {:.1} s", killed.elapsed().as_secs_f64());
    let ended = end_of(&second, "the key", &swap(&source, &target)).await;
    assert_eq!((ended.status, ended.end()), (200, ("finished", "moved")), "{}", ended.body);
    assert!(ended.body.to_string().contains("the service stopped before a reply was stored"), "{}", ended.body);
    assert_eq!([placement.holds(&source).await, placement.holds(&target).await], [0, 2]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_that_was_stopped_for_long_ends_and_sends_nothing_more() {
    let (placement, journal) = (PlacementFixture::real().await, postgres().await);
    let folders = [folder(&placement, &journal), folder(&placement, &journal)];
    assert_eq!(db(folders[0].path(), &["sync"]).0, Some(0));
    let first = start(&folders[0]);
    let standby = start_standby(&folders[1]);
    let [source, target] = begin_write(&first, &placement).await;
    first.process().signal(Signal::STOP);
    let second = standby.await.unwrap();
    let ended = end_of(&second, "the key", &swap(&source, &target)).await;
    assert_eq!(ended.end(), ("finished", "moved"), "{}", ended.body);
    let sent = placement.proxy.seen().len();
    first.process().signal(Signal::CONT);
    let process = first.process();
    assert_eq!(spawn_blocking(move || process.ended()).await.unwrap(), Some(75));
    assert_eq!(placement.proxy.seen().split_off(sent), [""; 0]);
    assert_eq!([placement.holds(&source).await, placement.holds(&target).await], [0, 2]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_database_is_away_nothing_is_accepted_and_open_tasks_wait() {
    let placement = PlacementFixture::model().await;
    let (name, port) = spawn_blocking(|| (POSTGRES.create_database(), POSTGRES.port())).await.unwrap();
    let proxy = Arc::new(Cut::start(port).await.unwrap());
    let folder = folder(&placement, &POSTGRES.url(&name, proxy.port()));
    let path = folder.path().to_owned();
    assert_eq!(spawn_blocking(move || db(&path, &["sync"]).0).await.unwrap(), Some(0));
    let serve = start(&folder);
    let [source, target] = [placement.holder().await, new()];
    // The database goes away while Placement does the write, so the answer cannot be stored.
    let cut = proxy.clone();
    let cut_off = move || {
        cut.cut();
        std::future::ready(())
    };
    placement.proxy.on(Method::Post, 1, Act::then(cut_off));
    let body = swap(&source, &target);
    assert_eq!(serve.try_post("/v1/tasks", "the key", &body).await.unwrap().status, 201);
    while placement.holds(&target).await == 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let refused = serve.try_post("/v1/tasks", "another", &swap(&new(), &new())).await.unwrap();
    assert_eq!(refused.code(), (503, "swaparoo.journal_unavailable"), "{}", refused.body);
    let ready = serve.get("/readyz").await;
    assert_eq!(ready.status, 503, "{}", ready.body);
    proxy.mend();
    let ended = end_of(&serve, "the key", &body).await;
    assert_eq!((ended.status, ended.end()), (200, ("finished", "moved")), "{}", ended.body);
}
