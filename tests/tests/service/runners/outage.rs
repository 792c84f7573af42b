//! The whole database fails under running tasks: a cluster loses its primary component, all its nodes are killed, or it comes
//! back without its last commits.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use swaparoo_databases::{Galera, Node, Postgres};
use swaparoo_placement::Method;
use swaparoo_real_placement::Act;
use swaparoo_tests::sample::{self, nightly};
use tempfile::TempDir;
use tokio::task::spawn_blocking;

use super::{db, end_of, folder, start};
use crate::service::placement_fixture::PlacementFixture;
use crate::service::serve::{Answer, Serve};
use crate::service::tasks::{new, revert, swap};

/// How long a cluster may take to become whole again, and the runners to go on after that.
const PATIENCE: Duration = Duration::from_secs(120);

/// Two of three nodes are stopped: the third one may not answer any more. Then all three are killed, and a new cluster begins.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_primary_component_nothing_is_accepted_and_all_goes_on_after_it() {
    if !nightly() {
        return sample::say("a cluster of three nodes loses two of them, and all");
    }
    let placement = PlacementFixture::real().await;
    let mut galera = spawn_blocking(|| Galera::start(3).unwrap()).await.unwrap();
    let database = galera.create_database();
    let folders = [0, 1, 2].map(|node| folder(&placement, &galera.url(&database, galera.nodes[node].port())));
    assert_eq!(db(folders[0].path(), &["sync"]).0, Some(0));
    let runners = folders.each_ref().map(start);

    let moved = begin(&runners[0], &placement, "primary component").await;
    galera.nodes[1..].iter().for_each(Node::stop);
    refuses(&runners[0]).await;
    galera.nodes[1..].iter().for_each(Node::go_on);
    goes_on(&runners, &placement, "primary component", &moved).await;

    let moved = begin(&runners[1], &placement, "all nodes").await;
    galera.nodes.iter_mut().for_each(Node::kill);
    refuses(&runners[1]).await;
    let restart = move || {
        galera.begin_again(0).unwrap();
        galera.rejoin(1).unwrap();
        galera.rejoin(2).unwrap();
        galera
    };
    let _galera = spawn_blocking(restart).await.unwrap();
    goes_on(&runners, &placement, "all nodes", &moved).await;
    assert!(runners.iter().all(|runner| runner.process().runs()), "a runner has ended");
}

/// Begins a move whose write Placement does when the database is away, so that its answer cannot be stored at once. Returns the
/// source and the target.
async fn begin(runner: &Serve, placement: &PlacementFixture, key: &str) -> [String; 2] {
    let [source, target] = [placement.holder().await, new()];
    placement.proxy.on(Method::Post, 1, Act::then(|| tokio::time::sleep(Duration::from_secs(3))));
    let accepted = runner.try_post("/v1/tasks", key, &swap(&source, &target)).await.unwrap();
    assert_eq!(accepted.status, 201, "{}", accepted.body);
    [source, target]
}

/// The runner says that it is not ready, and accepts no task.
async fn refuses(runner: &Serve) {
    let began = Instant::now();
    while runner.get("/readyz").await.status != 503 {
        assert!(began.elapsed() < PATIENCE, "it is ready without its database");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let refused = runner.try_post("/v1/tasks", "refused", &swap(&new(), &new())).await.unwrap();
    assert_eq!(refused.code(), (503, "swaparoo.journal_unavailable"), "{}", refused.body);
}

/// All runners become ready, each shows the end of the task, and Placement has what it says.
async fn goes_on(runners: &[Serve], placement: &PlacementFixture, key: &str, [source, target]: &[String; 2]) {
    let began = Instant::now();
    for runner in runners {
        while runner.get("/readyz").await.status != 200 {
            assert!(began.elapsed() < PATIENCE, "{}", runner.get("/readyz").await.body);
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let ended = ended(runner, key, &swap(source, target)).await;
        assert_eq!(ended.end(), ("finished", "moved"), "{}", ended.body);
    }
    println!("{key}: all runners have gone on after {:.1} s", began.elapsed().as_secs_f64());
    assert_eq!([placement.holds(source).await, placement.holds(target).await], [0, 2]);
}

/// The task, when it has ended. The database may still be away at first.
async fn ended(runner: &Serve, key: &str, task: &Value) -> Answer {
    let began = Instant::now();
    loop {
        let answer = end_of(runner, key, task).await;
        if answer.status == 200 && answer.end().0 == "finished" {
            return answer;
        }
        assert!(began.elapsed() < PATIENCE, "{}", answer.body);
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// A task has ended, and the database comes back as it was before: the runner asks again, and finds that it is done. A task
/// that the database does not know any more is accepted once more, and finds the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_loss_of_commits_a_task_is_repeated_from_what_is_left() {
    let placement = PlacementFixture::real().await;
    let mut postgres = spawn_blocking(|| Postgres::start().unwrap()).await.unwrap();
    let folder: TempDir = folder(&placement, &postgres.url(&postgres.create_database(), postgres.port()));
    assert_eq!(db(folder.path(), &["sync"]).0, Some(0));
    let runner = start(&folder);
    let [server, migration, later] = [placement.holder().await, new(), placement.holder().await];
    ended(&runner, "swap", &swap(&server, &migration)).await;
    let asks = runner.try_post("/v1/tasks?wait=10", "revert", &revert(&server, &migration, None)).await.unwrap();
    assert_eq!(asks.end().0, "waiting", "{}", asks.body);
    postgres = again(postgres, |postgres| postgres.store_data().unwrap()).await;

    let to_server = revert(&server, &migration, None);
    let given_back = answered(&runner, "revert", &to_server).await;
    let to_later = new();
    ended(&runner, "later", &swap(&later, &to_later)).await;
    let _postgres = again(postgres, |postgres| postgres.restore_data().unwrap()).await;

    let repeated = answered(&runner, "revert", &to_server).await;
    assert_eq!(repeated.end(), ("finished", "already-moved"), "{}", repeated.body);
    assert_eq!(repeated.text("/id"), given_back.text("/id"));
    let repeated = ended(&runner, "later", &swap(&later, &to_later)).await;
    assert_eq!(repeated.end(), ("finished", "already-moved"), "{}", repeated.body);
    let holds = [&server, &migration, &later, &to_later].map(|consumer| placement.holds(consumer));
    let [server, migration, later, to_later] = holds;
    assert_eq!([server.await, migration.await, later.await, to_later.await], [2, 0, 0, 2]);
}

/// Crashes the database, changes its data, and starts it again.
async fn again(mut postgres: Postgres, change: fn(&Postgres)) -> Postgres {
    let restart = move || {
        postgres.crash();
        change(&postgres);
        postgres.restart().unwrap();
        postgres
    };
    spawn_blocking(restart).await.unwrap()
}

/// The end of a task, whose questions are answered as often as it asks.
async fn answered(runner: &Serve, key: &str, task: &Value) -> Answer {
    let began = Instant::now();
    loop {
        let answer = runner.try_post("/v1/tasks?wait=2", key, task).await.unwrap();
        if answer.end().0 == "finished" {
            return answer;
        }
        if let Some(index) = answer.body.pointer("/waiting_for/0/index") {
            let path = format!("/v1/tasks/{}/replies", answer.text("/id"));
            runner.post(&path, &json!({ "index": index, "reply": { "kind": "server", "state": "present" } })).await;
        }
        assert!(began.elapsed() < PATIENCE, "{}", answer.body);
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}
