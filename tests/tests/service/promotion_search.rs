//! The promotion check's search of the scenes of `swaparoo check`, in a running service.

use serde_json::{Value, json};

use super::placement_fixture::PlacementFixture;
use super::serve::{Serve, change, command, configure};
use super::tasks::{component, pushed, wrong_scenes};

/// `standard-moves` has rules for the moves alone, so that the search with a fault takes about a second.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_policy_is_searched_once_with_a_fault() {
    let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
    configure(folder.path(), &placement.proxy.url(), "[policies]\nreplay = 0\nsearch_faults = 1\n");
    change(folder.path(), "filter = \"warn\"", "filter = \"info\"");
    let serve = Serve::run(folder.path(), command(folder.path()));
    let (digest, promotion) = pushed(&serve, "standard-moves").await;
    let report = serve.post(&format!("/v1/policies/{digest}/replays"), &json!({})).await;
    assert_eq!(wrong_scenes(&report), Vec::<&Value>::new());
    let passed = &report.body["search"]["passed"];
    let moves = ["swap", "give-back", "give-back-local-delete", "give-back-claimed"];
    let more = ["give-back-beside-record", "move-to-itself"];
    let both = ["replace-then-revert", "replace-then-revert-deleted"];
    assert_eq!((&report.body["search"]["faults"], passed), (&json!(1), &json!([&moves[..], &more, &both].concat())));
    let kinds = report.body["conformance"]["failed"].as_array().unwrap().iter().map(|failed| &failed["kind"]);
    let consent = json!({ "policy": promotion["policy"], "accept_failed": kinds.collect::<Vec<_>>() });
    for _ in 0..3 {
        serve.activate(&consent).await;
    }
    let log = std::fs::read_to_string(folder.path().join("log")).unwrap();
    let searches = format!("{digest} was searched with up to 1 fault: 8 of 8 scenes passed");
    assert_eq!(log.matches(&searches).count(), 1, "{log}");
}

/// Each call traps, so it is not called for its search, and this is not kept.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_policy_that_fails_too_often_is_not_searched() {
    let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
    configure(folder.path(), &placement.proxy.url(), "[policies]\nreplay = 0\n");
    change(folder.path(), "filter = \"warn\"", "filter = \"info\"");
    let serve = Serve::run(folder.path(), command(folder.path()));
    let digest = serve.push(component("SWAPAROO_HOSTILE", "panics")).await.text("/digest").to_owned();
    for nth in 1..=2 {
        let report = serve.post(&format!("/v1/policies/{digest}/replays"), &json!({})).await;
        let failed = report.body["search"]["failed"].as_array().unwrap();
        let words = |failed: &Value| failed["found"].as_str().unwrap().contains("not called any more");
        assert!(failed.len() == 8 && failed.iter().all(words), "{}", report.body);
        let log = std::fs::read_to_string(folder.path().join("log")).unwrap();
        assert_eq!(log.matches("was searched").count(), nth, "{log}");
    }
}
