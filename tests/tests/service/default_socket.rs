//! The command line finds the service at its default socket, or at the given address.

use std::path::Path;
use std::process::{Command, Output};

use super::placement_fixture::PlacementFixture;
use super::serve::{Serve, change, command, configure, program};
use super::tasks::{new, swap};

/// The environment of this user's commands.
fn types(runtime: &Path, words: &str) -> Command {
    let mut typed = Command::new(program());
    typed.args(words.split_whitespace()).env("XDG_RUNTIME_DIR", runtime);
    typed.env_remove("SWAPAROO_SOCKET").env_remove("SWAPAROO_URL").env_remove("SWAPAROO_SERVICE_TOKEN");
    typed
}

fn says(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_line_finds_the_service_without_an_address() {
    let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
    let (ours, elsewhere) = (folder.path().join("run"), folder.path().join("elsewhere"));
    [&ours, &elsewhere].into_iter().for_each(|folder| std::fs::create_dir(folder).unwrap());
    configure(folder.path(), &placement.proxy.url(), "");
    change(folder.path(), "socket = \"\"\n", "");
    let mut service = command(folder.path());
    service.env("XDG_RUNTIME_DIR", &ours);
    let serve = Serve::run(folder.path(), service);
    let moved = serve.post("/v1/tasks?wait=30", &swap(&placement.holder().await, &new())).await;

    let listed = says(&types(&ours, "tasks list").output().unwrap());
    assert!(listed.lines().any(|line| line.starts_with(moved.text("/id")) && line.contains("moved")), "{listed}");
    let listed = says(&types(&ours, "policy list").output().unwrap());
    assert!(listed.lines().any(|line| line.contains("standard") && line.ends_with("active")), "{listed}");

    let lost = types(&elsewhere, "tasks list").output().unwrap();
    let error = String::from_utf8_lossy(&lost.stderr);
    let place = elsewhere.join("swaparoo.sock").display().to_string();
    assert_eq!(lost.status.code(), Some(2), "{error}");
    assert!(error.contains(&format!("no service answers at {place}")), "{error}");
    let mut given = types(&elsewhere, "tasks list");
    let given = says(&given.env("SWAPAROO_SOCKET", ours.join("swaparoo.sock")).output().unwrap());
    assert!(given.contains(moved.text("/id")), "{given}");

    assert_eq!(serve.process().stop(), Some(0));
    assert!(!ours.join("swaparoo.sock").exists(), "it removes its socket");
}
