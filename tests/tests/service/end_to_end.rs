//! A day with the service: moves, questions, rules that are changed under it, and rules that fail.

use std::path::Path;

use serde_json::{Value, json};
use uuid::Uuid;

use super::ground::Ground;
use super::serve::{Answer, Serve};

fn component(folder: &str, name: &str) -> Vec<u8> {
    let folder = std::env::var(folder).unwrap_or_else(|_| panic!("{folder} is not set; run `cargo xtask test`"));
    std::fs::read(Path::new(&folder).join(name).with_extension("wasm")).unwrap()
}

fn swap(source: &str, target: &str) -> Value {
    json!({ "kind": "move", "source": source, "target": target, "target_is_new": true })
}

fn new() -> String {
    Uuid::new_v4().to_string()
}

fn code(answer: &Answer) -> (u16, &str) {
    (answer.status, answer.body.pointer("/errors/0/code").and_then(Value::as_str).unwrap_or_default())
}

fn end(answer: &Answer) -> (&str, &str) {
    let text = |pointer| answer.body.pointer(pointer).and_then(Value::as_str);
    (text("/state").unwrap_or_default(), text("/outcome/kind").or(text("/failure/code")).unwrap_or_default())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_move_and_its_record_on_the_real_placement() {
    let ground = Ground::of_the_real_one().await;
    let folder = tempfile::tempdir().unwrap();
    let serve = Serve::start(folder.path(), &ground.proxy.url());
    let (server, migration) = (ground.holder().await, new());
    let first = serve.try_post("/v1/tasks?wait=30", "one", &swap(&server, &migration)).await.unwrap();
    assert_eq!((first.status, end(&first)), (201, ("finished", "moved")));
    assert_eq!((ground.holds(&server).await, ground.holds(&migration).await), (0, 2));

    let again = serve.try_post("/v1/tasks", "one", &swap(&server, &migration)).await.unwrap();
    assert_eq!((again.status, &again.body), (200, &first.body), "the same key is the same task");
    let other = serve.try_post("/v1/tasks", "one", &swap(&migration, &server)).await.unwrap();
    assert_eq!(code(&other), (422, "swaparoo.key_reused"));

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
    assert_eq!(code(&serve.get(&format!("/v1/tasks/{}", new())).await), (404, "swaparoo.not_found"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_question_waits_for_its_caller_through_a_kill() {
    let ground = Ground::of_the_model().await;
    let folder = tempfile::tempdir().unwrap();
    let serve = Serve::start(folder.path(), &ground.proxy.url());
    let (migration, server) = (ground.holder().await, new());
    let revert = json!({ "kind": "revert", "server": server, "migration": migration });
    let asked = serve.post("/v1/tasks?wait=30", &revert).await;
    assert_eq!(asked.body["state"], "waiting");
    let question = json!([{ "kind": "reply", "index": 2, "effect": { "kind": "find-server", "server": server } }]);
    assert_eq!(asked.body["waiting_for"], question);
    let id = asked.body["id"].as_str().unwrap().to_owned();

    // Another task of the same consumers has to wait for it.
    let behind = serve.post("/v1/tasks", &swap(&migration, &new())).await;
    assert_eq!((&behind.body["state"], &behind.body["waiting_for"][0]["task"]), (&json!("queued"), &json!(id)));

    drop(serve);
    let serve = Serve::start(folder.path(), &ground.proxy.url());
    let after = serve.get(&format!("/v1/tasks/{id}?wait=30")).await;
    assert_eq!((&after.body["state"], &after.body["waiting_for"]), (&json!("waiting"), &question));
    let replies = format!("/v1/tasks/{id}/replies");
    let reply = |index: usize, reply: Value| json!({ "index": index, "reply": reply });
    let gone = json!({ "kind": "server", "state": "gone" });
    let elsewhere = serve.post(&replies, &reply(7, gone.clone())).await;
    assert_eq!(code(&elsewhere), (409, "swaparoo.not_waiting"));
    let other = serve.post(&replies, &reply(2, json!({ "kind": "paused", "ms": 1 }))).await;
    assert_eq!(code(&other), (409, "swaparoo.reply_mismatch"));
    assert_eq!(serve.post(&replies, &reply(2, gone.clone())).await.status, 200);
    assert_eq!(serve.post(&replies, &reply(2, gone)).await.status, 200, "the same answer twice is one");
    let alive = serve.post(&replies, &reply(2, json!({ "kind": "server", "state": "present" }))).await;
    assert_eq!(code(&alive), (409, "swaparoo.reply_mismatch"));
    assert_eq!(end(&serve.get(&format!("/v1/tasks/{id}?wait=30")).await), ("finished", "source-deleted"));
    let behind = format!("/v1/tasks/{}?wait=30", behind.body["id"].as_str().unwrap());
    assert_eq!(end(&serve.get(&behind).await), ("finished", "nothing-to-move"));
    assert_eq!((ground.holds(&server).await, ground.holds(&migration).await), (0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_leaves_what_waits_to_the_next_start() {
    let ground = Ground::of_the_model().await;
    let folder = tempfile::tempdir().unwrap();
    let serve = Serve::start(folder.path(), &ground.proxy.url());
    let (migration, server) = (ground.holder().await, new());
    let revert = json!({ "kind": "revert", "server": server, "migration": migration });
    let asked = serve.post("/v1/tasks?wait=30", &revert).await;
    assert_eq!(asked.body["state"], "waiting");
    assert_eq!(serve.process().stop(), Some(0));

    let serve = Serve::start(folder.path(), &ground.proxy.url());
    let id = asked.body["id"].as_str().unwrap();
    let after = serve.get(&format!("/v1/tasks/{id}?wait=30")).await;
    assert_eq!((&after.body["state"], &after.body["waiting_for"]), (&json!("waiting"), &asked.body["waiting_for"]));
    let present = json!({ "index": 2, "reply": { "kind": "server", "state": "present" } });
    assert_eq!(serve.post(&format!("/v1/tasks/{id}/replies"), &present).await.status, 200);
    // The rules ask once more after the write.
    let again = serve.get(&format!("/v1/tasks/{id}?wait=30")).await;
    let index = again.body["waiting_for"][0]["index"].as_u64().unwrap();
    let present = json!({ "index": index, "reply": { "kind": "server", "state": "present" } });
    assert_eq!(serve.post(&format!("/v1/tasks/{id}/replies"), &present).await.status, 200);
    assert_eq!(end(&serve.get(&format!("/v1/tasks/{id}?wait=30")).await), ("finished", "moved"));
    assert_eq!((ground.holds(&server).await, ground.holds(&migration).await), (2, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rules_are_pushed_shadowed_compared_promoted_and_rolled_back() {
    let ground = Ground::of_the_model().await;
    let folder = tempfile::tempdir().unwrap();
    let serve = Serve::start(folder.path(), &ground.proxy.url());
    let pushed = serve.push(component("SWAPAROO_POLICIES", "nova-34")).await;
    assert_eq!((pushed.status, &pushed.body["name"]), (201, &json!("nova-34")));
    let nova = pushed.body["digest"].as_str().unwrap().to_owned();
    assert_eq!(serve.put("/v1/policies/shadow", &json!({ "policy": nova })).await.status, 200);

    // nova 34 restores what is nobody's; standard asks, and deletes it.
    let (migration, server) = (ground.holder().await, new());
    let revert = json!({ "kind": "revert", "server": server, "migration": migration, "server_state": "gone" });
    let done = serve.post("/v1/tasks?wait=30", &revert).await;
    assert_eq!(end(&done), ("finished", "source-deleted"));
    assert_eq!((&done.body["shadow"][0]["index"], &done.body["shadow"][0]["digest"]), (&json!(2), &json!(nova)));
    assert_eq!((ground.holds(&server).await, ground.holds(&migration).await), (0, 0), "a shadow does nothing");

    let report = serve.post(&format!("/v1/policies/{nova}/replays"), &json!({})).await;
    assert_eq!((report.status, &report.body["comparison"]["replayed"]), (200, &json!(1)));
    let failed = report.body["conformance"]["failed"].as_array().unwrap();
    let failed: Vec<&Value> = failed.iter().map(|scenario| &scenario["name"]).collect();
    assert!(failed.contains(&&json!("revert-to-a-deleted-server")), "{failed:?}");
    let refused = serve.put("/v1/policies/active", &json!({ "policy": nova })).await;
    assert_eq!(code(&refused), (409, "swaparoo.promotion_refused"));
    let consent = json!({ "policy": nova, "accept_differences": 1, "accept_failed": failed });
    assert_eq!(serve.put("/v1/policies/active", &consent).await.status, 200);

    let (migration, server) = (ground.holder().await, new());
    let revert = json!({ "kind": "revert", "server": server, "migration": migration, "server_state": "gone" });
    let leaks = serve.post("/v1/tasks?wait=30", &revert).await;
    assert_eq!((end(&leaks), &leaks.body["policy"]["name"]), (("finished", "moved"), &json!("nova-34")));
    assert_eq!(serve.post("/v1/policies/rollback", &json!({})).await.status, 200);
    let (source, target) = (ground.holder().await, new());
    let back = serve.post("/v1/tasks?wait=30", &swap(&source, &target)).await;
    assert_eq!(back.body["policy"]["name"], "standard");
    assert_eq!(code(&serve.post("/v1/policies/rollback", &json!({})).await), (409, "swaparoo.no_previous_policy"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rules_that_break_down_are_rolled_back_by_themselves() {
    let ground = Ground::of_the_model().await;
    let folder = tempfile::tempdir().unwrap();
    let serve = Serve::start(folder.path(), &ground.proxy.url());
    let pushed = serve.push(component("SWAPAROO_HOSTILE", "loops")).await;
    let loops = pushed.body["digest"].as_str().unwrap().to_owned();
    let report = serve.post(&format!("/v1/policies/{loops}/replays"), &json!({})).await;
    let failed = report.body["conformance"]["failed"].as_array().unwrap();
    let failed: Vec<&Value> = failed.iter().map(|scenario| &scenario["name"]).collect();
    let consent = json!({ "policy": loops, "accept_failed": failed });
    assert_eq!(serve.put("/v1/policies/active", &consent).await.status, 200);
    for nth in 1..=3 {
        let (source, target) = (ground.holder().await, new());
        let failed = serve.post("/v1/tasks?wait=30", &swap(&source, &target)).await;
        assert_eq!(end(&failed), ("failed", "policy-out-of-fuel"), "{nth}");
        assert_eq!(serve.get("/readyz").await.status, 200);
    }
    let (source, target) = (ground.holder().await, new());
    let good = serve.post("/v1/tasks?wait=30", &swap(&source, &target)).await;
    assert_eq!((end(&good), &good.body["policy"]["name"]), (("finished", "moved"), &json!("standard")));
    let metrics = serve.get("/metrics").await;
    let metrics = metrics.body.as_str().unwrap_or_default();
    assert!(metrics.contains("swaparoo_policy_rollbacks_total 1"), "{metrics}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_requests_get_one_clear_error() {
    let ground = Ground::of_the_model().await;
    let folder = tempfile::tempdir().unwrap();
    let serve = Serve::start(folder.path(), &ground.proxy.url());
    for (body, says) in [
        (json!({ "kind": "move", "source": "x", "target": new() }), "not a UUID"),
        (json!({ "kind": "move", "source": new().to_uppercase(), "target": new() }), "write "),
        (json!({ "kind": "teleport" }), "teleport"),
        (json!({ "kind": "move", "source": new() }), "target"),
        (json!({ "kind": "move", "source": new(), "target": new(), "force": true }), "force"),
        (json!([]), "not understood"),
    ] {
        let answer = serve.post("/v1/tasks", &body).await;
        assert_eq!(code(&answer), (400, "swaparoo.bad_request"), "{body}");
        let detail = answer.body["errors"][0]["detail"].as_str().unwrap();
        assert!(detail.contains(says), "{body}: {detail}");
    }
    assert_eq!(code(&serve.push(b"not wasm".to_vec()).await), (422, "swaparoo.policy_invalid"));
    assert_eq!(code(&serve.get("/v1/tasks?state=odd").await), (400, "swaparoo.bad_request"));
    assert_eq!(code(&serve.get("/v1/../../etc/passwd").await), (404, "swaparoo.not_found"));
    assert_eq!(serve.get("/v1/tasks").await.body["tasks"], json!([]), "nothing was accepted");

    // A second service on the same journal does not start.
    let second = std::process::Command::new(super::serve::program())
        .args(["serve", "--config", "swaparoo.toml"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&second.stderr).into_owned();
    assert_eq!(second.status.code(), Some(2), "{error}");
    assert!(error.contains("is in use by another swaparoo"), "{error}");
    assert!(serve.url().starts_with("http://127.0.0.1:"));
}
