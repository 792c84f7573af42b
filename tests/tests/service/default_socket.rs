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
    typed.env_remove("OS_CLOUD").env_remove("OS_AUTH_URL");
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
    // On a machine that has no authorities of certificates.
    let mut bare = types(&ours, "policy list");
    let listed = says(&bare.env("SSL_CERT_FILE", "/dev/null").env("SSL_CERT_DIR", "/nonexistent").output().unwrap());
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repair_runs_in_the_service_of_its_placement_and_otherwise_here() {
    let [placement, other] = [PlacementFixture::model().await, PlacementFixture::model().await];
    let folder = tempfile::tempdir().unwrap();
    let (ours, elsewhere) = (folder.path().join("run"), folder.path().join("elsewhere"));
    [&ours, &elsewhere].into_iter().for_each(|folder| std::fs::create_dir(folder).unwrap());
    configure(folder.path(), &placement.proxy.url(), "");
    change(folder.path(), "socket = \"\"\n", "");
    let mut service = command(folder.path());
    service.env("XDG_RUNTIME_DIR", &ours);
    let serve = Serve::run(folder.path(), service);
    let at = format!("{}/swaparoo.sock", ours.display());

    let named = |placement: &PlacementFixture| format!("--placement {} --token admin", placement.proxy.url());
    let differs = format!("that service uses {}, and this command names {}", placement.proxy.url(), other.proxy.url());
    for (holder, runtime, options, words, in_service) in [
        (&placement, &ours, String::new(), format!("running in the service at {at}"), true),
        (&placement, &ours, named(&placement), format!("running in the service at {at}"), true),
        (&placement, &ours, format!("{} --policy seed", named(&placement)), "because of --policy".to_owned(), false),
        (&other, &ours, named(&other), differs, false),
        (&placement, &elsewhere, named(&placement), String::new(), false),
    ] {
        let server = holder.holder().await;
        let repair = format!("release --consumer {server} --server-uuid {server} --server gone {options}");
        let ran = types(runtime, &repair).output().unwrap();
        let (out, err) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
        assert!(ran.status.success() && err.contains(&words), "{repair}: {out}{err}");
        assert_eq!(err.is_empty(), words.is_empty(), "{err}");
        assert_eq!(holder.holds(&server).await, 0, "{repair}: {out}");
        let tasks = serve.get(&format!("/v1/tasks?consumer={server}")).await;
        assert_eq!(tasks.body["tasks"].as_array().unwrap().len(), usize::from(in_service), "{repair}: {}", tasks.body);
    }
    let none = types(&elsewhere, &format!("release --consumer {0} --server-uuid {0} --server gone", new()));
    let none = { none }.output().unwrap();
    let err = String::from_utf8_lossy(&none.stderr);
    assert_eq!(none.status.code(), Some(2), "{err}");
    assert!(err.contains("no service answers at") && err.contains("no cloud is named"), "{err}");
}
