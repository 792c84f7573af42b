//! In observation nothing is changed, and the policy is asked all the same.

use std::path::{Path, PathBuf};
use std::process::Command;

use reqwest::Method;
use serde_json::Value;

use super::fixture::{Front, new, until};
use crate::program_under_test::{cache_in, program};
use crate::service::serve::change;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_passes_and_what_the_policy_would_have_done_is_counted() {
    let front = Front::start("observe", "").await;
    let (server, record) = (front.server().await, new());
    let writes = || front.placement.proxy.seen().into_iter().filter(|seen| !seen.starts_with("GET")).count();
    assert_eq!(front.moved(&server, &record).await.status, 204);
    until("the first comparison", async || front.counted("observe", "same").await == 1).await;
    front.nova.remove_server(&server);
    let before = writes();
    // nova's bug: the deleted server gets its allocations back.
    assert_eq!(front.moved(&record, &server).await.status, 204);
    until("the second comparison", async || front.counted("observe", "differs").await == 1).await;
    assert_eq!(front.hold(&server, &record).await, [2, 0]);
    assert_eq!((writes() - before, front.tasks().await.len()), (1, 0));
    let log = front.log();
    let line = log.lines().find(|line| line.contains("something else")).unwrap_or_else(|| panic!("{log}"));
    assert!(line.contains("source-deleted") && line.contains(&record), "{line}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_mode_changes_without_a_stop() {
    let front = Front::start("observe", "").await;
    let (server, record) = (front.server().await, new());
    assert_eq!(front.moved(&server, &record).await.status, 204);
    change(front.folder.path(), "mode = \"observe\"", "mode = \"decide\"");
    front.serve.process().signal(rustix::process::Signal::HUP);
    until("the reload", async || front.log().contains("were read again")).await;
    assert_eq!(front.moved(&record, &server).await.status, 204);
    assert_eq!((front.hold(&server, &record).await, front.tasks().await.len()), ([2, 0], 1));
    assert!(!front.log().contains("restart the service"), "{}", front.log());
    let changes: Vec<_> =
        front.log().lines().filter(|line| line.contains("configure/proxy-mode")).map(str::to_owned).collect();
    assert!(
        matches!(&changes[..], [start, hup] if start.contains("observe") && hup.contains("SIGHUP") && hup.contains("decide")),
        "{changes:?}"
    );
    assert_eq!(front.send(Method::GET, "/", "1.28", None).await.status, 200);
}

/// The records in this folder, oldest first.
fn records(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = entries.filter(|file| file.extension().is_some_and(|end| end == "json")).collect();
    files.sort();
    files
}

fn named(files: &[PathBuf], words: &[&str]) -> bool {
    files.len() == words.len() && files.iter().zip(words).all(|(file, word)| file.to_str().unwrap().contains(word))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_move_has_a_record_that_other_commands_read() {
    let at = tempfile::tempdir().unwrap();
    let folder = at.path().join("observed");
    let front = Front::start("observe", &format!("records = {{ folder = {folder:?}, keep = 3 }}\n")).await;
    let (server, record) = (front.server().await, new());
    assert_eq!(front.moved(&server, &record).await.status, 204);
    until("the first record", async || records(&folder).len() == 1).await;
    front.nova.remove_server(&server);
    assert_eq!(front.moved(&record, &server).await.status, 204);
    until("the second record", async || records(&folder).len() == 2).await;
    let files = records(&folder);
    assert!(named(&files, &["-same-", "-differs-"]), "{files:?}");
    for (file, status, says) in [(&files[0], "204", "written the same"), (&files[1], "204", "something else")] {
        let read: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
        let what = read["beside"][0]["what"].as_str().unwrap();
        assert!(what.contains(status) && what.contains(says), "{read}");
        for command in ["replay", "conform"] {
            let run =
                Command::new(program()).arg(command).arg(file).env("XDG_CACHE_HOME", cache_in(at.path())).output();
            let run = run.unwrap();
            let out = String::from_utf8_lossy(&run.stdout);
            assert!(run.status.success(), "{command} {file:?}: {out} {}", String::from_utf8_lossy(&run.stderr));
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_records_are_bounded_also_after_a_restart() {
    let at = tempfile::tempdir().unwrap();
    let mut front = Front::start("observe", &format!("records = {{ folder = {:?}, keep = 2 }}\n", at.path())).await;
    std::fs::write(at.path().join("notes.json"), "mine").unwrap();
    let (server, record) = (front.server().await, new());
    assert_eq!(front.moved(&server, &record).await.status, 204);
    until("the first record", async || records(at.path()).len() == 2).await;
    front.nova.remove_server(&server);
    assert_eq!(front.moved(&record, &server).await.status, 204);
    until("the second record", async || records(at.path()).len() == 3).await;
    front.restart();
    front.nova.add_server(&server, Some(1), "active", None);
    assert_eq!(front.moved(&server, &record).await.status, 204);
    // The first one goes, because the policy would have done the same, and a file that the proxy did not write stays.
    let first = records(at.path())[0].clone();
    until("the third record", async || !first.exists()).await;
    let files = records(at.path());
    assert!(named(&files, &["-differs-", "-same-", "notes.json"]), "{files:?}");
}
