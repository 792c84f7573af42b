//! Limits in bytes: the memory of open tasks, and the journal. New tasks are refused with a clear code, open tasks
//! continue, and new ones are accepted when there is room again.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::placement_fixture::PlacementFixture;
use super::serve::{Answer, Serve, change, command, configure};
use super::tasks::{new, revert, swap};

/// A migration that waits for its conductor, with this size in KiB.
fn large(kib: usize) -> Value {
    let hosts: Vec<String> = (0..kib * 16).map(|host| format!("compute-{host:053}")).collect();
    json!({
        "kind": "migrate", "server": new(), "old_flavor": "1", "new_flavor": "2",
        "request_spec": {
            "project": null, "user": null, "in_group": true, "force_hosts": [], "force_nodes": [],
            "ignore_hosts": hosts, "requested_destination": null, "retry": null, "requested_resources": [],
        },
    })
}

fn metric(metrics: &Answer, name: &str) -> f64 {
    let text = metrics.body.as_str().unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("no {name} in {text}")).parse().unwrap()
}

/// Repeats the request until the task is accepted.
async fn taken_at_last(serve: &Serve, task: &Value) -> Answer {
    let began = Instant::now();
    loop {
        let answer = serve.post("/v1/tasks?wait=30", task).await;
        if answer.status == 201 {
            return answer;
        }
        assert!(answer.status == 503 && began.elapsed() < Duration::from_secs(60), "{}", answer.body);
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_bytes_of_open_tasks_are_limited() {
    let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
    let tasks = "[tasks]\nopen_bytes = \"256KiB\"\ncaller_patience = \"3s\"\n";
    let serve = Serve::start_with(folder.path(), &placement.proxy.url(), tasks);
    let small = serve.post("/v1/tasks?wait=30", &revert(&new(), &placement.holder().await, None)).await;
    assert_eq!(small.end().0, "waiting");
    for _ in 0..2 {
        assert_eq!(serve.post("/v1/tasks", &large(100)).await.status, 201);
    }
    let refused = serve.post("/v1/tasks", &large(100)).await;
    assert_eq!((refused.code(), refused.retry_after.as_deref()), ((503, "swaparoo.too_many_tasks"), Some("1")));
    assert!(refused.text("/errors/0/detail").contains("tasks.open_bytes"), "{}", refused.body);
    let never = serve.post("/v1/tasks", &large(300)).await;
    assert_eq!((never.code(), never.retry_after.as_deref()), ((413, "swaparoo.request_too_large"), None));
    let metrics = serve.get("/metrics").await;
    let (open, most) =
        (metric(&metrics, "swaparoo_tasks_open_bytes"), metric(&metrics, "swaparoo_tasks_open_bytes_max"));
    assert!(open > 200.0 * 1024.0 && open < most && (most - 256.0 * 1024.0).abs() < 1.0, "{open} of {most}");

    // After a restart the limit applies as before, since open tasks are in memory again.
    drop(serve);
    let serve = Serve::start_with(folder.path(), &placement.proxy.url(), tasks);
    assert_eq!(serve.post("/v1/tasks", &large(100)).await.code().0, 503);
    // Their conductor does not answer, so they end.
    taken_at_last(&serve, &large(100)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_journals_size_is_limited_and_open_tasks_continue() {
    let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
    configure(folder.path(), &placement.proxy.url(), "");
    change(folder.path(), "[journal]", "[journal]\nmax_size = \"2MiB\"");
    let serve = Serve::run(folder.path(), command(folder.path()));
    let waits = serve.post("/v1/tasks?wait=30", &revert(&new(), &placement.holder().await, None)).await;
    let mut taken = 0;
    let refused = loop {
        let answer = serve.post("/v1/tasks", &large(100)).await;
        if answer.status != 201 {
            break answer;
        }
        taken += 1;
        assert!(taken < 20, "it is never full");
    };
    assert_eq!((refused.code(), refused.retry_after.as_deref()), ((503, "swaparoo.journal_full"), Some("60")));
    assert!(refused.text("/errors/0/detail").contains("journal.max_size"), "{}", refused.body);
    let metrics = serve.get("/metrics").await;
    let (bytes, most) = (metric(&metrics, "swaparoo_journal_bytes"), metric(&metrics, "swaparoo_journal_bytes_max"));
    // Not even a small task fits in the end, and the readiness check says so.
    while serve.post("/v1/tasks", &large(1)).await.status == 201 {}
    let ready = serve.get("/readyz").await;
    assert_eq!((ready.status, &ready.body["ready"]), (503, &json!(false)), "{}", ready.body);
    for word in ["journal.max_size", "`swaparoo policy remove`"] {
        assert!(ready.text("/journal").contains(word), "{}", ready.body);
    }
    assert!(taken > 3 && bytes > most / 2.0 && bytes < most, "{taken} taken, {bytes} of {most}");
    let gone = json!({ "index": 2, "reply": { "kind": "server", "state": "gone" } });
    assert_eq!(serve.post(&format!("/v1/tasks/{}/replies", waits.text("/id")), &gone).await.status, 200);
    let done = serve.get(&format!("/v1/tasks/{}?wait=30", waits.text("/id"))).await;
    assert_eq!(done.end(), ("finished", "source-deleted"));

    // Deleted tasks make room.
    assert_eq!(serve.process().stop(), Some(0));
    change(folder.path(), "[journal]", "[tasks]\ncaller_patience = \"1s\"\n[journal]\nkeep_for = \"1s\"");
    let serve = Serve::run(folder.path(), command(folder.path()));
    let source = placement.holder().await;
    assert_eq!(taken_at_last(&serve, &swap(&source, &new())).await.end(), ("finished", "moved"));
    assert_eq!(serve.get("/readyz").await.status, 200);
}
