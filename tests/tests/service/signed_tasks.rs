//! Open tasks whose policy is not trusted any more, and older versions of a policy.

use serde_json::{Value, json};

use super::placement_fixture::PlacementFixture;
use super::serve::Serve;
use super::signed::{of_name, out, policy, refused, write};
use super::tasks::{RENAMED, component, new, revert, wrong_scenes};

/// A task under a policy whose key was removed does not continue.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_whose_policys_key_is_not_trusted_any_more_is_parked() {
    let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
    let folder = folder.path();
    let [old, new_key] = ["old.pem", "new.pem"].map(|key| out(&policy(folder, &format!("keygen --out {key}"))));
    write(folder, "a");
    out(&policy(folder, "sign a.wasm --key old.pem"));
    let serve = Serve::start_with(folder, &placement.proxy.url(), &format!("[policies]\nreplay = 0\n{old}"));
    let [standard] = of_name(&serve, "standard", "no").await.try_into().unwrap();
    out(&policy(folder, &format!("push a.wasm --url {}", serve.url())));
    let [ours] = of_name(&serve, RENAMED, "verified").await.try_into().unwrap();
    serve.activate(&json!({ "policy": ours })).await;
    let waits = serve.post("/v1/tasks?wait=30", &revert(&new(), &placement.holder().await, None)).await;
    assert_eq!((waits.end().0, waits.text("/policy/digest")), ("waiting", ours.as_str()));
    serve.activate(&json!({ "policy": standard })).await;
    assert_eq!(serve.process().stop(), Some(0));
    let before = placement.proxy.seen().len();

    let serve = Serve::start_with(folder, &placement.proxy.url(), &format!("[policies]\nreplay = 0\n{new_key}"));
    let task = format!("/v1/tasks/{}", waits.text("/id"));
    let parked = serve.get(&task).await;
    assert_eq!(parked.end().0, "parked", "{}", parked.body);
    let why = parked.text("/parked");
    for says in ["its policy renamed1 0.1.0", &ours, "no trusted key has signed", "policies.trusted_keys", "resume it"]
    {
        assert!(why.contains(says), "{says:?} is missing in {why}");
    }
    // At its start the service checks that Placement answers.
    assert_eq!(placement.proxy.seen()[before..], ["GET /"], "no request is sent for it");
    let resume = format!("{task}/resume");
    assert_eq!(serve.post(&resume, &json!({})).await.code(), (403, "swaparoo.signature_wrong"));
    assert_eq!(serve.get(&task).await.end().0, "parked");

    // The first solution in the message.
    out(&policy(folder, "sign a.wasm --key new.pem"));
    out(&policy(folder, &format!("push a.wasm --url {}", serve.url())));
    let resumed = serve.post(&resume, &json!({})).await;
    assert_eq!((resumed.status, resumed.text("/policy/digest")), (200, ours.as_str()));
    let gone = json!({ "index": 2, "reply": { "kind": "server", "state": "gone" } });
    assert_eq!(serve.get(&format!("{task}?wait=30")).await.end().0, "waiting");
    assert_eq!(serve.post(&format!("{task}/replies"), &gone).await.status, 200);
    assert_eq!(serve.get(&format!("{task}?wait=30")).await.end(), ("finished", "source-deleted"));
}

/// Although it is signed, an older version needs consent, so that fixes of the newer version are not lost by mistake.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_older_version_becomes_active_only_where_that_is_said() {
    let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
    let folder = folder.path();
    let trusted = out(&policy(folder, "keygen --out key.pem"));
    let start = || Serve::start_with(folder, &placement.proxy.url(), &format!("[policies]\nreplay = 0\n{trusted}"));
    let serve = start();
    for name in ["older", "panics"] {
        std::fs::write(folder.join(name).with_extension("wasm"), component("SWAPAROO_HOSTILE", name)).unwrap();
        out(&policy(folder, &format!("sign {name}.wasm --key key.pem")));
        out(&policy(folder, &format!("push {name}.wasm --url {}", serve.url())));
    }
    let digest = |version: &str| {
        let listed = out(&policy(folder, &format!("list --url {}", serve.url())));
        let line = listed.lines().find(|line| line.contains(&format!("hostile      {version}"))).unwrap();
        line.split_once(' ').unwrap().0.to_owned()
    };
    let [older, newer] = ["0.0.9", "0.1.0"].map(digest);
    let (accepted, wrong) = whatever_fails(&serve, &newer).await;
    let consent = json!({ "policy": newer, "accept_failed": accepted, "accept_counterexamples": wrong });
    serve.activate(&consent).await;
    drop(serve);
    let serve = start();
    let (accepted, wrong) = whatever_fails(&serve, &older).await;
    let consent = json!({ "policy": older, "accept_failed": accepted, "accept_counterexamples": wrong });
    let answer = serve.put("/v1/policies/active", &consent).await;
    assert_eq!(answer.code(), (409, "swaparoo.policy_older"));
    assert!(answer.text("/errors/0/detail").contains("hostile 0.0.9 is older than 0.1.0"), "{}", answer.body);
    let option = |option: &str, names: &[Value]| -> String {
        names.iter().map(|name| format!("{option} {} ", name.as_str().unwrap())).collect()
    };
    let accepted = option("--accept-failed", &accepted) + &option("--accept-counterexamples", &wrong);
    let promote = format!("promote {older} {accepted} --url {}", serve.url());
    refused(&policy(folder, &promote), "--allow-older");
    assert!(out(&policy(folder, &format!("{promote} --allow-older"))).contains("is active"));
}

/// The failed scenarios and the kinds of task that it has no rules for, and the scenes with counterexamples.
async fn whatever_fails(serve: &Serve, digest: &str) -> (Vec<Value>, Vec<Value>) {
    let report = serve.post(&format!("/v1/policies/{digest}/replays"), &json!({})).await;
    let failed = report.body["conformance"]["failed"].as_array().unwrap().iter();
    let failed = failed.map(|failed| failed[if failed["offered"] == true { "name" } else { "kind" }].clone());
    (failed.collect(), wrong_scenes(&report).into_iter().cloned().collect())
}
