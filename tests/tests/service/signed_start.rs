//! Signatures at the start of the service.

use serde_json::json;

use super::placement_fixture::PlacementFixture;
use super::serve::{Serve, command, configure};
use super::signed::{of_name, out, policy, refused, write};
use super::tasks::RENAMED;

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
    let says = format!("error: the policy {RENAMED} (sha256 {pushed}) may have no role under policies.trusted_keys: ");
    assert!(error.lines().count() == 1 && error.starts_with(&says) && error.contains("it has no signature"), "{error}");

    // The solution in the message.
    let serve = Serve::start(folder, &placement.proxy.url());
    out(&policy(folder, "sign a.wasm --key key.pem"));
    out(&policy(folder, &format!("push a.wasm --url {}", serve.url())));
    assert_eq!(
        of_name(&serve, RENAMED, "unverified").await.as_slice(),
        std::slice::from_ref(&pushed),
        "without keys it is not verified"
    );
    let unsigned = serve.push(std::fs::read(folder.join("a.wasm")).unwrap()).await;
    assert_eq!(unsigned.text("/signed"), "unverified", "a second push without a signature keeps the first one");
    drop(serve);
    let serve = Serve::start_with(folder, &placement.proxy.url(), &format!("[policies]\n{trusted}"));
    assert_eq!(of_name(&serve, RENAMED, "verified").await, [pushed]);
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
    assert_eq!(of_name(&serve, RENAMED, "verified").await.len(), 1);
}
