//! Policies in an OCI registry: pushed, pulled, promoted; and a registry that is away, refuses, or lies.

mod fixture;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::program_under_test::program;
use crate::service::placement_fixture::PlacementFixture;
use crate::service::serve::Serve;
use crate::service::signed::{of_name, out, policy, refused, write};
use crate::service::tasks::RENAMED;
use fixture::OciRegistry;

/// The last word of a line such as `SHA256  oci://...@sha256:...`.
fn place(line: &str) -> String {
    let mut words = line.split_whitespace();
    words.find(|word| word.starts_with("oci://")).unwrap_or_else(|| panic!("{line}")).to_owned()
}

/// A signed policy `a.wasm` and the public half of its key.
fn signed(folder: &Path) -> String {
    let trusted = out(&policy(folder, "keygen --out key.pem"));
    write(folder, "a");
    out(&policy(folder, "sign a.wasm --key key.pem"));
    trusted.split('"').nth(1).unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signed_policy_goes_through_a_registry_into_a_service() {
    let (placement, folder, registry) =
        (PlacementFixture::model().await, tempfile::tempdir().unwrap(), OciRegistry::start());
    let folder = folder.path();
    let key = signed(folder);
    let run = |words: &str| registry.policy(folder, words);
    let pushed = place(&out(&run(&format!("push a.wasm --to {}", registry.place(":1.0")))));
    assert!(pushed.contains("@sha256:"), "{pushed}");
    // The same again is the same.
    assert_eq!(place(&out(&run(&format!("push a.wasm --to {}", registry.place(":1.0"))))), pushed);

    let said = out(&run(&format!("pull {} --out b.wasm --registry-key {key}", registry.place(":1.0"))));
    assert_eq!(place(&said), pushed);
    let [a, b] = ["a.wasm", "b.wasm"].map(|name| fs::read(folder.join(name)).unwrap());
    assert!(a == b, "the component is the same");
    assert!(out(&policy(folder, &format!("verify b.wasm --key {key}"))).contains("is signed by"));

    let serve = Serve::start_with(
        folder,
        &placement.proxy.url(),
        &format!("[policies]\ntrusted_keys = [\"{key}\"]\ntrust_built_in = [\"standard\"]\nreplay = 0\n"),
    );
    let by_tag = run(&format!("promote {} --url {}", registry.place(":1.0"), serve.url()));
    refused(&by_tag, "a tag may name another policy tomorrow");
    let promoted = out(&run(&format!("promote {pushed} --url {}", serve.url())));
    assert!(promoted.contains("is active"), "{promoted}");
    let [digest] = of_name(&serve, RENAMED, "verified").await.try_into().unwrap();
    assert!(promoted.starts_with(&digest), "{promoted}");

    // Another policy under the same tag changes nothing of what the digest names.
    write(folder, "c");
    let unsigned = out(&run(&format!("push c.wasm --to {}", registry.place(":1.0"))));
    assert!(unsigned.contains("not signed"), "{unsigned}");
    assert_ne!(place(&unsigned), pushed);
    refused(&run(&format!("push {} --url {}", registry.place(":1.0"), serve.url())), "policies must be signed here");
    out(&run(&format!("pull {pushed} --out d.wasm")));
    assert!(fs::read(folder.join("d.wasm")).unwrap() == a);
    assert_eq!(serve.get("/v1/policies").await.status, 200);
}

#[test]
fn a_registry_that_is_away_or_refuses_gives_one_clear_error() {
    let (folder, mut registry) = (tempfile::tempdir().unwrap(), OciRegistry::start());
    let folder = folder.path();
    let key = signed(folder);
    let push = format!("push a.wasm --to {}", registry.place(":1.0"));
    refused(&registry.policy_as(folder, &push, "wrong"), "the registry does not let this user read or write");
    refused(&policy(folder, &push), "does not answer: ");
    let missing = registry.policy(folder, &format!("pull {} --out b.wasm", registry.place(":none")));
    refused(&missing, "does not exist in the registry");
    refused(
        &policy(folder, "pull oci://mine:1 --out b.wasm"),
        "names no registry: write it as oci://HOST/REPOSITORY:TAG",
    );
    out(&registry.policy(folder, &push));
    out(&policy(folder, "keygen --out stranger.pem"));
    let stranger = out(&policy(folder, "keygen --out other.pem")).split('"').nth(1).unwrap().to_owned();
    let pull = format!("pull {} --out b.wasm", registry.place(":1.0"));
    let unsigned = registry.policy(folder, &format!("{pull} --registry-key {stranger}"));
    refused(&unsigned, "none of the keys of --registry-key has signed");
    out(&registry.policy(folder, &format!("{pull} --registry-key {stranger} --registry-key {key}")));
    fs::remove_file(folder.join("b.wasm")).unwrap();
    registry.kill();
    refused(&registry.policy(folder, &pull), "does not answer: ");
    assert!(!folder.join("b.wasm").exists(), "a failed pull writes nothing");
    registry.run();
    out(&registry.policy(folder, &pull));
}

#[test]
fn what_was_checked_is_signed_and_can_be_asked_for() {
    let (folder, registry) = (tempfile::tempdir().unwrap(), OciRegistry::start());
    let folder = folder.path();
    let key = signed(folder);
    let push = format!("push a.wasm --to {}", registry.place(":1.0"));
    let pull = |faults: u32| {
        let from = registry.place(":1.0");
        registry.policy(folder, &format!("pull {from} --out b.wasm --registry-key {key} --registry-checked {faults}"))
    };
    out(&registry.policy(folder, &push));
    refused(&pull(0), "passed `swaparoo check --faults 0`: they state nothing");

    let check = |words: &str| {
        Command::new(program()).arg("check").args(words.split_whitespace()).current_dir(folder).output().unwrap()
    };
    refused(
        &check("standard --attest key.pem"),
        "--attest writes a file beside the component, and standard is not a file",
    );
    refused(&check("a.wasm --attest key.pem --scenes swap"), "cannot be used with");
    let checked = check("a.wasm --faults 0 --attest key.pem --source git+https://example.org/mine@5be8");
    let said = String::from_utf8_lossy(&checked.stderr).into_owned();
    // It has what is known of `standard`, which is a finding of the check.
    assert_eq!(checked.status.code(), Some(1), "{said}");
    assert!(said.contains("a.wasm.check: "), "{said}");
    assert!(said.contains(": WARNED with up to 0 faults, signed by "), "{said}");

    // The signature stays when the statement comes to the registry's list.
    out(&registry.policy(folder, &push));
    out(&pull(0));
    let [a, b] = ["a.wasm.check", "b.wasm.check"].map(|name| fs::read(folder.join(name)).unwrap());
    assert!(a == b, "the statement is the same");
    assert!(out(&policy(folder, &format!("verify b.wasm --key {key}"))).contains("is signed by"));
    refused(&pull(1), &format!("`swaparoo check --faults 1`: {RENAMED} 0.1.0: WARNED with up to 0 faults"));
}

/// The component with so many bytes: a custom section fills it.
fn filled(mut component: Vec<u8>, bytes: usize) -> Vec<u8> {
    let size = bytes - component.len() - 5;
    let digit = |shift: u32| u8::try_from(size >> shift & 0x7f).unwrap() | if shift < 21 { 0x80 } else { 0 };
    component.push(0);
    component.extend([0, 7, 14, 21].map(digit));
    component.extend([1, b'f']);
    component.resize(bytes, 0);
    component
}

/// The stored blob of this digest.
fn blob(registry: &OciRegistry, digest: &str) -> PathBuf {
    let folder = format!("storage/docker/registry/v2/blobs/sha256/{}/{digest}/data", &digest[..2]);
    registry.path(&folder)
}

#[test]
fn a_registry_that_lies_is_not_believed() {
    let (folder, registry) = (tempfile::tempdir().unwrap(), OciRegistry::start());
    let folder = folder.path();
    signed(folder);
    let said = out(&registry.policy(folder, &format!("push a.wasm --to {}", registry.place(":1.0"))));
    let (digest, pushed) = (said.split_whitespace().next().unwrap().to_owned(), place(&said));
    let pull = |of: &str| registry.policy(folder, &format!("pull {of} --out b.wasm"));

    // One byte of the component is another one, then it is longer than the manifest says.
    let stored = blob(&registry, &digest);
    let whole = fs::read(&stored).unwrap();
    let mut other = whole.clone();
    other[9] ^= 1;
    fs::write(&stored, &other).unwrap();
    refused(&pull(&pushed), "has another digest than its manifest states");
    fs::write(&stored, [&whole[..], &[0; 64]].concat()).unwrap();
    refused(&pull(&pushed), "sends more for a layer of");
    fs::write(&stored, &whole).unwrap();

    // Larger than any policy, and an artifact that is no policy.
    fs::write(folder.join("text.wasm"), "text").unwrap();
    let text = registry.policy(folder, &format!("push text.wasm --to {}", registry.place(":text")));
    refused(&text, "it is not a WebAssembly component, so it is not sent: it does not begin as one");
    fs::write(folder.join("large.wasm"), filled(whole, (4 << 20) + 1)).unwrap();
    let large = place(&out(&registry.policy(folder, &format!("push large.wasm --to {}", registry.place(":large")))));
    refused(&pull(&large), "has a layer of 4194305 bytes; at most 4194304 are read");
    let revisions = "storage/docker/registry/v2/repositories/policies/mine/_manifests/revisions/sha256";
    let revisions = fs::read_dir(registry.path(revisions)).unwrap();
    let revisions = revisions.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let of_signature = revisions.filter(|revision| {
        fs::read_to_string(blob(&registry, revision)).is_ok_and(|text| text.contains("\"subject\""))
    });
    let of_signature: Vec<_> = of_signature.collect();
    assert!(!of_signature.is_empty());
    for revision in of_signature {
        refused(&pull(&registry.place(&format!("@sha256:{revision}"))), "is no policy: it has not one layer of");
    }
    assert!(!folder.join("b.wasm").exists(), "nothing was written");
    assert!(pull(&pushed).status.success());
}
