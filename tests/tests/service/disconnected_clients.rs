//! Clients that disconnect during a request: the policies have the roles that are in the journal, and a task that
//! should be resumed is either resumed once or not at all.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use swaparoo_tests::random;
use swaparoo_tests::sample::{self, size};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::journal::python;
use super::parked_fixture::{ParkedTasks, copy_of_standard, parked};
use super::placement_fixture::PlacementFixture;
use super::serve::{Answer, Serve};
use super::tasks::{new, swap};

const BETWEEN_RESTARTS: usize = 40;
const RESUMED: usize = 60;

/// A method, a path and a body.
type Request = (&'static str, String, Value);

/// Sends the request, and disconnects after this time.
async fn leave(serve: &Serve, (method, path, body): &Request, after: Duration) {
    let mut stream = TcpStream::connect(serve.url().strip_prefix("http://").unwrap()).await.unwrap();
    let body = body.to_string();
    let head = format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n");
    let request = format!("{head}Content-Length: {}\r\n\r\n{body}", body.len());
    stream.write_all(request.as_bytes()).await.unwrap();
    // tokio's clock has a resolution of one millisecond.
    tokio::task::block_in_place(|| std::thread::sleep(after));
}

async fn stay(serve: &Serve, (method, path, body): &Request) -> Answer {
    match *method {
        "PUT" => serve.put(path, body).await,
        _ => serve.post(path, body).await,
    }
}

type Roles = BTreeMap<String, String>;

/// The roles in the service's memory.
async fn in_force(serve: &Serve) -> Roles {
    let view = serve.get("/v1/policies").await;
    let mut roles = Roles::new();
    for policy in view.body["policies"].as_array().unwrap() {
        let of = policy["roles"].as_array().unwrap().iter().map(|role| role.as_str().unwrap().to_owned());
        roles.extend(of.map(|role| (role, policy["digest"].as_str().unwrap().to_owned())));
    }
    roles
}

fn written(folder: &Path) -> Roles {
    let read = "import json; print(json.dumps(dict(db.execute(\"SELECT name, value FROM settings \
        WHERE name IN ('active', 'previous', 'shadow')\"))))";
    serde_json::from_str(&python(folder, read, &[])).unwrap()
}

/// Waits for running changes to end; then both must be equal.
async fn agree(serve: &Serve, folder: &Path, after: &str) -> Roles {
    let began = Instant::now();
    loop {
        let (in_force, written) = (in_force(serve).await, written(folder));
        if in_force == written {
            return written;
        }
        assert!(began.elapsed() < Duration::from_secs(5), "{after}: {in_force:?} in force, {written:?} written");
    }
}

/// The changes of roles, and the time that each takes if its client stays.
async fn changes(serve: &Serve) -> Vec<(Request, Duration)> {
    let standard = serve.get("/v1/policies").await.text("/policies/0/digest").to_owned();
    let copy = copy_of_standard(serve).await;
    let mut changes = Vec::new();
    for (method, role) in [("PUT", "active"), ("PUT", "shadow"), ("POST", "rollback")] {
        for digest in [&copy, &standard] {
            let body = if role == "rollback" { json!({}) } else { json!({ "policy": digest }) };
            changes.push((method, format!("/v1/policies/{role}"), body));
        }
    }
    let mut timed = Vec::new();
    for change in changes {
        let began = Instant::now();
        stay(serve, &change).await;
        timed.push((change, began.elapsed()));
    }
    timed
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn roles_are_what_the_journal_says() {
    let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
    let changes_in_all = size(16, 200);
    let mut random = random::of_this_run();
    let start = || Serve::start_with(folder.path(), &placement.proxy.url(), "[policies]\nreplay = 0\n");
    let mut serve = start();
    let changes = changes(&serve).await;
    let mut seen = BTreeMap::new();
    // Which change is next is random, so the rounds go on until some have made a difference.
    for round in 1..=4 * changes_in_all {
        if round > changes_in_all && seen.len() > 2 {
            break;
        }
        let (change, took) = &changes[random.below(changes.len())];
        // A change that judges its policy ends with its client, and the judging takes longer on a busy machine than it
        // took at first. So every third client stays.
        let stays = round % 3 == 0;
        let moment = random.within(*took * 2);
        if stays {
            stay(&serve, change).await;
        } else {
            leave(&serve, change, moment).await;
        }
        let what = format!("round {round}, {change:?}, stays: {stays}, or gone after {moment:?} of {took:?}");
        let roles = agree(&serve, folder.path(), &what).await;
        *seen.entry(roles).or_insert(0_usize) += 1;
        if round % BETWEEN_RESTARTS == 0 {
            assert_eq!(serve.process().stop(), Some(0));
            let before = written(folder.path());
            serve = start();
            assert_eq!(in_force(&serve).await, before, "{what}");
        }
    }
    sample::say(&format!("{changes_in_all} changes whose client went away: {} sets of roles", seen.len()));
    assert!(seen.len() > 2, "nothing ever changed: {seen:?}");
}

/// Resumes the task if it is still parked, and waits for its end.
async fn ends(parked: &ParkedTasks, resume: &Request, id: &str) -> Answer {
    let began = Instant::now();
    loop {
        let task = parked.serve.get(&format!("/v1/tasks/{id}?wait=30")).await;
        match task.end().0 {
            "finished" | "failed" => return task,
            "parked" => {
                let resumed = stay(&parked.serve, resume).await;
                assert!(matches!(resumed.code(), (200, "") | (409, "swaparoo.not_parked")), "{}", resumed.body);
            }
            _ => assert!(began.elapsed() < Duration::from_secs(30), "it does not run: {}", task.body),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_resumed_task_ends_and_runs_once() {
    let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
    let mut random = random::of_this_run();
    let mut tasks = Vec::new();
    for _ in 0..RESUMED {
        tasks.push(swap(&placement.holder().await, &new()));
    }
    let parked = parked(folder.path(), &placement, &tasks).await;
    let before = placement.proxy.seen().len();
    let resume = |id: &String| ("POST", format!("/v1/tasks/{id}/resume"), json!({ "policy": parked.standard }));
    let began = Instant::now();
    assert_eq!(stay(&parked.serve, &resume(&parked.ids[0])).await.status, 200);
    let took = began.elapsed();
    let mut without_help = 0;
    for id in &parked.ids[1..] {
        let resume = resume(id);
        leave(&parked.serve, &resume, random.within(took * 5 / 4)).await;
        tokio::time::sleep(took * 2).await;
        without_help += usize::from(parked.serve.get(&format!("/v1/tasks/{id}")).await.end().0 != "parked");
        let done = ends(&parked, &resume, id).await;
        assert_eq!(done.end(), ("finished", "moved"), "{}", done.body);
    }
    println!("{without_help} of {} continued without their client", RESUMED - 1);
    for task in &tasks {
        assert_eq!(placement.holds(task["target"].as_str().unwrap()).await, 2, "{task}");
    }
    let asked = placement.proxy.seen().split_off(before);
    let writes = asked.iter().filter(|request| request.starts_with("POST ")).count();
    assert_eq!((writes, asked.len()), (RESUMED, 2 * RESUMED), "a read and a write each, and no second run of any");
    assert_eq!(parked.serve.get("/v1/tasks?state=open").await.body["tasks"], json!([]));
}
