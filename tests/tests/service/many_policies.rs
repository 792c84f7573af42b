//! Pushed policies leave a part of the journal for tasks, and policies without a role can be removed.

use serde_json::{Value, json};

use super::placement_fixture::PlacementFixture;
use super::serve::{Answer, Serve, change, command, configure};
use super::tasks::{new, renamed_standard, revert, swap};

/// The rules of `standard` with this many bytes of the letter in a custom section: the same rules with another digest.
fn padded(letter: u8, bytes: usize) -> Vec<u8> {
    let mut policy = renamed_standard();
    // The section's id, its length in five bytes of LEB128, and its name, which is one letter.
    policy.push(0);
    let mut length = bytes + 2;
    for last in [false, false, false, false, true] {
        policy.push(u8::try_from(length & 0x7f).unwrap() | if last { 0 } else { 0x80 });
        length >>= 7;
    }
    policy.extend([1, letter]);
    policy.extend(std::iter::repeat_n(letter, bytes));
    policy
}

async fn start(max_size: &str) -> (PlacementFixture, tempfile::TempDir, Serve) {
    let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
    configure(folder.path(), &placement.proxy.url(), "[policies]\nreplay = 0\n");
    change(folder.path(), "[journal]", &format!("[journal]\nmax_size = {max_size:?}"));
    let serve = Serve::run(folder.path(), command(folder.path()));
    (placement, folder, serve)
}

fn refused(answer: &Answer, code: (u16, &str), words: &[&str]) {
    assert_eq!(answer.code(), code, "{}", answer.body);
    for word in words {
        assert!(answer.text("/errors/0/detail").contains(word), "{word:?}: {}", answer.body);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_push_that_does_not_fit_is_refused_and_tasks_go_on() {
    let (placement, _folder, serve) = start("16MiB").await;
    let mut digests = Vec::new();
    let full = loop {
        let letter = b'a' + u8::try_from(digests.len()).unwrap();
        let pushed = serve.push(padded(letter, 2 << 20)).await;
        if pushed.status != 201 {
            break pushed;
        }
        digests.push(pushed.text("/digest").to_owned());
        assert!(digests.len() < 8, "it is never full");
    };
    refused(&full, (503, "swaparoo.journal_full"), &["journal.max_size", "`swaparoo policy remove`"]);
    assert!(digests.len() > 2, "{digests:?}");
    // A policy that is already stored needs no space.
    assert_eq!(serve.push(padded(b'a', 2 << 20)).await.status, 201);
    let moved = serve.post("/v1/tasks?wait=30", &swap(&placement.holder().await, &new())).await;
    assert_eq!(moved.end(), ("finished", "moved"), "{}", moved.body);
    assert_eq!(serve.get("/readyz").await.status, 200);
    assert_eq!(serve.delete(&format!("/v1/policies/{}", digests[1])).await.status, 204);
    assert_eq!(serve.push(padded(b'z', 2 << 20)).await.status, 201);
}

/// Pushes and promotes it; returns its digest.
async fn promoted(serve: &Serve, letter: u8) -> String {
    let pushed = serve.push(padded(letter, 100)).await;
    let digest = pushed.text("/digest").to_owned();
    serve.activate(&json!({ "policy": digest })).await;
    digest
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_policy_in_use_is_not_removed() {
    let (placement, _folder, serve) = start("4GiB").await;
    let first = promoted(&serve, b'a').await;
    let path = format!("/v1/policies/{first}");
    refused(&serve.delete(&path).await, (409, "swaparoo.conflict"), &[&first, "it is the active policy"]);
    let waits = serve.post("/v1/tasks?wait=30", &revert(&new(), &placement.holder().await, None)).await;
    assert_eq!(waits.end().0, "waiting", "{}", waits.body);
    for letter in [b'b', b'c'] {
        promoted(&serve, letter).await;
    }
    let id = waits.text("/id");
    refused(&serve.delete(&path).await, (409, "swaparoo.conflict"), &[&first, id, "is open under it"]);
    let gone = json!({ "index": 2, "reply": { "kind": "server", "state": "gone" } });
    assert_eq!(serve.post(&format!("/v1/tasks/{id}/replies"), &gone).await.status, 200);
    assert_eq!(serve.get(&format!("/v1/tasks/{id}?wait=30")).await.end(), ("finished", "source-deleted"));
    let removed = serve.delete(&path).await;
    assert_eq!((removed.status, &removed.body), (204, &Value::String(String::new())));
    refused(&serve.delete(&path).await, (404, "swaparoo.policy_unknown"), &[&first]);
    assert_eq!(serve.get(&format!("{path}/component")).await.status, 404);
}
