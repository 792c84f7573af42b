//! The commands and output of docs/policies.md, on the real Placement: start, move, push a policy, put it in shadow,
//! compare, promote, roll back. And those of docs/authoring.md that need a service.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::json;

use super::placement_fixture::PlacementFixture;
use super::serve::{Serve, program};
use super::tasks::{component, new, revert, swap};

struct Operator<'a> {
    folder: &'a Path,
    url: &'a str,
}

impl Operator<'_> {
    fn types(&self, words: &str) -> Output {
        let mut command = Command::new(program());
        command.args(words.split_whitespace()).current_dir(self.folder).env("SWAPAROO_URL", self.url);
        command.output().unwrap()
    }

    /// The standard output and error of a command that must end with this code.
    fn reads(&self, words: &str, code: i32) -> String {
        let output = self.types(words);
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8(said).unwrap();
        assert_eq!(output.status.code(), Some(code), "{words}\n{said}");
        said
    }
}

fn line<'a>(text: &'a str, word: &str) -> &'a str {
    text.lines().find(|line| line.contains(word)).unwrap_or_else(|| panic!("no {word:?} in\n{text}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rules_are_changed_under_a_running_service() {
    let (placement, folder) = (PlacementFixture::real().await, tempfile::tempdir().unwrap());
    let serve = Serve::start(folder.path(), &placement.proxy.url());
    let operator = Operator { folder: folder.path(), url: serve.url() };
    std::fs::write(folder.path().join("nova-34.wasm"), component("SWAPAROO_POLICIES", "nova-34")).unwrap();

    let (server, migration) = (placement.holder().await, new());
    let moved = serve.try_post("/v1/tasks?wait=30", "swap", &swap(&server, &migration)).await.unwrap();
    assert_eq!((moved.status, moved.end()), (201, ("finished", "moved")));

    let pushed = operator.reads("policy push nova-34.wasm", 0);
    let digest = pushed.split_whitespace().next().unwrap();
    let nova = &digest[..8];
    assert!(line(&operator.reads(&format!("policy shadow {nova}"), 0), "nova-34").ends_with("shadow"));

    // The server is deleted, and its migration fails: nova 34 would restore the deleted server's allocations.
    let back = serve.post("/v1/tasks?wait=30", &revert(&server, &migration, Some("gone"))).await;
    assert_eq!(back.end(), ("finished", "source-deleted"));
    assert_eq!((placement.holds(&server).await, placement.holds(&migration).await), (0, 0));
    let shown = operator.reads(&format!("tasks show {}", back.text("/id")), 0);
    assert!(line(&shown, "shadow").contains("it would have asked to POST /allocations"), "{shown}");
    println!("{shown}");

    let diff = operator.reads(&format!("policy diff {nova}"), 1);
    line(&diff, "scenarios: 48 of 62 passed");
    line(&diff, "FAILED  revert-to-a-deleted-server");
    line(&diff, "records: 0 of 2 decided the same way");
    let refused = operator.reads(&format!("policy promote {nova}"), 2);
    assert!(line(&refused, "error:").contains("2 of 2 recorded tasks would be decided differently"), "{refused}");
    let failed = diff.lines().filter_map(|line| line.trim().strip_prefix("FAILED  "));
    let accepted: String = failed.map(|name| format!(" --accept-failed {name}")).collect();
    let wrong = diff.lines().filter_map(|line| line.trim().strip_prefix("WRONG    "));
    let wrong: String = wrong.map(|name| format!(" --accept-counterexamples {name}")).collect();
    line(&diff, "swaparoo check FILE.wasm --scenes give-back --faults 0");
    let promote = format!("policy promote {nova} --accept-differences 2{accepted}{wrong}");
    assert_eq!(operator.reads(&promote, 0).trim(), format!("{digest} is active"));

    let (server, migration) = (placement.holder().await, new());
    let swapped = serve.post("/v1/tasks?wait=30", &swap(&server, &migration)).await;
    let leaks = serve.post("/v1/tasks?wait=30", &revert(&server, &migration, Some("gone"))).await;
    assert_eq!((swapped.text("/policy/name"), leaks.end()), ("nova-34", ("finished", "moved")));
    assert_eq!(placement.holds(&server).await, 2, "the leak of bug 1848343, by the rules that were asked for");

    assert!(line(&operator.reads("policy rollback", 0), "standard").ends_with("active"));
    let again = serve.post("/v1/tasks?wait=30", &swap(&server, &new())).await;
    assert_eq!((again.text("/policy/name"), again.end().1), ("standard", "moved"));
    line(&operator.reads("tasks list", 0), again.text("/id"));
    assert_eq!(serve.get("/v1/tasks?state=open").await.body["tasks"], json!([]));
}

/// One policy decides moves, and the others stay with `standard`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_policy_is_promoted_for_some_kinds_of_task() {
    let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
    let serve = Serve::start(folder.path(), &placement.proxy.url());
    let operator = Operator { folder: folder.path(), url: serve.url() };
    std::fs::write(folder.path().join("policy.wasm"), component("SWAPAROO_POLICIES", "standard-moves")).unwrap();
    let pushed = operator.reads("policy push policy.wasm", 0);
    let digest = pushed.split_whitespace().next().unwrap();
    let diff = operator.reads(&format!("policy diff {digest}"), 1);
    line(&diff, "or a promotion only for the kinds that it has rules for:");
    line(&diff, "--for move,replace,revert");
    let refused = operator.reads(&format!("policy promote {digest}"), 2);
    assert!(line(&refused, "error:").contains("(`--for move,replace,revert`)"), "{refused}");
    let refused = operator.reads(&format!("policy promote {digest} --for move,release"), 2);
    let says =
        "standard-moves has no rules for release: name only kinds that it has rules for (`--for move,replace,revert`)";
    assert!(line(&refused, "error:").contains(says), "{refused}");

    let promoted = operator.reads(&format!("policy promote {digest} --for revert,move,replace"), 0);
    assert_eq!(promoted.trim(), format!("{digest} is active for move, replace, revert"));
    let listed = operator.reads("policy list", 0);
    assert!(line(&listed, digest).ends_with("active for move replace revert"), "{listed}");
    let others =
        "active for migrate live-migrate confirm revert-resize abort release, previous for move replace revert";
    assert!(line(&listed, " standard ").ends_with(others), "{listed}");
    let moved = serve.post("/v1/tasks?wait=30", &swap(&placement.holder().await, &new())).await;
    assert_eq!((moved.text("/policy/name"), moved.end()), ("standard-moves", ("finished", "moved")));

    let shadow = operator.reads(&format!("policy shadow {digest} --for revert"), 0);
    assert!(line(&shadow, digest).ends_with("active for move replace revert, shadow for revert"), "{shadow}");
    let back = operator.reads("policy rollback --for revert", 0);
    assert!(line(&back, digest).ends_with("active for move replace, shadow for revert"), "{back}");
    operator.reads("policy shadow --clear", 0);
    let back = operator.reads("policy rollback", 0);
    assert!(line(&back, " standard ").ends_with("  active"), "{back}");
}

/// The acceptances of a policy's author, in a file that is reviewed with the rules, promote it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_policy_is_shipped_with_the_acceptances_of_its_author() {
    let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
    let serve = Serve::start(folder.path(), &placement.proxy.url());
    let operator = Operator { folder: folder.path(), url: serve.url() };
    std::fs::write(folder.path().join("policy.wasm"), component("SWAPAROO_POLICIES", "standard-moves")).unwrap();
    let pushed = operator.reads("policy push policy.wasm", 0);
    let digest = pushed.split_whitespace().next().unwrap();
    assert!(line(&operator.reads(&format!("policy shadow {digest}"), 0), "standard-moves").ends_with("shadow"));
    let diff = operator.reads(&format!("policy diff {digest}"), 1);
    line(&diff, "not offered: 29 scenarios of abort, confirm, live-migrate, migrate, release, revert-resize");
    line(&diff, "--accept-failed migrate --accept-failed live-migrate");
    let refused = operator.reads(&format!("policy promote {digest}"), 2);
    assert!(line(&refused, "error:").contains("the policy has no rules for release"), "{refused}");

    let kinds = ["migrate", "live-migrate", "confirm", "revert-resize", "abort", "release"];
    let entry = |kind: &str| format!("[[accept]]\nkind = \"{kind}\"\nreason = \"moves only\"\n");
    let promote = format!("policy promote {digest} --accept-file policy.toml");
    std::fs::write(folder.path().join("policy.toml"), kinds[..5].iter().map(|kind| entry(kind)).collect::<String>())
        .unwrap();
    assert!(operator.reads(&promote, 2).contains("the policy has no rules for release"));
    assert!(operator.reads(&format!("{promote} --accept-failed release"), 0).contains("is active"));
    let moved = serve.post("/v1/tasks?wait=30", &swap(&placement.holder().await, &new())).await;
    assert_eq!((moved.text("/policy/name"), moved.end()), ("standard-moves", ("finished", "moved")));
}
