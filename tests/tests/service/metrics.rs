//! The metrics of the policies in `/metrics`.

use serde_json::json;

use super::placement_fixture::PlacementFixture;
use super::serve::Serve;
use super::tasks::{new, swap};

/// The lines of that metric, without the metric's name.
async fn series(serve: &Serve, metric: &str) -> Vec<String> {
    let view = serve.get("/metrics").await;
    let text = view.body.as_str().unwrap();
    text.lines().filter_map(|line| line.strip_prefix(metric)).map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn step_times_of_live_tasks_and_of_the_shadow_are_separate() {
    let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
    let serve = Serve::start(folder.path(), &placement.proxy.url());
    let policies = serve.get("/v1/policies").await;
    let policies = policies.body["policies"].as_array().unwrap();
    let digest = |name| policies.iter().find(|policy| policy["name"] == name).unwrap()["digest"].as_str().unwrap();
    for name in ["standard", "nova-34"] {
        let judged = serve.post(&format!("/v1/policies/{}/replays", digest(name)), &json!({})).await;
        assert_eq!(judged.status, 200, "{}", judged.body);
    }
    let count = "swaparoo_step_seconds_count";
    assert_eq!(series(&serve, count).await, Vec::<String>::new(), "decisions of the promotion check are not live ones");
    let shadow = serve.put("/v1/policies/shadow", &json!({ "policy": digest("nova-34") })).await;
    assert_eq!(shadow.status, 200);
    let moved = serve.post("/v1/tasks?wait=30", &swap(&placement.holder().await, &new())).await;
    assert_eq!(moved.end(), ("finished", "moved"));
    let mut found = series(&serve, count).await;
    found.sort_unstable();
    // nova 34 also reads the target at its first step, and a shadow is not asked after the first difference.
    let expected = [("nova-34", "shadow", 1), ("standard", "task", 3)];
    assert_eq!(found, expected.map(|(policy, of, steps)| format!("{{policy=\"{policy}\",use=\"{of}\"}} {steps}")));
}
