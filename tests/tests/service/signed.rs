//! With trusted keys, the service accepts only policies that one of them has signed.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};

use super::placement_fixture::PlacementFixture;
use super::serve::{Serve, command, configure, program};
use super::tasks::{component, new, revert};

/// `swaparoo policy ...` in that folder.
fn policy(folder: &Path, words: &str) -> Output {
    Command::new(program()).arg("policy").args(words.split_whitespace()).current_dir(folder).output().unwrap()
}

fn out(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn refused(output: &Output, says: &str) {
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && error.contains(says), "{error}");
}

/// The rules of `standard` with another digest: a custom section changes the bytes, but not the behaviour.
fn write(folder: &Path, name: &str) {
    let mut component = component("SWAPAROO_POLICIES", "standard");
    component.extend([0, 2, 1, name.as_bytes()[0]]);
    std::fs::write(folder.join(name).with_extension("wasm"), component).unwrap();
}

async fn of_name(serve: &Serve, name: &str, signed: &str) -> Vec<String> {
    let listed = serve.get("/v1/policies").await;
    let policies = listed.body["policies"].as_array().unwrap().iter();
    let policies = policies.filter(|policy| policy["name"] == name && policy["signed"] == signed);
    policies.map(|policy| policy["digest"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_policies_signed_by_a_trusted_key_are_accepted() {
    let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
    let folder = folder.path();
    let trusted = out(&policy(folder, "keygen --out key.pem"));
    out(&policy(folder, "keygen --out stranger.pem"));
    ["a", "b"].into_iter().for_each(|name| write(folder, name));
    let serve = Serve::start_with(folder, &placement.proxy.url(), &format!("[policies]\n{trusted}"));
    let push = |file: &str| policy(folder, &format!("push {file} --url {}", serve.url()));
    refused(&push("a.wasm"), "policies must be signed here");
    let sent = serve.push(std::fs::read(folder.join("a.wasm")).unwrap()).await;
    assert_eq!(sent.code(), (403, "swaparoo.signature_missing"));
    out(&policy(folder, "sign a.wasm --key stranger.pem"));
    refused(&push("a.wasm"), "trusted");
    out(&policy(folder, "sign b.wasm --key key.pem"));
    std::fs::copy(folder.join("b.wasm.sig"), folder.join("a.wasm.sig")).unwrap();
    refused(&push("a.wasm"), "trusted");
    std::fs::write(folder.join("a.wasm.sig"), "not base64!").unwrap();
    refused(&push("a.wasm"), "\"not base64!\" is not a signature");
    assert_eq!(of_name(&serve, "standard", "verified").await, Vec::<String>::new());
    out(&push("b.wasm"));
    assert_eq!(of_name(&serve, "standard", "verified").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unsigned_policies_of_the_time_before_get_no_role() {
    let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
    let folder = folder.path();
    let trusted = out(&policy(folder, "keygen --out key.pem"));
    write(folder, "a");
    let serve = Serve::start(folder, &placement.proxy.url());
    let [standard] = of_name(&serve, "standard", "no").await.try_into().unwrap();
    let pushed = serve.push(std::fs::read(folder.join("a.wasm")).unwrap()).await;
    for digest in [pushed.text("/digest"), &standard] {
        assert_eq!(serve.put("/v1/policies/active", &json!({ "policy": digest })).await.status, 200);
    }
    drop(serve);
    let serve = Serve::start_with(folder, &placement.proxy.url(), &format!("[policies]\n{trusted}"));
    let body = json!({ "policy": pushed.text("/digest") });
    for role in ["active", "shadow"] {
        let refused = serve.put(&format!("/v1/policies/{role}"), &body).await;
        assert_eq!(refused.code(), (403, "swaparoo.signature_missing"), "{role}");
    }
    let judged = serve.post(&format!("/v1/policies/{}/replays", pushed.text("/digest")), &json!({})).await;
    assert_eq!(judged.code(), (403, "swaparoo.signature_missing"), "it is not called");
    let back = serve.post("/v1/policies/rollback", &json!({})).await;
    assert_eq!(back.code(), (409, "swaparoo.no_previous_policy"), "the previous policy is gone");
    // A built-in policy can be in shadow without a signature.
    let [own] = of_name(&serve, "nova-34", "no").await.try_into().unwrap();
    assert_eq!(serve.put("/v1/policies/shadow", &json!({ "policy": own })).await.status, 200);
}

/// Signatures are checked first: a component that uses all its fuel when it is loaded is refused for its signature, in
/// every way to bring in a component.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unsigned_component_is_not_even_loaded() {
    let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
    let folder = folder.path();
    let trusted = out(&policy(folder, "keygen --out key.pem"));
    let component = component("SWAPAROO_HOSTILE", "describes_for_ever");
    std::fs::write(folder.join("a.wasm"), &component).unwrap();
    let checked = |words: &[&str]| {
        let refused = command(folder).args(words).output().unwrap();
        let error = String::from_utf8(refused.stderr).unwrap();
        assert_eq!(refused.status.code(), Some(2), "{error}");
        error
    };
    configure(folder, &placement.proxy.url(), "[policies]\ndefault = \"a.wasm\"\n");
    assert!(checked(&["--check-config"]).contains("units of fuel"), "loading it shows");
    configure(folder, &placement.proxy.url(), &format!("[policies]\ndefault = \"a.wasm\"\n{trusted}"));
    for words in [&[][..], &["--check-config"]] {
        let error = checked(words);
        assert!(error.contains("policies.default a.wasm") && error.contains("it has no signature"), "{error}");
    }

    let serve = Serve::start_with(folder, &placement.proxy.url(), "");
    assert_eq!(serve.push(component.clone()).await.code(), (422, "swaparoo.policy_invalid"), "loading it shows");
    drop(serve);
    let serve = Serve::start_with(folder, &placement.proxy.url(), &format!("[policies]\n{trusted}"));
    assert_eq!(serve.push(component).await.code(), (403, "swaparoo.signature_missing"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_built_in_policies_decide_only_if_the_configuration_names_them() {
    let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
    let folder = folder.path();
    let trusted = out(&policy(folder, "keygen --out key.pem"));
    let serve = Serve::start_with(folder, &placement.proxy.url(), &format!("[policies]\n{trusted}"));
    for name in ["seed", "nova-34"] {
        let [own] = of_name(&serve, name, "no").await.try_into().unwrap();
        let refused = serve.put("/v1/policies/active", &json!({ "policy": own })).await;
        assert_eq!(refused.code(), (403, "swaparoo.signature_missing"), "{name}");
        assert!(
            refused.text("/errors/0/detail").contains("policies.trust_built_in does not name it"),
            "{}",
            refused.body
        );
        let judged = serve.post(&format!("/v1/policies/{own}/replays"), &json!({})).await;
        assert_eq!(judged.status, 200, "its decisions may be shown: {}", judged.body);
    }
    let [standard] = of_name(&serve, "standard", "no").await.try_into().unwrap();
    assert_eq!(serve.put("/v1/policies/active", &json!({ "policy": standard })).await.status, 200);
    drop(serve);
    let more = format!("[policies]\ntrust_built_in = [\"standard\", \"nova-34\"]\n{trusted}");
    let serve = Serve::start_with(folder, &placement.proxy.url(), &more);
    let (nova, consent) = promotion(&serve, "nova-34").await;
    serve.activate(&consent).await;
    assert_eq!(serve.process().stop(), Some(0));
    configure(folder, &placement.proxy.url(), &format!("[policies]\n{trusted}"));
    let error = String::from_utf8(command(folder).output().unwrap().stderr).unwrap();
    assert!(error.contains(&nova) && error.contains("policies.trust_built_in does not name it"), "{error}");
}

/// A built-in policy, and the request that makes it active even if scenarios fail.
async fn promotion(serve: &Serve, name: &str) -> (String, Value) {
    let [digest] = of_name(serve, name, "no").await.try_into().unwrap();
    let report = serve.post(&format!("/v1/policies/{digest}/replays"), &json!({})).await;
    let failed = report.body["conformance"]["failed"].as_array().unwrap().iter().map(|failed| &failed["name"]);
    let consent = json!({ "policy": digest, "accept_failed": failed.collect::<Vec<_>>() });
    (digest, consent)
}

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
    let [ours] = of_name(&serve, "standard", "verified").await.try_into().unwrap();
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
    for says in ["its policy standard 0.1.0", &ours, "no trusted key has signed", "policies.trusted_keys", "resume it"]
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
        std::fs::write(folder.join(name).with_extension("wasm"), self::component("SWAPAROO_HOSTILE", name)).unwrap();
        out(&policy(folder, &format!("sign {name}.wasm --key key.pem")));
        out(&policy(folder, &format!("push {name}.wasm --url {}", serve.url())));
    }
    let digest = |version: &str| {
        let listed = out(&policy(folder, &format!("list --url {}", serve.url())));
        let line = listed.lines().find(|line| line.contains(&format!("hostile      {version}"))).unwrap();
        line.split_once(' ').unwrap().0.to_owned()
    };
    let [older, newer] = ["0.0.9", "0.1.0"].map(digest);
    let accepted = whatever_fails(&serve, &newer).await;
    serve.activate(&json!({ "policy": newer, "accept_failed": accepted })).await;
    drop(serve);
    let serve = start();
    let accepted = whatever_fails(&serve, &older).await;
    let refused = serve.put("/v1/policies/active", &json!({ "policy": older, "accept_failed": accepted })).await;
    assert_eq!(refused.code(), (409, "swaparoo.policy_older"));
    assert!(refused.text("/errors/0/detail").contains("hostile 0.0.9 is older than 0.1.0"), "{}", refused.body);
    let accepted: Vec<String> =
        accepted.iter().map(|name| format!("--accept-failed {}", name.as_str().unwrap())).collect();
    let promote = format!("promote {older} {} --url {}", accepted.join(" "), serve.url());
    self::refused(&policy(folder, &promote), "--allow-older");
    assert!(out(&policy(folder, &format!("{promote} --allow-older"))).contains("is active"));
}

/// The failed scenarios, and the kinds of task that it has no rules for.
async fn whatever_fails(serve: &Serve, digest: &str) -> Vec<Value> {
    let report = serve.post(&format!("/v1/policies/{digest}/replays"), &json!({})).await;
    let failed = report.body["conformance"]["failed"].as_array().unwrap().iter();
    failed.map(|failed| failed[if failed["offered"] == true { "name" } else { "kind" }].clone()).collect()
}

/// With trusted keys, the service does not start while an active policy has no signature by one of them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_untrusted_active_policy_prevents_the_start() {
    let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
    let folder = folder.path();
    let trusted = out(&policy(folder, "keygen --out key.pem"));
    write(folder, "a");
    let serve = Serve::start(folder, &placement.proxy.url());
    let pushed = serve.push(std::fs::read(folder.join("a.wasm")).unwrap()).await.text("/digest").to_owned();
    assert_eq!(serve.put("/v1/policies/active", &json!({ "policy": pushed })).await.status, 200);
    assert_eq!(serve.process().stop(), Some(0));
    configure(folder, &placement.proxy.url(), &format!("[policies]\n{trusted}"));
    let started = command(folder).output().unwrap();
    let error = String::from_utf8(started.stderr).unwrap();
    assert_eq!((started.status.code(), started.stdout.as_slice()), (Some(2), &b""[..]), "{error}");
    let says = format!("error: the policy standard (sha256 {pushed}) may have no role under policies.trusted_keys: ");
    assert!(error.lines().count() == 1 && error.starts_with(&says) && error.contains("it has no signature"), "{error}");

    // The solution in the message.
    let serve = Serve::start(folder, &placement.proxy.url());
    out(&policy(folder, "sign a.wasm --key key.pem"));
    out(&policy(folder, &format!("push a.wasm --url {}", serve.url())));
    assert_eq!(
        of_name(&serve, "standard", "unverified").await.as_slice(),
        std::slice::from_ref(&pushed),
        "without keys it is not verified"
    );
    let unsigned = serve.push(std::fs::read(folder.join("a.wasm")).unwrap()).await;
    assert_eq!(unsigned.text("/signed"), "unverified", "a second push without a signature keeps the first one");
    drop(serve);
    let serve = Serve::start_with(folder, &placement.proxy.url(), &format!("[policies]\n{trusted}"));
    assert_eq!(of_name(&serve, "standard", "verified").await, [pushed]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_default_policy_has_its_signature_in_a_file_next_to_it() {
    let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
    let folder = folder.path();
    let trusted = out(&policy(folder, "keygen --out key.pem"));
    write(folder, "a");
    let more = format!("[policies]\ndefault = \"a.wasm\"\n{trusted}");
    configure(folder, &placement.proxy.url(), &more);
    let started = command(folder).output().unwrap();
    assert_eq!(started.status.code(), Some(2));
    refused(&started, "policies.default a.wasm may not be active under policies.trusted_keys: sign it");
    out(&policy(folder, "sign a.wasm --key key.pem"));
    let serve = Serve::start_with(folder, &placement.proxy.url(), &more);
    assert_eq!(of_name(&serve, "standard", "verified").await.len(), 1);
}
