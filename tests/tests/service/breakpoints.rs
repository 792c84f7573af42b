//! A breakpoint stops one task before its next write, once, and the task goes on when it is removed, when its time is over, and
//! after a restart of the service.

use serde_json::{Value, json};

use super::placement_fixture::PlacementFixture;
use super::printable::printed;
use super::serve::{Answer, Serve};
use super::tasks::{new, swap};

fn writes(placement: &PlacementFixture) -> usize {
    placement.proxy.seen().iter().filter(|request| request.starts_with("POST ")).count()
}

/// A service with a breakpoint for the task of one server, which has stopped there.
struct Stopped {
    placement: PlacementFixture,
    folder: tempfile::TempDir,
    serve: Serve,
    breakpoint: String,
    task: String,
    server: String,
    migration: String,
}

impl Stopped {
    async fn start(seconds: u64) -> Self {
        let (placement, folder) = (PlacementFixture::real().await, tempfile::tempdir().unwrap());
        let serve = Serve::start(folder.path(), &placement.proxy.url());
        let (server, migration) = (placement.holder().await, new());
        let set = serve.post("/v1/breakpoints", &json!({ "consumer": server, "seconds": seconds })).await;
        assert_eq!(set.status, 201, "{}", set.body);
        let breakpoint = set.text("/id").to_owned();
        let task = serve.post("/v1/tasks", &swap(&server, &migration)).await.text("/id").to_owned();
        let stopped = Self { placement, folder, serve, breakpoint, task, server, migration };
        stopped.until(|task| task.body["waiting_for"][0]["kind"] == "breakpoint").await;
        stopped
    }

    async fn until(&self, is_so: impl Fn(&Answer) -> bool) -> Answer {
        let began = std::time::Instant::now();
        loop {
            let task = self.serve.get(&format!("/v1/tasks/{}", self.task)).await;
            if is_so(&task) {
                return task;
            }
            assert!(began.elapsed().as_secs() < 30, "{}", task.body);
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    }

    /// The task has moved the allocations, and the breakpoint is gone.
    async fn moves(&self) {
        let ended = self.until(|task| task.body["outcome"] != Value::Null).await;
        assert_eq!(ended.end(), ("finished", "moved"), "{}", ended.body);
        assert_eq!(self.placement.holds(&self.migration).await, 2);
        assert_eq!(self.serve.get("/v1/breakpoints").await.body["breakpoints"], json!([]));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_stops_before_its_write_until_the_breakpoint_is_removed() {
    let stopped = Stopped::start(600).await;
    let before = writes(&stopped.placement);
    let Stopped { serve, breakpoint, task, server, .. } = &stopped;
    let seen = serve.get(&format!("/v1/tasks/{task}")).await;
    assert_eq!((seen.text("/state"), seen.text("/waiting_for/0/breakpoint")), ("running", breakpoint.as_str()));
    let listed = serve.get("/v1/tasks").await;
    assert_eq!(listed.text("/tasks/0/waiting_for/0/breakpoint"), breakpoint);
    assert_eq!(seen.body["history"].as_array().map(Vec::len), Some(1), "what it has read can be seen: {}", seen.body);
    assert_eq!(stopped.placement.holds(server).await, 2, "nothing was sent");
    // Other tasks are not stopped, and the second task of this server waits for the first one as always.
    let other = serve.post("/v1/tasks?wait=30", &swap(&stopped.placement.holder().await, &new())).await;
    assert_eq!(other.end(), ("finished", "moved"), "{}", other.body);
    assert_eq!(writes(&stopped.placement), before + 1);
    let url = serve.url();
    let shown = printed(&format!("breakpoints list --url {url}"));
    assert!(shown.contains(&format!("stopped   task {task} before ")), "{shown}");
    let tasks = printed(&format!("tasks list --url {url}"));
    assert!(tasks.lines().any(|line| line.starts_with(task.as_str()) && line.contains(" stopped ")), "{tasks}");
    let task_shown = printed(&format!("tasks show {task} --url {url}"));
    let remove = format!("swaparoo breakpoints remove {breakpoint}");
    assert!(task_shown.contains(&remove), "{task_shown}");
    printed(&format!("breakpoints remove {breakpoint} --url {url}"));
    stopped.moves().await;
    let again = serve.delete(&format!("/v1/breakpoints/{breakpoint}")).await;
    assert_eq!(again.code(), (404, "swaparoo.not_found"), "{}", again.body);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopped_task_goes_on_when_the_time_is_over() {
    Stopped::start(2).await.moves().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_service_keeps_the_task_stopped_and_sends_its_write_once() {
    let mut stopped = Stopped::start(600).await;
    stopped.serve.process().kill();
    let (url, path) = (stopped.placement.proxy.url(), stopped.folder.path().to_owned());
    stopped.serve = tokio::task::spawn_blocking(move || Serve::start(&path, &url)).await.unwrap();
    let seen = stopped.until(|task| task.body["waiting_for"][0]["kind"] == "breakpoint").await;
    assert_eq!(seen.text("/waiting_for/0/breakpoint"), stopped.breakpoint);
    let before = writes(&stopped.placement);
    stopped.serve.delete(&format!("/v1/breakpoints/{}", stopped.breakpoint)).await;
    stopped.moves().await;
    assert_eq!(writes(&stopped.placement), before + 1);
}

/// After a restart at most 64 tasks ask Placement at the same time; those that are stopped do not count.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_restart_stopped_tasks_do_not_hold_up_the_others() {
    let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
    let mut serve = Serve::start(folder.path(), &placement.proxy.url());
    for nth in 0..66 {
        let (server, seconds) = (placement.holder().await, if nth < 65 { 600 } else { 1 });
        serve.post("/v1/breakpoints", &json!({ "consumer": server, "seconds": seconds })).await;
        serve.post("/v1/tasks", &swap(&server, &new())).await;
    }
    serve.process().kill();
    let (url, path) = (placement.proxy.url(), folder.path().to_owned());
    serve = tokio::task::spawn_blocking(move || Serve::start(&path, &url)).await.unwrap();
    let began = std::time::Instant::now();
    while serve.get("/v1/tasks?state=finished").await.body["tasks"].as_array().map(Vec::len) != Some(1) {
        assert!(began.elapsed().as_secs() < 30, "the task whose time is over still waits");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_breakpoint_that_makes_no_sense_is_refused_and_conditions_must_all_be_met() {
    let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
    let serve = Serve::start(folder.path(), &placement.proxy.url());
    for (body, says) in [
        (json!({}), "a breakpoint needs a condition: kind, consumer, rule or effect"),
        (json!({ "kind": "move", "seconds": 0 }), "seconds is 0; it may be 1 to 3600"),
        (json!({ "kind": "mvoe" }), "mvoe"),
        (json!({ "effect": "delete-allocatoins" }), "delete-allocatoins"),
        (json!({ "rule": "x".repeat(65) }), "1 to 64 lower case letters"),
        (json!({ "consumer": "C0FFEE00-0000-0000-0000-000000000001" }), "write c0ffee00"),
    ] {
        let refused = serve.post("/v1/breakpoints", &body).await;
        assert!(
            matches!(refused.status, 400 | 422) && refused.body.to_string().contains(says),
            "{body}: {}",
            refused.body
        );
    }
    for other in [
        json!({ "kind": "revert" }),
        json!({ "kind": "move", "rule": "no-such-rule" }),
        json!({ "effect": "put-allocations" }),
    ] {
        assert_eq!(serve.post("/v1/breakpoints", &other).await.status, 201);
    }
    let moved = serve.post("/v1/tasks?wait=30", &swap(&placement.holder().await, &new())).await;
    assert_eq!(moved.end(), ("finished", "moved"), "{}", moved.body);
    let kept = serve.get("/v1/breakpoints").await;
    assert_eq!(kept.body["breakpoints"].as_array().map(Vec::len), Some(3), "{}", kept.body);
}
