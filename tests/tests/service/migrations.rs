//! Whole migrations over HTTP: their ends, missing replies, invalid replies, and records that belong to another task.

use std::sync::Arc;

use serde_json::{Value, json};

use super::conductor::{Conductor, Scheduling};
use super::placement_fixture::PlacementFixture;
use super::serve::Serve;
use super::tasks::new;

async fn migrates(placement: PlacementFixture) {
    let (placement, folder) = (Arc::new(placement), tempfile::tempdir().unwrap());
    let destination = placement.another_node().await;
    let serve = Serve::start(folder.path(), &placement.proxy.url());
    for scheduling in Scheduling::ALL {
        let mut conductor = Conductor::new(&placement, &destination, scheduling).await;
        let asked = [json!(format!("{scheduling:?}")), conductor.resize()];
        let view = conductor.run_to_end(&serve, asked.each_ref(), None).await.unwrap();
        assert_eq!((view.end().1, conductor.holds().await), scheduling.ends(), "{scheduling:?}: {:#}", view.body);
        assert_eq!(conductor.status, if scheduling == Scheduling::Found { "pre-migrating" } else { "error" });
        // An answer named the record, so it is one of the task's consumers from then on.
        let tasks = serve.get(&format!("/v1/tasks?consumer={}", conductor.migration)).await;
        assert_eq!(tasks.body["tasks"][0]["id"], view.body["id"], "{}", tasks.body);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_resize_ends_as_it_should_on_the_model() {
    migrates(PlacementFixture::model().await).await;
}

/// Including bug 1848343: the server is deleted while the scheduler looks for a host.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_resize_ends_as_it_should_on_the_real_placement() {
    migrates(PlacementFixture::real().await).await;
}

/// A resize that finds a host asks 13 questions: the group, the ports, the cell, a record, the node, a new record,
/// three of the request spec, the scheduler, the zone and the server, the cast.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unanswered_question_leaves_no_allocations_with_the_record() {
    let (placement, folder) = (Arc::new(PlacementFixture::model().await), tempfile::tempdir().unwrap());
    let destination = placement.another_node().await;
    let more = "[tasks]\ncaller_patience = \"300ms\"\n";
    let serve = Arc::new(Serve::start_with(folder.path(), &placement.proxy.url(), more));
    let mut silences = tokio::task::JoinSet::new();
    for nth in 1..=13 {
        let (placement, destination, serve) = (placement.clone(), destination.clone(), serve.clone());
        silences.spawn(async move {
            let mut conductor = Conductor::new(&placement, &destination, Scheduling::Found).await;
            conductor.silent_at = Some(nth);
            // A conductor that answers after the cast knows that the compute service has begun.
            let cast = nth == 13;
            if cast {
                conductor.status = "migrating";
            }
            let asked = [json!(format!("silent at {nth}")), conductor.resize()];
            let view = conductor.run_to_end(&serve, asked.each_ref(), None).await.unwrap();
            // Before the cast it may stay unknown whether the server exists, since the compute service checks again.
            let (end, holds) = match nth {
                12 | 13 => ("started", [0, 3, 2]),
                _ => ("abandoned", [2, 0, 0]),
            };
            assert_eq!((view.end().1, conductor.holds().await), (end, holds), "silent at {nth}: {:#}", view.body);
        });
    }
    silences.join_all().await;
}

/// A task that waits, and the index of its question.
pub async fn waiting(serve: &Serve, conductor: &mut Conductor, effect: &str) -> (String, Value) {
    let task = conductor.resize();
    let mut view = serve.post("/v1/tasks?wait=60", &task).await;
    loop {
        let id = view.text("/id").to_owned();
        for question in view.body["waiting_for"].as_array().unwrap().clone() {
            if question["effect"]["kind"] == effect {
                return (id, question["index"].clone());
            }
            let reply = json!({ "index": question["index"], "reply": conductor.answer(&id, &question).await });
            assert_eq!(serve.post(&format!("/v1/tasks/{id}/replies"), &reply).await.status, 200);
        }
        view = serve.get(&format!("/v1/tasks/{id}?wait=60")).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_heartbeat_gives_time_and_a_reply_after_it_is_too_late() {
    let (placement, folder) = (Arc::new(PlacementFixture::model().await), tempfile::tempdir().unwrap());
    let destination = placement.another_node().await;
    let more = "[tasks]\ncaller_patience = \"1s\"\n";
    let serve = Serve::start_with(folder.path(), &placement.proxy.url(), more);
    let mut conductor = Conductor::new(&placement, &destination, Scheduling::NoHost).await;
    let (id, index) = waiting(&serve, &mut conductor, "select-destinations").await;
    for _ in 0..15 {
        let beat = serve.post(&format!("/v1/tasks/{id}/heartbeat"), &Value::Null).await;
        assert_eq!(beat.status, 204, "{}", beat.body);
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    let view = serve.get(&format!("/v1/tasks/{id}")).await;
    assert_eq!(view.body["waiting_for"][0]["index"], index, "{}", view.body);
    assert!(view.body["waiting_for"][0]["until"].as_str().unwrap() > view.text("/updated_at"));
    let asked = [json!("none"), conductor.resize()];
    drop(asked);
    // Without an answer the task gives up the question, and asks about the rollback.
    let mut view = view;
    while view.body["waiting_for"].as_array().unwrap().iter().any(|question| question["index"] == index) {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        view = serve.get(&format!("/v1/tasks/{id}")).await;
    }
    let late = json!({ "index": index, "reply": { "kind": "nova-error", "error": "NoValidHost", "detail": "" } });
    let late = serve.post(&format!("/v1/tasks/{id}/replies"), &late).await;
    assert_eq!(late.code(), (409, "swaparoo.reply_too_late"), "{}", late.body);
    let unknown = serve.post(&format!("/v1/tasks/{}/heartbeat", new()), &Value::Null).await;
    assert_eq!(unknown.code(), (404, "swaparoo.not_found"));
}

/// The conductor dies after the scheduler's answer and does not fetch the next questions, so the cast cannot have been
/// sent. Another one answers the questions of the rollback.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_resize_whose_conductor_dies_before_the_cast_is_rolled_back() {
    let (placement, folder) = (Arc::new(PlacementFixture::model().await), tempfile::tempdir().unwrap());
    let destination = placement.another_node().await;
    let more = "[tasks]\ncaller_patience = \"1s\"\n";
    let serve = Serve::start_with(folder.path(), &placement.proxy.url(), more);
    let mut conductor = Conductor::new(&placement, &destination, Scheduling::Found).await;
    let (id, index) = waiting(&serve, &mut conductor, "select-destinations").await;
    let question = json!({ "index": index, "effect": { "kind": "select-destinations" } });
    let reply = json!({ "index": index, "reply": conductor.answer(&id, &question).await });
    assert_eq!(serve.post(&format!("/v1/tasks/{id}/replies"), &reply).await.status, 200);
    // A list does not show the content of a question, so it does not count as fetched; and a page or a person only looks.
    let listed = format!("/v1/tasks?consumer={}", conductor.server);
    while !serve.get(&listed).await.body["tasks"][0]["waiting_for"].to_string().contains("save-migration") {
        assert_eq!(serve.get(&format!("/v1/tasks/{id}?observe=true")).await.status, 200);
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let mut view = serve.get(&format!("/v1/tasks/{id}")).await;
    while !matches!(view.end().0, "finished" | "failed") {
        for question in view.body["waiting_for"].as_array().unwrap().clone() {
            let reply = json!({ "index": question["index"], "reply": conductor.answer(&id, &question).await });
            // It may be too late on a busy machine; the rollback asks again.
            serve.post(&format!("/v1/tasks/{id}/replies"), &reply).await;
        }
        view = serve.get(&format!("/v1/tasks/{id}?wait=60")).await;
    }
    let silent = view.body["history"].to_string();
    assert!(silent.contains("its caller did not fetch the question for 1s"), "{silent}");
    assert_eq!((view.end().1, conductor.holds().await), ("abandoned", [2, 0, 0]), "{:#}", view.body);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repeated_reply_is_accepted_and_a_different_one_refused() {
    let (placement, folder) = (Arc::new(PlacementFixture::model().await), tempfile::tempdir().unwrap());
    let destination = placement.another_node().await;
    let serve = Serve::start(folder.path(), &placement.proxy.url());
    let mut conductor = Conductor::new(&placement, &destination, Scheduling::NoHost).await;
    let (id, index) = waiting(&serve, &mut conductor, "find-cell").await;
    let replies = format!("/v1/tasks/{id}/replies");
    let reply = |cell: &str| json!({ "index": index, "reply": { "kind": "cell", "cell": cell } });
    for (cell, status) in [("cell1", 200), ("cell1", 200), ("cell2", 409)] {
        assert_eq!(serve.post(&replies, &reply(cell)).await.status, status, "{cell}");
    }
    let nowhere = json!({ "index": 400, "reply": { "kind": "done" } });
    assert_eq!(serve.post(&replies, &nowhere).await.code(), (409, "swaparoo.not_waiting"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reply_after_the_end_is_accepted_only_if_it_is_the_recorded_one() {
    let (placement, folder) = (Arc::new(PlacementFixture::model().await), tempfile::tempdir().unwrap());
    let destination = placement.another_node().await;
    let serve = Serve::start(folder.path(), &placement.proxy.url());
    let mut conductor = Conductor::new(&placement, &destination, Scheduling::NoHost).await;
    let asked = [json!("one"), conductor.resize()];
    let view = conductor.run_to_end(&serve, asked.each_ref(), None).await.unwrap();
    let history = view.body["history"].as_array().unwrap();
    let place = history.iter().position(|exchange| exchange["effect"]["kind"] == "find-cell").unwrap();
    let replies = format!("/v1/tasks/{}/replies", view.text("/id"));
    let same = json!({ "index": place, "reply": history[place]["reply"] });
    assert_eq!(serve.post(&replies, &same).await.status, 200);
    let other = json!({ "index": place, "reply": { "kind": "cell", "cell": "cell2" } });
    assert_eq!(serve.post(&replies, &other).await.code(), (409, "swaparoo.reply_mismatch"));
    let beyond = json!({ "index": history.len(), "reply": { "kind": "done" } });
    let beyond = serve.post(&replies, &beyond).await;
    assert_eq!(beyond.code(), (409, "swaparoo.not_waiting"), "{}", beyond.body);
    assert!(beyond.text("/errors/0/detail").ends_with("it waits for: nothing"), "{}", beyond.body);
    let beat = serve.post(&format!("/v1/tasks/{}/heartbeat", view.text("/id")), &Value::Null).await;
    assert_eq!(beat.code(), (409, "swaparoo.not_waiting"), "{}", beat.body);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_migration_record_of_another_running_task_is_refused() {
    let (placement, folder) = (Arc::new(PlacementFixture::model().await), tempfile::tempdir().unwrap());
    let destination = placement.another_node().await;
    let serve = Serve::start(folder.path(), &placement.proxy.url());
    let mut first = Conductor::new(&placement, &destination, Scheduling::NoHost).await;
    let (_, _) = waiting(&serve, &mut first, "select-destinations").await;
    let mut second = Conductor::new(&placement, &destination, Scheduling::NoHost).await;
    let (id, index) = waiting(&serve, &mut second, "create-migration").await;
    second.migration.clone_from(&first.migration);
    let reply = json!({ "index": index, "reply": second.record() });
    let taken = serve.post(&format!("/v1/tasks/{id}/replies"), &reply).await;
    assert_eq!(taken.code(), (409, "swaparoo.conflict"), "{}", taken.body);
    assert!(taken.retry_after.is_some());
    assert_eq!(serve.get(&format!("/v1/tasks/{id}")).await.end().0, "waiting");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_with_invalid_values_is_refused_with_the_field() {
    let (placement, folder) = (Arc::new(PlacementFixture::model().await), tempfile::tempdir().unwrap());
    let destination = placement.another_node().await;
    let serve = Serve::start(folder.path(), &placement.proxy.url());
    let conductor = Conductor::new(&placement, &destination, Scheduling::Found).await;
    for (pointer, value, status, says) in [
        ("/request_spec/in_group", Value::Null, 400, "request_spec.in_group"),
        ("/request_spec/force_hosts", json!([""]), 422, "request_spec.force_hosts[0]: \"\" is not a name"),
        ("/request_spec/project", json!(""), 422, "request_spec.project: \"\" is not a project id"),
        ("/old_flavor", json!(""), 422, "old_flavor: \"\" is not a name"),
        ("/server", json!("x"), 400, "\"x\": not a UUID"),
        ("/request_spec/retry", json!({ "num_attempts": 1 }), 400, "missing field `hosts`"),
    ] {
        let mut task = conductor.resize();
        *task.pointer_mut(pointer).unwrap() = value;
        let refused = serve.post("/v1/tasks", &task).await;
        assert_eq!(refused.status, status, "{pointer}: {}", refused.body);
        let detail = refused.text("/errors/0/detail");
        assert!(detail.contains(says), "{pointer}: {detail:?} does not say {says:?}");
    }
    let mut task = conductor.resize();
    task["request_spec"].as_object_mut().unwrap().remove("in_group");
    let refused = serve.post("/v1/tasks", &task).await;
    assert!(refused.text("/errors/0/detail").contains("missing field `in_group`"), "{}", refused.body);
    assert_eq!(serve.get("/v1/tasks").await.body["tasks"], json!([]));
}
