//! With trusted keys, only what one of them has signed becomes a policy of the service.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::json;

use super::ground::Ground;
use super::serve::{Serve, command, configure, program};
use super::tasks::component;

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

/// The rules of `standard` under a digest of their own: a custom section is content, and changes nothing.
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
async fn only_what_a_trusted_key_has_signed_is_taken() {
    let (ground, folder) = (Ground::of_the_model().await, tempfile::tempdir().unwrap());
    let folder = folder.path();
    let trusted = out(&policy(folder, "keygen --out key.pem"));
    out(&policy(folder, "keygen --out stranger.pem"));
    ["a", "b"].into_iter().for_each(|name| write(folder, name));
    let serve = Serve::start_with(folder, &ground.proxy.url(), &format!("[policies]\n{trusted}"));
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
    refused(&push("a.wasm"), "\"not base64!\" is no signature");
    assert_eq!(of_name(&serve, "standard", "verified").await, Vec::<String>::new());
    out(&push("b.wasm"));
    assert_eq!(of_name(&serve, "standard", "verified").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_came_before_the_keys_gets_into_no_role() {
    let (ground, folder) = (Ground::of_the_model().await, tempfile::tempdir().unwrap());
    let folder = folder.path();
    let trusted = out(&policy(folder, "keygen --out key.pem"));
    write(folder, "a");
    let serve = Serve::start(folder, &ground.proxy.url());
    let [standard] = of_name(&serve, "standard", "no").await.try_into().unwrap();
    let pushed = serve.push(std::fs::read(folder.join("a.wasm")).unwrap()).await;
    for digest in [pushed.text("/digest"), &standard] {
        assert_eq!(serve.put("/v1/policies/active", &json!({ "policy": digest })).await.status, 200);
    }
    drop(serve);
    let serve = Serve::start_with(folder, &ground.proxy.url(), &format!("[policies]\n{trusted}"));
    let body = json!({ "policy": pushed.text("/digest") });
    for role in ["active", "shadow"] {
        let refused = serve.put(&format!("/v1/policies/{role}"), &body).await;
        assert_eq!(refused.code(), (403, "swaparoo.signature_missing"), "{role}");
    }
    let back = serve.post("/v1/policies/rollback", &json!({})).await;
    assert_eq!(back.code(), (409, "swaparoo.no_previous_policy"), "what was before is no more");
    // The program's own policies are as trusted as the program is.
    let [own] = of_name(&serve, "nova-34", "no").await.try_into().unwrap();
    assert_eq!(serve.put("/v1/policies/shadow", &json!({ "policy": own })).await.status, 200);
}

/// What starts with trusted keys under an active policy without a signature of theirs: nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_active_policy_that_no_trusted_key_has_signed_keeps_the_service_from_starting() {
    let (ground, folder) = (Ground::of_the_model().await, tempfile::tempdir().unwrap());
    let folder = folder.path();
    let trusted = out(&policy(folder, "keygen --out key.pem"));
    write(folder, "a");
    let serve = Serve::start(folder, &ground.proxy.url());
    let pushed = serve.push(std::fs::read(folder.join("a.wasm")).unwrap()).await.text("/digest").to_owned();
    assert_eq!(serve.put("/v1/policies/active", &json!({ "policy": pushed })).await.status, 200);
    assert_eq!(serve.process().stop(), Some(0));
    configure(folder, &ground.proxy.url(), &format!("[policies]\n{trusted}"));
    let started = command(folder).output().unwrap();
    let error = String::from_utf8(started.stderr).unwrap();
    assert_eq!((started.status.code(), started.stdout.as_slice()), (Some(2), &b""[..]), "{error}");
    let says = format!("error: the policy standard (sha256 {pushed}) may have no role under policies.trusted_keys: ");
    assert!(error.lines().count() == 1 && error.starts_with(&says) && error.contains("it has no signature"), "{error}");

    // The way out that it says.
    let serve = Serve::start(folder, &ground.proxy.url());
    out(&policy(folder, "sign a.wasm --key key.pem"));
    out(&policy(folder, &format!("push a.wasm --url {}", serve.url())));
    assert_eq!(
        of_name(&serve, "standard", "unverified").await.as_slice(),
        std::slice::from_ref(&pushed),
        "without keys nobody verifies it"
    );
    let unsigned = serve.push(std::fs::read(folder.join("a.wasm")).unwrap()).await;
    assert_eq!(unsigned.text("/signed"), "unverified", "what comes again without a signature keeps it");
    drop(serve);
    let serve = Serve::start_with(folder, &ground.proxy.url(), &format!("[policies]\n{trusted}"));
    assert_eq!(of_name(&serve, "standard", "verified").await, [pushed]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_default_policy_brings_its_signature_beside_it() {
    let (ground, folder) = (Ground::of_the_model().await, tempfile::tempdir().unwrap());
    let folder = folder.path();
    let trusted = out(&policy(folder, "keygen --out key.pem"));
    write(folder, "a");
    let more = format!("[policies]\ndefault = \"a.wasm\"\n{trusted}");
    configure(folder, &ground.proxy.url(), &more);
    let started = command(folder).output().unwrap();
    assert_eq!(started.status.code(), Some(2));
    refused(&started, "policies.default a.wasm may not be active under policies.trusted_keys: sign it");
    out(&policy(folder, "sign a.wasm --key key.pem"));
    let serve = Serve::start_with(folder, &ground.proxy.url(), &more);
    assert_eq!(of_name(&serve, "standard", "verified").await.len(), 1);
}
