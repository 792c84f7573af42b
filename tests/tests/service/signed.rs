//! With trusted keys, the service accepts only policies that one of them has signed.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};

use super::placement_fixture::PlacementFixture;
use super::serve::{Serve, command, configure, program};
use super::tasks::{RENAMED, component, renamed_standard, wrong_scenes};

/// `swaparoo policy ...` in that folder.
pub fn policy(folder: &Path, words: &str) -> Output {
    Command::new(program()).arg("policy").args(words.split_whitespace()).current_dir(folder).output().unwrap()
}

pub fn out(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub fn refused(output: &Output, says: &str) {
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && error.contains(says), "{error}");
}

/// The rules of `standard` with another name and digest: a custom section changes the bytes, but not the behaviour.
pub fn write(folder: &Path, name: &str) {
    let mut component = renamed_standard();
    component.extend([0, 2, 1, name.as_bytes()[0]]);
    std::fs::write(folder.join(name).with_extension("wasm"), component).unwrap();
}

pub async fn of_name(serve: &Serve, name: &str, signed: &str) -> Vec<String> {
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
    assert_eq!(of_name(&serve, RENAMED, "verified").await, Vec::<String>::new());
    out(&push("b.wasm"));
    assert_eq!(of_name(&serve, RENAMED, "verified").await.len(), 1);
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
    let (failed, wrong) = (failed.collect::<Vec<_>>(), wrong_scenes(&report));
    let consent = json!({ "policy": digest, "accept_failed": failed, "accept_counterexamples": wrong });
    (digest, consent)
}
