//! Three runners while runners are killed and stopped, and networks to the database and to Placement fail, at random places.
//! At rest, Placement is asked: each server holds what it should, or a task says that it does not know. Each accepted key is
//! still the same task, and a consumer was in one running task at any moment.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rustix::process::Signal;
use serde_json::Value;
use swaparoo_databases::Cut;
use swaparoo_tests::random::{self, Random};
use swaparoo_tests::sample::{self, size};
use tempfile::TempDir;
use tokio::sync::RwLock;
use tokio::task::spawn_blocking;
use tokio::time::sleep;

use super::cluster::Cluster;
use super::db;
use crate::service::placement_fixture::PlacementFixture;
use crate::service::serve::{Answer, Serve, change, command, configure};
use crate::service::tasks::{new, revert, swap};

const RUNNERS: usize = 3;
/// Servers that migrate there and back all the time.
const SERVERS: usize = 8;
/// How long Placement is silent before a runner is killed.
const HELD: Duration = Duration::from_millis(500);
/// How long a client tries to get its task's end: longer than a takeover with all that fails meanwhile.
const PATIENCE: Duration = Duration::from_secs(180);

/// A runner with networks of its own, which may be dead for a moment.
struct Runner {
    folder: TempDir,
    serve: RwLock<Option<Serve>>,
    database: Cut,
    placement: Cut,
}

impl Runner {
    async fn start(placement: &PlacementFixture, cluster: &Cluster, number: usize) -> Self {
        let (database, real) = (Cut::start(cluster.port(number)).await.unwrap(), port(&placement.proxy.url()));
        let placement = Cut::start(real).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        configure(folder.path(), &format!("http://127.0.0.1:{}", placement.port()), "");
        let file = format!("file = {:?}", folder.path().join("journal.db"));
        change(folder.path(), &file, &format!("url = {:?}", cluster.url(database.port())));
        let runner = Self { folder, serve: RwLock::new(None), database, placement };
        assert_eq!(db(runner.folder.path(), &["sync"]).0, Some(0));
        runner.run().await;
        runner
    }

    async fn run(&self) {
        let began = tokio::time::Instant::now();
        loop {
            let path = self.folder.path().to_owned();
            match spawn_blocking(move || Serve::run(&path, command(&path))).await {
                Ok(serve) => break *self.serve.write().await = Some(serve),
                // The database did not answer at the start, and systemd would start it again.
                Err(error) if began.elapsed() > PATIENCE => panic!("{error}"),
                Err(_) => sleep(Duration::from_secs(1)).await,
            }
        }
    }

    /// Runs again if it has ended because the others took its tasks.
    async fn revive(&self) {
        let alive = self.serve.read().await.as_ref().is_some_and(|serve| serve.process().runs());
        if !alive {
            self.run().await;
        }
    }

    async fn kill(&self) {
        if let Some(serve) = self.serve.write().await.take() {
            serve.process().kill();
        }
    }

    async fn signal(&self, signal: Signal) {
        if let Some(serve) = self.serve.read().await.as_ref().filter(|serve| serve.process().runs()) {
            serve.process().signal(signal);
        }
    }

    /// The answer, or none if it is dead, or dies first.
    async fn post(&self, key: &str, task: &Value) -> Option<Answer> {
        let serve = self.serve.read().await;
        tokio::time::timeout(Duration::from_secs(5), serve.as_ref()?.try_post("/v1/tasks?wait=2", key, task))
            .await
            .ok()?
    }
}

fn port(url: &str) -> u16 {
    url.trim_end_matches('/').rsplit(':').next().unwrap().parse().unwrap()
}

/// What a client knows from the answers.
#[derive(Default)]
struct Known {
    /// The task of each key.
    tasks: BTreeMap<String, String>,
    /// Where the 2 VCPU of a server must be: with the consumer of this id.
    holder: BTreeMap<String, String>,
    /// Servers of which a task says that it does not know.
    unknown: Vec<String>,
}

/// Moves a server's allocations there and back until the faults are over.
async fn migrate(runners: Arc<Vec<Runner>>, server: String, over: Arc<AtomicBool>, mut random: Random) -> Known {
    let (mut known, migration) = (Known::default(), new());
    known.holder.insert(server.clone(), server.clone());
    for nth in 0.. {
        if over.load(Ordering::Relaxed) {
            break;
        }
        let there = nth % 2 == 0;
        let task = if there { swap(&server, &migration) } else { revert(&server, &migration, Some("present")) };
        let key = format!("{server} {nth}");
        let ended = to_end(&runners, &key, &task, &mut random).await;
        known.tasks.insert(key, ended.text("/id").to_owned());
        if ended.end() != ("finished", "moved") {
            known.unknown.push(server);
            break;
        }
        let holder = if there { migration.clone() } else { server.clone() };
        known.holder.insert(server.clone(), holder);
    }
    known
}

/// Asks one runner after another, with the same key, until the task has ended.
async fn to_end(runners: &[Runner], key: &str, task: &Value, random: &mut Random) -> Answer {
    let began = tokio::time::Instant::now();
    let mut last = None;
    while began.elapsed() < PATIENCE {
        let runner = &runners[random.below(runners.len())];
        match runner.post(key, task).await {
            Some(answer) if matches!(answer.status, 200 | 201) && is_end(&answer) => return answer,
            answer => last = answer.or(last),
        }
        sleep(Duration::from_millis(50)).await;
    }
    panic!("{key} has not ended after {PATIENCE:?}: {last:?}")
}

fn is_end(answer: &Answer) -> bool {
    matches!(answer.end().0, "finished" | "failed")
}

/// One fault: it begins, lasts for a moment, and is over.
async fn fail(runner: &Runner, random: &mut Random) {
    let moment = moment(random);
    match random.below(9) {
        0 => {
            runner.kill().await;
            sleep(moment).await;
            runner.run().await;
        }
        7 => {
            // Killed while its tasks wait for Placement.
            during(moment.min(HELD), || runner.placement.silence(), || ()).await;
            runner.kill().await;
            runner.placement.mend();
            runner.run().await;
        }
        1 => {
            runner.signal(Signal::STOP).await;
            sleep(moment).await;
            runner.signal(Signal::CONT).await;
        }
        2 => during(moment, || runner.database.cut(), || runner.database.mend()).await,
        3 => during(moment, || runner.database.silence(), || runner.database.mend()).await,
        4 => during(moment, || runner.placement.cut(), || runner.placement.mend()).await,
        5 => during(moment, || runner.placement.silence(), || runner.placement.mend()).await,
        _ => runner.database.lose_commits(1 + random.below(3)),
    }
    runner.revive().await;
    sleep(Duration::from_millis(random.below(200) as u64)).await;
}

/// Most faults are short. At night one of twenty may last longer than it takes to take a runner's tasks over.
fn moment(random: &mut Random) -> Duration {
    let longest = if sample::nightly() && random.below(20) == 0 { 20_000 } else { 1_500 };
    Duration::from_millis(random.below(longest) as u64)
}

async fn during(moment: Duration, begin: impl Fn(), end: impl Fn()) {
    begin();
    sleep(moment).await;
    end();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_runners_lose_and_double_nothing_on_postgresql() {
    play(&Cluster::postgres().await, size(16, 2_000)).await;
}

/// Nodes are killed and stopped, too; a runner whose node is dead uses another one, as behind a load balancer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_runners_lose_and_double_nothing_on_galera() {
    play(&Cluster::galera().await, size(8, 1_000)).await;
}

async fn play(cluster: &Cluster, faults: usize) {
    let placement = PlacementFixture::real().await;
    sample::say(&format!("{faults} faults of three runners on {}", cluster.name()));
    let (mut random, mut runners) = (random::of_this_run(), Vec::new());
    for number in 0..RUNNERS {
        runners.push(Runner::start(&placement, cluster, number).await);
    }
    let (runners, over) = (Arc::new(runners), Arc::new(AtomicBool::new(false)));
    let mut clients = Vec::new();
    for _ in 0..SERVERS {
        let own = Random::from_seed(random.below(usize::MAX) as u64 | 1);
        clients.push(tokio::spawn(migrate(runners.clone(), placement.holder().await, over.clone(), own)));
    }
    for _ in 0..faults {
        let number = random.below(RUNNERS);
        if cluster.has_nodes() && number > 0 && random.below(5) == 0 {
            cluster.fail(number, &runners[number].database, &mut random).await;
        } else {
            fail(&runners[number], &mut random).await;
        }
    }
    over.store(true, Ordering::Relaxed);
    let mut known = Vec::new();
    for client in clients {
        known.push(client.await.unwrap());
    }
    let tasks: usize = known.iter().map(|client| client.tasks.len()).sum();
    let lost: usize = runners.iter().map(|runner| runner.database.lost()).sum();
    let takeovers = cluster.sql("SELECT COUNT(*) FROM tasks WHERE epoch > 1").await;
    let unknown: usize = known.iter().map(|client| client.unknown.len()).sum();
    sample::say(&format!(
        "{tasks} tasks, {takeovers} of them taken over, {lost} answers to a commit lost, {unknown} ended as not known"
    ));
    assert!(tasks > SERVERS * 2, "{tasks} tasks are too few");
    for client in &known {
        is_right(client, &placement, cluster).await;
    }
    one_at_a_time(&cluster.sql(RUNS).await);
}

/// At rest: what the client knows is so, and nothing was accepted twice.
async fn is_right(known: &Known, placement: &PlacementFixture, cluster: &Cluster) {
    for (server, holder) in known.holder.iter().filter(|(server, _)| !known.unknown.contains(server)) {
        assert_eq!(placement.holds(holder).await, 2, "{holder} has the allocations of {server}");
        if holder != server {
            assert_eq!(placement.holds(server).await, 0, "{server} gave them away");
        }
    }
    for task in known.tasks.values() {
        assert_eq!(cluster.sql(&format!("SELECT COUNT(*) FROM tasks WHERE id = '{task}'")).await, "1");
    }
}

/// When the tasks of each consumer ran, by their entries: after the first one, which only says that a task was accepted.
const RUNS: &str = "SELECT CONCAT(consumer, ' ', MIN(at), ' ', MAX(at), ' ', entries.task) FROM entries \
    JOIN consumers ON consumers.task = entries.task WHERE number > 0 GROUP BY consumer, entries.task ORDER BY consumer, MIN(at)";

/// No consumer was in two running tasks. The runners have one clock.
fn one_at_a_time(runs: &str) {
    let runs: Vec<Vec<&str>> = runs.lines().map(|run| run.split(' ').collect()).collect();
    assert!(runs.len() > SERVERS);
    for pair in runs.windows(2).filter(|pair| pair[0][0] == pair[1][0]) {
        let [end, begin] = [pair[0][2], pair[1][1]].map(|time| time.parse::<u64>().unwrap());
        assert!(end <= begin, "two tasks of one consumer ran at once: {pair:?}");
    }
}
