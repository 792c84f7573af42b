//! Text of a policy and of Placement reaches terminals and logs without control characters.

use std::path::Path;
use std::process::Command;

use serde_json::json;
use swaparoo_placement::Method;
use swaparoo_real_placement::{Act, Canned};

use super::hostile_policies::promote;
use super::placement_fixture::PlacementFixture;
use super::serve::{Serve, command, configure, program};
use super::tasks::{new, swap};

const TEXT: &str = "no\u{1b}]0;title\u{7}\r\n2026-01-01 ERROR forged \u{9b}2J\u{202e}\u{2066}\u{200f}\u{2028}";
const ESCAPED: &str = "no\\u{1b}]0;title\\u{7}";

fn assert_printable(said: &str) {
    let acts = |c: char| c != '\n' && (c.is_control() || "\u{202e}\u{2066}\u{200f}\u{2028}\u{feff}".contains(c));
    let at = said.find(acts);
    assert_eq!(at, None, "{:?}", at.map(|at| &said[at..(at + 200).min(said.len())]));
    assert!(!said.lines().any(|line| line.starts_with("2026-01-01 ERROR forged")), "a line was forged: {said}");
}

/// The output of `swaparoo tasks show` for the task, as text and as JSON.
fn shown(serve: &Serve, id: &str) -> String {
    for words in [format!("tasks list --url {}", serve.url()), format!("tasks show {id} --json --url {}", serve.url())]
    {
        assert_printable(&printed(&words));
    }
    printed(&format!("tasks show {id} --url {}", serve.url()))
}

pub fn printed(words: &str) -> String {
    let output = Command::new(program()).args(words.split(' ')).output().unwrap();
    assert!(output.status.success(), "{words}: {output:?}");
    String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
}

/// A service that logs everything, in this format.
fn start(folder: &Path, placement: &PlacementFixture, format: &str) -> Serve {
    configure(folder, &placement.proxy.url(), &format!("format = {format:?}\n[policies]\nreplay = 0\n"));
    let mut serve = command(folder);
    serve.arg("-vv");
    Serve::run(folder, serve)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn foreign_text_is_printed_without_control_characters() {
    for format in ["text", "json"] {
        let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
        let serve = start(folder.path(), &placement, format);
        let body = json!({ "errors": [{ "status": 500, "code": "placement.undefined_code", "detail": TEXT }] });
        let refuses = Canned { status: 500, content_type: "application/json", body: body.to_string() };
        // A read is tried three times.
        (1..=3).for_each(|nth| placement.proxy.on(Method::Get, nth, Act::Answer(refuses.clone())));
        let refused = serve.post("/v1/tasks?wait=30", &swap(&new(), &new())).await;
        assert_eq!(refused.end(), ("failed", "allocation-retrieval-failed"), "{}", refused.body);
        let output = shown(&serve, refused.text("/id"));
        assert_printable(&output);
        assert!(output.contains(ESCAPED), "{output}");

        promote(&serve, "writes_escapes").await;
        let failed = serve.post("/v1/tasks?wait=30", &swap(&new(), &new())).await;
        let output = shown(&serve, failed.text("/id"));
        assert_printable(&output);
        assert!(output.contains("owned") || failed.end().1 == "unsettled", "{output}");
        assert_eq!(serve.process().stop(), Some(0));
        let log = std::fs::read_to_string(folder.path().join("log")).unwrap();
        assert!(log.lines().count() > 20, "{log}");
        assert_printable(&log);
    }
}
