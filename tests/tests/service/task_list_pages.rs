//! Pages of the task list, over HTTP and in the command line: with every filter, a page is as full as possible, and it
//! has a next page exactly if there are more tasks.

use std::process::{Command, Output};

use serde_json::{Value, json};
use swaparoo_placement::Method;
use swaparoo_real_placement::{Act, Canned};

use super::placement_fixture::PlacementFixture;
use super::serve::{Serve, program};
use super::tasks::{new, revert, swap};

/// The ids of a page, and the address of the next page.
async fn page(serve: &Serve, path: &str) -> (Vec<String>, Option<String>) {
    let page = serve.get(path).await;
    assert_eq!(page.status, 200, "{path}: {}", page.body);
    let tasks = page.body["tasks"].as_array().unwrap().iter();
    (tasks.map(|task| task["id"].as_str().unwrap().to_owned()).collect(), page.body["next"].as_str().map(str::to_owned))
}

/// Three waiting tasks, one queued behind them, and two that are done at once; the oldest first.
async fn tasks(placement: &PlacementFixture, serve: &Serve) -> [Vec<String>; 3] {
    let (mut waiting, mut done) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        let waits = serve.post("/v1/tasks?wait=30", &revert(&new(), &placement.holder().await, None)).await;
        waiting.push(waits.text("/id").to_owned());
        assert_eq!(waits.end().0, "waiting", "{}", waits.body);
    }
    let migration = placement.holder().await;
    let last = serve.post("/v1/tasks?wait=30", &revert(&new(), &migration, None)).await;
    waiting.push(last.text("/id").to_owned());
    let queued = serve.post("/v1/tasks", &swap(&migration, &new())).await.text("/id").to_owned();
    for _ in 0..2 {
        done.push(serve.post("/v1/tasks?wait=30", &swap(&new(), &new())).await.text("/id").to_owned());
    }
    [waiting, vec![queued], done]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_of_one_state_is_full_and_shows_whether_there_are_more() {
    let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
    let serve = Serve::start(folder.path(), &placement.proxy.url());
    let [mut waiting, queued, mut done] = tasks(&placement, &serve).await;
    [&mut waiting, &mut done].into_iter().for_each(|tasks| tasks.reverse());
    let (first, next) = page(&serve, "/v1/tasks?state=waiting&limit=3").await;
    assert_eq!(first, waiting[..3], "newer ones in other states take no room");
    let (rest, end) = page(&serve, &next.unwrap()).await;
    assert_eq!((rest.as_slice(), end), (&waiting[3..], None));
    for (state, expected) in [("waiting", &waiting), ("queued", &queued), ("finished", &done), ("running", &vec![])] {
        let limit = expected.len().max(1);
        let (all, next) = page(&serve, &format!("/v1/tasks?state={state}&limit={limit}")).await;
        assert_eq!((&all, next), (expected, None), "{state}: exactly full");
    }
    let (all, next) = page(&serve, "/v1/tasks?limit=7").await;
    assert_eq!((all.len(), next), (7, None));
    assert!(page(&serve, "/v1/tasks?limit=6").await.1.is_some());
    let gone = new();
    let lost = serve.get(&format!("/v1/tasks?marker={gone}")).await;
    assert_eq!(lost.code(), (400, "swaparoo.bad_request"));
    assert!(lost.text("/errors/0/detail").contains(&format!("task {gone} does not exist, or not any more")));
}

/// The id at the beginning of a table line.
fn id(line: &str) -> Option<&str> {
    line.split(' ').next().filter(|word| word.len() == 36)
}

/// Splits a command line as a shell does. The environment names another address, without a listener.
fn run(words: &str) -> Output {
    let mut command = Command::new(program());
    command.args(words.split_whitespace()).env("SWAPAROO_SOCKET", "/nowhere/s.sock").output().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_line_prints_the_command_for_the_next_page() {
    let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
    let serve = Serve::start(folder.path(), &placement.proxy.url());
    let [waiting, _, _] = tasks(&placement, &serve).await;
    let output = run(&format!("tasks list --state waiting --limit 3 --url {}", serve.url()));
    let first = String::from_utf8(output.stdout).unwrap();
    let next = first.lines().find_map(|line| line.strip_prefix("there are more: swaparoo ")).expect(&first);
    let rest = String::from_utf8(run(next).stdout).unwrap();
    let listed: Vec<&str> = [&first, &rest].iter().flat_map(|page| page.lines().filter_map(id)).collect();
    assert_eq!(listed, waiting.iter().rev().collect::<Vec<_>>());
    assert!(!rest.contains("there are more"), "{rest}");
    let odd = run(&format!("tasks list --state finished&limit=1 --url {}", serve.url()));
    let error = String::from_utf8(odd.stderr).unwrap();
    assert!(error.contains("state is \"finished&limit=1\"; it may be open"), "{error}");
}

/// A list of 40 tasks with a request spec of 200 kB each has some kilobytes, and each task is complete at its own
/// address.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_has_no_histories_and_no_request_specs() {
    const LARGE: usize = 200_000;
    let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
    let serve = Serve::start(folder.path(), &placement.proxy.url());
    let hosts: Vec<String> = (0..LARGE / 100).map(|nth| format!("{nth:0>97}")).collect();
    for _ in 0..40 {
        let asked = serve.post("/v1/tasks?wait=30", &migrate(&placement.holder().await, &hosts)).await;
        assert_eq!((asked.status, asked.end().0), (201, "waiting"), "{:?}", asked.body["errors"]);
    }
    let done = serve.post("/v1/tasks?wait=30", &swap(&placement.holder().await, &new())).await;
    let before = serve.process().resident();
    let lists = futures_util::future::join_all((0..4).map(async |_| serve.get("/v1/tasks?limit=1000").await)).await;
    let grown = serve.process().resident().saturating_sub(before);
    assert!(grown < 32 * 1024, "four lists of tasks with 8 MB of request specs took {grown} KiB");
    let list = &lists[0].body;
    assert!(list.to_string().len() < 41 * 1024, "{} bytes", list.to_string().len());
    let tasks = list["tasks"].as_array().unwrap();
    assert_eq!((tasks.len(), &list["next"]), (41, &Value::Null));
    let known = [
        "id",
        "kind",
        "state",
        "consumers",
        "outcome",
        "failure",
        "parked",
        "policy",
        "waiting_for",
        "created_at",
        "updated_at",
        "request_id",
    ];
    let fields: Vec<&str> = tasks[0].as_object().unwrap().keys().map(String::as_str).collect();
    assert!(fields.len() == known.len() && known.iter().all(|field| fields.contains(field)), "{fields:?}");
    assert_eq!((&tasks[0]["state"], &tasks[0]["outcome"]), (&"finished".into(), &json!({ "kind": "moved" })));
    assert_eq!(tasks[0]["consumers"].as_array().map(Vec::len), Some(2));
    for field in ["id", "kind", "policy", "request_id", "created_at", "updated_at"] {
        assert_eq!(tasks[0][field], done.body[field], "{field}");
    }
    let waits = &tasks[1]["waiting_for"][0];
    assert_eq!((&tasks[1]["state"], &waits["kind"]), (&"waiting".into(), &"reply".into()));
    assert!(waits["effect"].is_string() && waits["until"].is_string(), "{waits}");
    let whole = serve.get(&format!("/v1/tasks/{}", tasks[1]["id"].as_str().unwrap())).await;
    assert_eq!(whole.body["task"]["request_spec"]["ignore_hosts"].as_array().map(Vec::len), Some(hosts.len()));
    assert_eq!(whole.body["waiting_for"][0]["effect"]["kind"], waits["effect"]);
}

/// Placement's refusals are long, so a failure's text is cut in the list, and a page of many keeps its size limit.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_is_limited_in_bytes_and_the_next_continues() {
    const TASKS: usize = 600;
    let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
    let serve = Serve::start(folder.path(), &placement.proxy.url());
    let detail = "\u{1f980}".repeat(2_000);
    let refusal = json!({ "errors": [{ "status": 400, "title": "Bad Request", "detail": detail }] }).to_string();
    placement
        .proxy
        .every(Method::Get, Act::Answer(Canned { status: 400, content_type: "application/json", body: refusal }));
    let mut accepted = Vec::new();
    for _ in 0..TASKS / 20 {
        let asked = (0..20).map(async |_| serve.post("/v1/tasks?wait=30", &swap(&new(), &new())).await);
        accepted.extend(futures_util::future::join_all(asked).await);
    }
    assert!(accepted.iter().all(|task| task.end().0 == "failed"), "{}", accepted[0].body);
    let (mut seen, mut pages, mut next) = (0, 0, Some("/v1/tasks?limit=1000".to_owned()));
    while let Some(path) = next {
        let page = serve.get(&path).await.body;
        let length = page.to_string().len();
        assert!(length < (1 << 20) + 4_096, "{length} bytes");
        seen += page["tasks"].as_array().unwrap().len();
        pages += 1;
        next = page["next"].as_str().map(str::to_owned);
    }
    assert!(seen == TASKS && pages > 1, "{seen} tasks on {pages} pages");
}

fn migrate(server: &str, ignore_hosts: &[String]) -> Value {
    json!({
        "kind": "migrate", "server": server, "old_flavor": "1", "new_flavor": "2",
        "request_spec": {
            "project": null, "user": null, "in_group": true, "force_hosts": [], "force_nodes": [],
            "ignore_hosts": ignore_hosts, "requested_destination": null, "retry": null, "requested_resources": [],
        },
    })
}
