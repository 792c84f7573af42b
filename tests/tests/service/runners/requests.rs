//! A client may use any runner for any request: the one that has a task answers, and locks and roles are those of all.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use swaparoo_placement::Method;
use swaparoo_real_placement::Act;

use super::{begin_write, end_of, folders, start};
use crate::service::conductor::{Conductor, Scheduling};
use crate::service::placement_fixture::PlacementFixture;
use crate::service::serve::{Answer, Serve};
use crate::service::tasks::{new, pushed, swap};

/// Each request of a resize goes to the next runner, as with a load balancer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_conductor_may_change_runners_between_any_two_requests() {
    let placement = Arc::new(PlacementFixture::real().await);
    let destination = placement.another_node().await;
    let folders = folders::<3>(&placement).await;
    let runners = folders.each_ref().map(start);
    let mut conductor = Conductor::new(&placement, &destination, Scheduling::Found).await;
    let mut turn = (0..runners.len()).cycle();
    let mut next = || &runners[turn.next().unwrap()];
    let body = conductor.resize();
    let mut view = next().try_post("/v1/tasks?wait=60", "resize", &body).await.unwrap();
    let (id, mut questions) = (view.text("/id").to_owned(), 0);
    while view.end().0 != "finished" {
        for question in view.body["waiting_for"].as_array().unwrap().clone() {
            let reply = json!({ "index": question["index"], "reply": conductor.answer(&id, &question).await });
            for _ in 0..2 {
                // The second time it is known already.
                let answer = next().post(&format!("/v1/tasks/{id}/replies"), &reply).await;
                assert_eq!(answer.status, 200, "{reply}: {}", answer.body);
            }
            questions += 1;
        }
        view = next().try_post("/v1/tasks?wait=60", "resize", &body).await.unwrap();
        assert_eq!((view.status, view.text("/id")), (200, id.as_str()), "{}", view.body);
    }
    assert_eq!((view.end().1, conductor.holds().await), ("started", [0, 3, 2]), "{}", view.body);
    assert!(questions > 10, "{questions}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_runner_lists_all_tasks_with_their_states() {
    let placement = Arc::new(PlacementFixture::model().await);
    let destination = placement.another_node().await;
    let folders = folders::<2>(&placement).await;
    let [first, second] = folders.each_ref().map(start);
    let conductor = Conductor::new(&placement, &destination, Scheduling::Found).await;
    let waits = first.post("/v1/tasks?wait=60", &conductor.resize()).await;
    assert_eq!(waits.text("/state"), "waiting");
    let listed = second.get("/v1/tasks?state=waiting").await;
    assert_eq!(listed.body["tasks"][0]["id"], waits.body["id"], "{}", listed.body);
    let path = format!("/v1/tasks/{}", waits.text("/id"));
    let mut shown = second.get(&path).await;
    while questions(&shown).len() < 3 {
        tokio::time::sleep(Duration::from_millis(20)).await;
        shown = second.get(&path).await;
    }
    assert_eq!(questions(&shown), questions(&first.get(&path).await), "those of the other runner");
    let beat = second.post(&format!("/v1/tasks/{}/heartbeat", waits.text("/id")), &Value::Null).await;
    assert_eq!(beat.status, 204, "{}", beat.body);
    let runners = second.get("/v1/runners").await.body["runners"].clone();
    let seen: Vec<_> = runners.as_array().unwrap().iter().map(|one| (&one["open_tasks"], &one["answered"])).collect();
    assert_eq!(json!(seen), json!([[1, false], [0, true]]), "{runners:#}");
    assert_eq!(runners[0]["url"].as_str().map(|url| url.trim_end_matches('/')), Some(first.url()));
}

/// A breakpoint that is set and removed at one runner holds for the tasks of another one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_breakpoint_of_one_runner_is_one_of_all() {
    let placement = PlacementFixture::real().await;
    let folders = folders::<2>(&placement).await;
    let [first, second] = folders.each_ref().map(start);
    let server = placement.holder().await;
    let set = second.post("/v1/breakpoints", &json!({ "consumer": server, "seconds": 60 })).await;
    let known = async |count| {
        while first.get("/v1/breakpoints").await.body["breakpoints"].as_array().map(Vec::len) != Some(count) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    known(1).await;
    let task = first.post("/v1/tasks", &swap(&server, &new())).await.text("/id").to_owned();
    let path = format!("/v1/tasks/{task}");
    while second.get(&path).await.body["waiting_for"][0]["breakpoint"] != set.body["id"] {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(placement.holds(&server).await, 2);
    let removed = second.delete(&format!("/v1/breakpoints/{}", set.text("/id"))).await;
    assert_eq!(removed.status, 204, "{}", removed.body);
    let ended = second.get(&format!("{path}?wait=30")).await;
    assert_eq!(ended.end(), ("finished", "moved"), "{}", ended.body);
    known(0).await;
}

/// Two tasks of one consumer at two runners run one after the other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_consumer_is_in_one_running_task_of_all_runners() {
    let placement = PlacementFixture::real().await;
    let folders = folders::<2>(&placement).await;
    let [first, second] = folders.each_ref().map(start);
    placement.proxy.on(Method::Post, 1, Act::then(|| tokio::time::sleep(Duration::from_secs(3))));
    let [source, target, last] = [placement.holder().await, new(), new()];
    let one = first.try_post("/v1/tasks", "one", &swap(&source, &target)).await.unwrap();
    let two = second.try_post("/v1/tasks", "two", &swap(&target, &last)).await.unwrap();
    let id = two.text("/id").to_owned();
    let mut view = second.get(&format!("/v1/tasks/{id}")).await;
    while view.body["waiting_for"][0]["task"] != one.body["id"] {
        assert_eq!(view.text("/state"), "queued", "{}", view.body);
        tokio::time::sleep(Duration::from_millis(20)).await;
        view = second.get(&format!("/v1/tasks/{id}")).await;
    }
    assert_eq!(first.get("/v1/tasks?state=queued").await.body["tasks"][0]["id"], *id);
    for (runner, key, body) in [(&second, "two", swap(&target, &last)), (&first, "one", swap(&source, &target))] {
        let ended = end_of(runner, key, &body).await;
        assert_eq!(ended.end(), ("finished", "moved"), "{}", ended.body);
    }
    assert_eq!(
        [placement.holds(&source).await, placement.holds(&target).await, placement.holds(&last).await],
        [0, 0, 2]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_promotion_at_one_runner_is_in_force_at_all() {
    let placement = PlacementFixture::model().await;
    let folders = folders::<2>(&placement).await;
    let [first, second] = folders.each_ref().map(start);
    let (digest, promotion) = pushed(&first, "nova-34").await;
    first.activate(&promotion).await;
    let promoted = Instant::now();
    while active(&second).await != digest {
        assert!(promoted.elapsed() < Duration::from_secs(10), "the other runner does not follow");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    println!("the other runner follows after {:.1} s", promoted.elapsed().as_secs_f64());
    let rolled_back = second.post("/v1/policies/rollback", &Value::Null).await;
    assert_eq!(rolled_back.status, 200, "{}", rolled_back.body);
    while active(&first).await == digest {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// A task's runner that cannot be reached is named, and the client may try again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_runner_that_has_just_died_is_named() {
    let placement = PlacementFixture::model().await;
    let folders = folders::<2>(&placement).await;
    let [first, second] = folders.each_ref().map(start);
    begin_write(&first, &placement).await;
    let task = first.get("/v1/tasks").await.body["tasks"][0]["id"].as_str().unwrap().to_owned();
    first.process().kill();
    let refused = second.post(&format!("/v1/tasks/{task}/heartbeat"), &Value::Null).await;
    assert_eq!(refused.code(), (503, "swaparoo.other_runner"), "{}", refused.body);
    assert!(
        refused.text("/errors/0/detail").contains("which does not answer at http://127.0.0.1:"),
        "{}",
        refused.body
    );
    assert!(refused.retry_after.is_some());
}

/// A file needs one commit for several tasks at once, and a database, too; alone, a move is three commits. Printed beside it: the
/// statements, without BEGIN and COMMIT, of which published figures are some 145 for a workflow of three steps (Temporal).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_move_costs_three_commits_and_at_most_twelve_statements() {
    const MOVES: u64 = 20;
    let placement = PlacementFixture::model().await;
    let folders = folders::<1>(&placement).await;
    let [runner] = folders.each_ref().map(start);
    let before = counted(&runner).await;
    for _ in 0..MOVES {
        let moved = runner.post("/v1/tasks?wait=60", &swap(&placement.holder().await, &new())).await;
        assert_eq!(moved.end(), ("finished", "moved"), "{}", moved.body);
    }
    let after = counted(&runner).await;
    let [commits, statements] = [after[0] - before[0], after[1] - before[1]].map(|all| all / MOVES);
    println!("a move: {commits} commits, {statements} statements");
    // The service itself sets a time now and then.
    assert!(commits == 3 && after[0] - before[0] < MOVES * 3 + 5, "{after:?} {before:?}");
    assert!(statements <= 12, "{statements}");
}

/// Commits and statements for tasks.
async fn counted(runner: &Serve) -> [u64; 2] {
    let metrics = runner.get("/metrics").await.body.as_str().unwrap().to_owned();
    ["commits", "statements"].map(|what| {
        let line = format!("swaparoo_database_{what}_total{{purpose=\"tasks\"}} ");
        metrics.lines().find_map(|found| found.strip_prefix(&line)).map_or(0, |count| count.parse().unwrap())
    })
}

/// The positions and effects of the questions that a task asks; their deadlines are counted anew for each answer.
fn questions(task: &Answer) -> Vec<[Value; 2]> {
    let waiting = task.body["waiting_for"].as_array().unwrap();
    assert!(!waiting.is_empty(), "{}", task.body);
    waiting.iter().map(|question| [question["index"].clone(), question["effect"].clone()]).collect()
}

/// The digest of the policy that decides a new task.
async fn active(serve: &Serve) -> String {
    serve.post("/v1/tasks", &swap(&new(), &new())).await.text("/policy/digest").to_owned()
}
