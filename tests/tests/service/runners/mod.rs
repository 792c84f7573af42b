//! Several runners whose journal is in one database.

mod cluster;
mod database;
mod demo;
mod faults;
mod outage;
mod requests;
mod takeover;
mod upgrade;

use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;
use std::time::Duration;

use serde_json::Value;
use swaparoo_databases::Postgres;
use swaparoo_placement::Method;
use swaparoo_real_placement::Act;
use tempfile::TempDir;
use tokio::task::spawn_blocking;

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
pub async fn postgres() -> String {
    spawn_blocking(|| POSTGRES.url(&POSTGRES.create_database(), POSTGRES.port())).await.unwrap()
}

/// `swaparoo db` with these arguments: its exit code, and what it prints.
pub fn db(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let mut db = Command::new(program());
    let output = db.arg("db").args(arguments).args(["--config", "swaparoo.toml"]).current_dir(folder).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(said).unwrap())
}

fn start(folder: &TempDir) -> Serve {
    Serve::run(folder.path(), command(folder.path()))
}

/// The folders of so many runners on a new database.
async fn folders<const N: usize>(placement: &PlacementFixture) -> [TempDir; N] {
    let journal = postgres().await;
    let folders = [(); N].map(|()| folder(placement, &journal));
    assert_eq!(db(folders[0].path(), &["sync"]).0, Some(0));
    folders
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
