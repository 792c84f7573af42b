//! Impossible tasks: a clear error names the value, and no allocations change.

use serde_json::json;

use super::placement_fixture::PlacementFixture;
use super::serve::Serve;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_of_one_consumer_twice_is_refused() {
    let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
    let serve = Serve::start(folder.path(), &placement.proxy.url());
    let server = placement.holder().await;
    let mut tasks = vec![
        json!({ "kind": "move", "source": server, "target": server, "target_is_new": true }),
        json!({ "kind": "move", "source": server, "target": server }),
    ];
    for kind in ["replace", "revert", "confirm", "revert-resize", "abort"] {
        tasks.push(json!({ "kind": kind, "server": server, "migration": server }));
    }
    for task in &tasks {
        let refused = serve.post("/v1/tasks?wait=30", task).await;
        assert_eq!(refused.code(), (422, "swaparoo.unsound_value"), "{task}: {}", refused.body);
        let detail = refused.text("/errors/0/detail");
        assert!(detail.contains(&server) && detail.contains("name two different consumers"), "{task}: {detail}");
        assert_eq!(placement.holds(&server).await, 2, "{task}");
    }
    assert_eq!(serve.get("/v1/tasks").await.body["tasks"], json!([]));
}
