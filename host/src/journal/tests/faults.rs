//! Two runners on a database behind networks that fail all the time: what was acknowledged is there, once and in order, and a
//! consumer is in one running task.

use std::collections::BTreeMap;
use std::env;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use swaparoo_databases::Cut;
use tokio::time::sleep;
use uuid::Uuid;

use super::databases::Empty;
use super::*;

/// Tasks at a time at each runner, whose entries share commits.
const WORKERS: usize = 4;
/// Servers that all tasks are about.
const SERVERS: usize = 3;
/// Faults in CI, and at night.
const FAULTS: [u32; 2] = [200, 5_000];

fn seed() -> u64 {
    env::var("SWAPAROO_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(rand::random)
}

fn faults() -> u32 {
    FAULTS[usize::from(env::var_os("SWAPAROO_NIGHTLY").is_some())]
}

/// What all workers of a database share.
struct Shared {
    servers: Vec<String>,
    /// The task that runs with each server.
    running: Mutex<BTreeMap<String, String>>,
    over: AtomicBool,
}

impl Shared {
    fn begin(&self, server: &str, task: &str) {
        let before = self.running.lock().unwrap().insert(server.to_owned(), task.to_owned());
        assert_eq!(before, None, "{task} began while another task runs with {server}");
    }

    fn end(&self, server: &str) {
        self.running.lock().unwrap().remove(server);
    }
}

/// Tries until the entries are durable, as a task does.
async fn append(journal: &Journal, entries: Vec<Entry>) {
    while let Err(error) = journal.append(entries.clone()).await {
        assert!(!error.is_fenced() && error.locked_by().is_none(), "{error}");
        sleep(Duration::from_millis(5)).await;
    }
}

/// Opens a task, and waits until it has locked its consumers, as the runner does.
async fn open(journal: &Journal, entry: Entry) {
    let task = entry.task.clone();
    loop {
        let lock = vec![Lock::InTurn { task: task.clone() }];
        match journal.append_locking(vec![entry.clone()], lock).await {
            Ok(()) => return,
            Err(error) if error.locked_by().is_some() => break,
            Err(error) => assert!(!error.is_fenced(), "{error}"),
        }
        sleep(Duration::from_millis(5)).await;
    }
    append(journal, vec![entry]).await;
    while !matches!(journal.lock(&task).await, Ok(None)) {
        sleep(Duration::from_millis(10)).await;
    }
}

/// Runs tasks until the faults are over. Returns their ids.
async fn work(journal: Journal, shared: Arc<Shared>, mut random: StdRng) -> Vec<String> {
    let mut tasks = Vec::new();
    while !shared.over.load(Ordering::Relaxed) {
        let task = Uuid::new_v4().to_string();
        let server = &shared.servers[random.random_range(0..SERVERS)];
        open(&journal, opened_for(&task, server, &task)).await;
        shared.begin(server, &task);
        append(&journal, vec![entry(&task, 1, 1, Event::Asked(vec![]))]).await;
        // The locks go with the end, so another task may begin before its answer is here.
        shared.end(server);
        append(&journal, vec![entry(&task, 2, 2, Event::Answered(vec![])), ended(&task, 3, 3)]).await;
        tasks.push(task);
    }
    tasks
}

/// The first entry of a move from this server to a new consumer.
fn opened_for(task: &str, server: &str, key: &str) -> Entry {
    let mut entry = opened(task, 0, Some(key));
    if let Event::Opened(opened) = &mut entry.event {
        opened.task = Task::Move(MoveTask { source: server.into(), target: task.into(), target_is_new: true });
    }
    entry
}

/// Lets a network fail in a random way.
async fn fail(proxy: &Cut, random: &mut StdRng) {
    let moment = Duration::from_millis(random.random_range(0..30));
    match random.random_range(0..4) {
        0 | 1 => proxy.lose_commits(random.random_range(1..4)),
        2 => {
            proxy.cut();
            sleep(moment).await;
        }
        _ => {
            proxy.silence();
            sleep(moment).await;
        }
    }
    proxy.mend();
    sleep(Duration::from_millis(random.random_range(0..40))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn networks_that_fail_lose_and_repeat_nothing() {
    let seed = seed();
    println!("sample: {} faults on each database, SWAPAROO_SEED={seed}", faults());
    for empty in Empty::each() {
        on(&empty.synced().await, seed).await;
    }
}

async fn on(empty: &Empty, seed: u64) {
    let proxies = [Cut::start(empty.port).await.unwrap(), Cut::start(empty.port).await.unwrap()];
    let servers = (0..SERVERS).map(|_| Uuid::new_v4().to_string()).collect();
    let shared = Arc::new(Shared { servers, running: Mutex::default(), over: AtomicBool::new(false) });
    let (mut workers, mut random) = (Vec::new(), StdRng::seed_from_u64(seed));
    for proxy in &proxies {
        let journal = Journal::connect(&empty.through(proxy.port()), "").await.unwrap();
        let own = (0..WORKERS).map(|_| StdRng::seed_from_u64(random.random()));
        let own: Vec<_> = own.map(|own| tokio::spawn(work(journal.clone(), shared.clone(), own))).collect();
        workers.extend(own);
    }
    for _ in 0..faults() {
        fail(&proxies[random.random_range(0..proxies.len())], &mut random).await;
    }
    shared.over.store(true, Ordering::Relaxed);
    let journal = Journal::connect(&empty.options(), "").await.unwrap();
    let mut tasks = Vec::new();
    for worker in workers {
        tasks.extend(worker.await.unwrap());
    }
    for task in &tasks {
        let numbers: Vec<_> = journal.entries(task).await.unwrap().iter().map(|entry| entry.number).collect();
        assert_eq!(numbers, [0, 1, 2, 3], "{task}");
        assert_eq!(journal.task_of_key(task).await.unwrap().unwrap().state, State::Finished);
    }
    let all = journal.tasks(&TaskQuery { limit: u32::MAX, ..TaskQuery::default() }).await.unwrap();
    let lost: usize = proxies.iter().map(Cut::lost).sum();
    println!("{}: {} tasks, {lost} answers to a commit lost", empty.options(), tasks.len());
    assert_eq!((all.len(), empty.sql("SELECT COUNT(*) FROM locks").as_str()), (tasks.len(), "0"));
    assert!(!tasks.is_empty() && lost > 0);
}
