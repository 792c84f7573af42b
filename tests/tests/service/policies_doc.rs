//! The commands and output of docs/policies.md, on the real Placement: start, move, push a policy, put it in shadow,
//! compare, promote, roll back.

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
