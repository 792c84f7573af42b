//! kill -9 at every point of every kind of task: whatever the moment, after a restart the task comes to its end, and its
//! allocations are held once, by whom the outcome says.

use std::time::Duration;

use serde_json::{Value, json};
use uuid::Uuid;

use super::chance::Chance;
use super::crash_at::Moment;
use super::ground::Ground;
use super::serve::Serve;

/// A task from one consumer that holds to another, of each kind.
fn task(kind: u64, ground: &Ground, from: &str, to: &str) -> Value {
    match kind {
        0 => json!({ "kind": "move", "source": from, "target": to, "target_is_new": true }),
        1 => json!({ "kind": "move", "source": from, "target": to, "server": "present" }),
        2 => json!({ "kind": "replace", "server": from, "migration": to, "source_node": ground.node() }),
        _ => json!({ "kind": "revert", "server": to, "migration": from, "server_state": "present" }),
    }
}

async fn kills(ground: &Ground, count: usize) {
    let folder = tempfile::tempdir().unwrap();
    let mut chance = Chance::of_this_run();
    let mut serve = Serve::start(folder.path(), &ground.proxy.url());
    // Each moment in each kind of task, and then whatever chance brings.
    let each = Moment::all().into_iter().flat_map(|moment| (0..4).map(move |kind| (kind, moment)));
    let mut each = each.collect::<Vec<_>>().into_iter();
    assert!(each.len() < count, "{} moments, and only {count} kills", each.len());
    for round in 0..count {
        let (from, to) = (ground.holder().await, Uuid::new_v4().to_string());
        let drawn = (chance.below(4), Moment::draw(|bound| chance.below(bound)));
        let (kind, moment) = each.next().unwrap_or(drawn);
        let task = task(kind, ground, &from, &to);
        moment.arrange(&ground.proxy, serve.process());
        let key = format!("round {round}");
        // It dies in the middle of this, or soon after.
        let _ = tokio::time::timeout(Duration::from_millis(400), serve.try_post("/v1/tasks?wait=1", &key, &task)).await;
        serve.process().kill();
        ground.proxy.forget();

        serve = Serve::start(folder.path(), &ground.proxy.url());
        // The same key is the same task, if it was accepted; if not, it is now.
        let answer = serve.try_post("/v1/tasks?wait=60", &key, &task).await.expect("an answer");
        let holds = (ground.holds(&from).await, ground.holds(&to).await);
        let end = (answer.body["state"].as_str(), answer.body["outcome"]["kind"].as_str());
        assert!(
            matches!(end, (Some("finished"), Some("moved" | "already-moved"))) && holds == (0, 2),
            "round {round}, killed at {moment:?}: {task} ended {end:?}, source and target hold {holds:?}\n{}\n{}",
            answer.body,
            std::fs::read_to_string(folder.path().join("log")).unwrap(),
        );
    }
    let open = serve.get("/v1/tasks?state=open").await;
    assert_eq!(open.body["tasks"], json!([]), "nothing is left open");
    println!("{count} kills");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_anywhere_on_the_model() {
    kills(&Ground::of_the_model().await, 400).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_anywhere_on_the_real_placement() {
    kills(&Ground::of_the_real_one().await, 100).await;
}
