//! A typical use of the service: moves, questions, changes of the rules, and rules that fail.

use std::time::Duration;

use serde_json::{Value, json};

use super::placement_fixture::PlacementFixture;
use super::serve::{Answer, Serve};
use super::tasks::{component, new, revert, swap, wrong_scenes};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_move_and_its_record_on_the_real_placement() {
    let placement = PlacementFixture::real().await;
    let folder = tempfile::tempdir().unwrap();
    let serve = Serve::start(folder.path(), &placement.proxy.url());
    let (server, migration) = (placement.holder().await, new());
    let first = serve.try_post("/v1/tasks?wait=30", "one", &swap(&server, &migration)).await.unwrap();
    assert_eq!((first.status, first.end()), (201, ("finished", "moved")));
    assert_eq!((placement.holds(&server).await, placement.holds(&migration).await), (0, 2));
    // At its start the service checks that Placement answers; this request belongs to no task.
    let sent: Vec<_> = placement.proxy.requests().into_iter().filter(|request| request.path != "/").collect();
    let asked = Some(first.text("/request_id"));
    assert_eq!(sent.len(), 2);
    assert!(sent.iter().all(|request| request.header("x-openstack-request-id") == asked), "{asked:?} {sent:?}");

    let again = serve.try_post("/v1/tasks", "one", &swap(&server, &migration)).await.unwrap();
    assert_eq!((again.status, &again.body), (200, &first.body), "the same key is the same task");
    let other = serve.try_post("/v1/tasks", "one", &swap(&migration, &server)).await.unwrap();
    assert_eq!(other.code(), (422, "swaparoo.key_reused"));

    let id = first.body["id"].as_str().unwrap();
    let record = serve.get(&format!("/v1/tasks/{id}/record")).await;
    assert_eq!(
        (&record.body["format"], &record.body["history"]),
        (&json!("swaparoo-record/1"), &first.body["history"])
    );
    let file = folder.path().join("record.json");
    std::fs::write(&file, record.body.to_string()).unwrap();
    let replayed = std::process::Command::new(super::serve::program()).arg("replay").arg(&file).output().unwrap();
    assert!(replayed.status.success(), "{replayed:?}");
    let of_server = serve.get(&format!("/v1/tasks?consumer={server}&state=finished")).await;
    assert_eq!(of_server.body["tasks"][0]["id"], id);
    assert_eq!(serve.get(&format!("/v1/tasks/{}", new())).await.code(), (404, "swaparoo.not_found"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_question_waits_for_its_caller_through_a_kill() {
    let placement = PlacementFixture::model().await;
    let folder = tempfile::tempdir().unwrap();
    let serve = Serve::start(folder.path(), &placement.proxy.url());
    let (migration, server) = (placement.holder().await, new());
    let task = revert(&server, &migration, None);
    let asked = serve.post("/v1/tasks?wait=30", &task).await;
    assert_eq!(asked.body["state"], "waiting");
    let question = json!([{ "kind": "reply", "index": 2, "effect": { "kind": "find-server", "server": server } }]);
    assert_eq!(question_of(&asked), question);
    let id = asked.body["id"].as_str().unwrap().to_owned();

    // Another task of the same consumers has to wait for it.
    let behind = serve.post("/v1/tasks", &swap(&migration, &new())).await;
    assert_eq!((&behind.body["state"], &behind.body["waiting_for"][0]["task"]), (&json!("queued"), &json!(id)));

    drop(serve);
    let serve = Serve::start(folder.path(), &placement.proxy.url());
    let after = serve.get(&format!("/v1/tasks/{id}?wait=30")).await;
    assert_eq!((&after.body["state"], question_of(&after)), (&json!("waiting"), question));
    let replies = format!("/v1/tasks/{id}/replies");
    let reply = |index: usize, reply: Value| json!({ "index": index, "reply": reply });
    let gone = json!({ "kind": "server", "state": "gone" });
    let elsewhere = serve.post(&replies, &reply(7, gone.clone())).await;
    assert_eq!(elsewhere.code(), (409, "swaparoo.not_waiting"));
    let other = serve.post(&replies, &reply(2, json!({ "kind": "compute-node", "node": null }))).await;
    assert_eq!(other.code(), (409, "swaparoo.reply_mismatch"));
    let hosts = serve.post(&replies, &reply(2, json!({ "kind": "paused", "ms": 1 }))).await;
    assert_eq!(hosts.code(), (400, "swaparoo.bad_request"), "only the host answers a pause");
    assert_eq!(serve.post(&replies, &reply(2, gone.clone())).await.status, 200);
    assert_eq!(serve.post(&replies, &reply(2, gone)).await.status, 200, "the same answer twice counts once");
    let alive = serve.post(&replies, &reply(2, json!({ "kind": "server", "state": "present" }))).await;
    assert_eq!(alive.code(), (409, "swaparoo.reply_mismatch"));
    assert_eq!(serve.get(&format!("/v1/tasks/{id}?wait=30")).await.end(), ("finished", "source-deleted"));
    let behind = format!("/v1/tasks/{}?wait=30", behind.body["id"].as_str().unwrap());
    assert_eq!(serve.get(&behind).await.end(), ("finished", "nothing-to-move"));
    assert_eq!((placement.holds(&server).await, placement.holds(&migration).await), (0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_leaves_what_waits_to_the_next_start() {
    let placement = PlacementFixture::model().await;
    let folder = tempfile::tempdir().unwrap();
    let serve = Serve::start(folder.path(), &placement.proxy.url());
    let (migration, server) = (placement.holder().await, new());
    let task = revert(&server, &migration, None);
    let asked = serve.post("/v1/tasks?wait=30", &task).await;
    assert_eq!(asked.body["state"], "waiting");
    // A client that waits for a waiting task gets an answer when the service stops.
    let behind = serve.post("/v1/tasks", &swap(&migration, &new())).await;
    let path = format!("/v1/tasks/{}?wait=60", behind.text("/id"));
    let (view, code) = tokio::join!(serve.get(&path), async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        tokio::task::spawn_blocking({
            let process = serve.process();
            move || process.stop()
        })
        .await
        .unwrap()
    });
    assert_eq!((view.status, view.end().0, code), (200, "queued", Some(0)));

    let serve = Serve::start(folder.path(), &placement.proxy.url());
    let id = asked.body["id"].as_str().unwrap();
    let after = serve.get(&format!("/v1/tasks/{id}?wait=30")).await;
    assert_eq!((&after.body["state"], question_of(&after)), (&json!("waiting"), question_of(&asked)));
    let present = json!({ "index": 2, "reply": { "kind": "server", "state": "present" } });
    assert_eq!(serve.post(&format!("/v1/tasks/{id}/replies"), &present).await.status, 200);
    // The rules ask again after the write.
    let again = serve.get(&format!("/v1/tasks/{id}?wait=30")).await;
    let index = again.body["waiting_for"][0]["index"].as_u64().unwrap();
    let present = json!({ "index": index, "reply": { "kind": "server", "state": "present" } });
    assert_eq!(serve.post(&format!("/v1/tasks/{id}/replies"), &present).await.status, 200);
    assert_eq!(serve.get(&format!("/v1/tasks/{id}?wait=30")).await.end(), ("finished", "moved"));
    assert_eq!((placement.holds(&server).await, placement.holds(&migration).await), (2, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rules_are_pushed_shadowed_compared_promoted_and_rolled_back() {
    let placement = PlacementFixture::real().await;
    let folder = tempfile::tempdir().unwrap();
    let serve = Serve::start(folder.path(), &placement.proxy.url());
    let pushed = serve.push(component("SWAPAROO_POLICIES", "nova-34")).await;
    assert_eq!((pushed.status, &pushed.body["name"]), (201, &json!("nova-34")));
    let nova = pushed.body["digest"].as_str().unwrap().to_owned();
    assert_eq!(serve.put("/v1/policies/shadow", &json!({ "policy": nova })).await.status, 200);

    // nova 34 restores allocations of a deleted server; standard asks first, and deletes them.
    let (migration, server) = (placement.holder().await, new());
    let task = revert(&server, &migration, Some("gone"));
    let done = serve.post("/v1/tasks?wait=30", &task).await;
    assert_eq!(done.end(), ("finished", "source-deleted"));
    assert_eq!((&done.body["shadow"][0]["index"], &done.body["shadow"][0]["digest"]), (&json!(2), &json!(nova)));
    assert_eq!((placement.holds(&server).await, placement.holds(&migration).await), (0, 0), "a shadow does nothing");

    let report = serve.post(&format!("/v1/policies/{nova}/replays"), &json!({})).await;
    assert_eq!((report.status, &report.body["comparison"]["replayed"]), (200, &json!(1)));
    let failed = report.body["conformance"]["failed"].as_array().unwrap();
    let failed: Vec<&Value> = failed.iter().map(|scenario| &scenario["name"]).collect();
    assert!(failed.contains(&&json!("revert-to-a-deleted-server")), "{failed:?}");
    let refused = serve.put("/v1/policies/active", &json!({ "policy": nova })).await;
    assert_eq!(refused.code(), (409, "swaparoo.promotion_refused"));
    let mut consent = json!({ "policy": nova, "accept_differences": 1, "accept_failed": failed });
    let refused = serve.put("/v1/policies/active", &consent).await;
    let shown = "the scene `give-back`, with no fault, a deleted server holds something: \
                 `swaparoo check FILE.wasm --scenes give-back --faults 0` shows it";
    assert!(refused.text("/errors/0/detail").contains(shown), "{}", refused.body);
    consent["accept_counterexamples"] = json!(wrong_scenes(&report));
    assert_eq!(serve.put("/v1/policies/active", &consent).await.status, 200);

    let (migration, server) = (placement.holder().await, new());
    let task = revert(&server, &migration, Some("gone"));
    let leaks = serve.post("/v1/tasks?wait=30", &task).await;
    assert_eq!((leaks.end(), &leaks.body["policy"]["name"]), (("finished", "moved"), &json!("nova-34")));
    assert_eq!(serve.post("/v1/policies/rollback", &json!({})).await.status, 200);
    let (source, target) = (placement.holder().await, new());
    let back = serve.post("/v1/tasks?wait=30", &swap(&source, &target)).await;
    assert_eq!(back.body["policy"]["name"], "standard");
    assert_eq!(serve.post("/v1/policies/rollback", &json!({})).await.code(), (409, "swaparoo.no_previous_policy"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_requests_get_one_clear_error() {
    let placement = PlacementFixture::model().await;
    let folder = tempfile::tempdir().unwrap();
    let serve = Serve::start(folder.path(), &placement.proxy.url());
    for (body, says) in [
        (json!({ "kind": "move", "source": "x", "target": new() }), "not a UUID"),
        (json!({ "kind": "move", "source": new().to_uppercase(), "target": new() }), "write "),
        (json!({ "kind": "teleport" }), "teleport"),
        (json!({ "kind": "move", "source": new() }), "target"),
        (json!({ "kind": "move", "source": new(), "target": new(), "force": true }), "force"),
        (json!([]), "not valid"),
    ] {
        let answer = serve.post("/v1/tasks", &body).await;
        assert_eq!(answer.code(), (400, "swaparoo.bad_request"), "{body}");
        let detail = answer.body["errors"][0]["detail"].as_str().unwrap();
        assert!(detail.contains(says), "{body}: {detail}");
    }
    assert_eq!(serve.push(b"not wasm".to_vec()).await.code(), (422, "swaparoo.policy_invalid"));
    assert_eq!(serve.get("/v1/tasks?state=odd").await.code(), (400, "swaparoo.bad_request"));
    assert_eq!(serve.get("/v1/../../etc/passwd").await.code(), (404, "swaparoo.not_found"));
    assert_eq!(serve.get("/v1/tasks").await.body["tasks"], json!([]), "nothing was accepted");
}

/// What a task waits for, without the deadline, which starts again after a restart of the service.
fn question_of(task: &Answer) -> Value {
    let mut waiting = task.body["waiting_for"].clone();
    waiting.as_array_mut().unwrap().iter_mut().for_each(|question| {
        assert!(question["until"].as_str().is_some_and(|until| until.ends_with('Z')), "{question}");
        question.as_object_mut().unwrap().remove("until");
    });
    waiting
}
