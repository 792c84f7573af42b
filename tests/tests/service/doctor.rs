//! `swaparoo doctor` and `serve --check-config`: one line for each thing that a start and the first task need.

use std::path::Path;
use std::process::{Command, Stdio};

use axum::http::StatusCode;
use rcgen::{CertificateParams, KeyPair, date_time_ymd};

use super::keystone::Keystone;
use super::placement_fixture::PlacementFixture;
use super::serve::{Serve, change, command, configure, program, secret};
use super::tls;

/// Both ways to ask, which must say the same.
async fn examined(folder: &Path, expected: i32) -> String {
    let mut doctor = Command::new(program());
    doctor.args(["doctor", "--config", "swaparoo.toml"]).current_dir(folder);
    let mut check = command(folder);
    check.arg("--check-config");
    let mut said = Vec::new();
    for mut command in [doctor, check] {
        command.env("XDG_CACHE_HOME", folder.join("cache")).stdin(Stdio::null());
        let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(expected), "{text}{error}");
        said.push(text);
    }
    assert_eq!(said[0], said[1]);
    said.remove(0)
}

fn has(said: &str, lines: &[&str]) {
    for line in lines {
        assert!(said.lines().any(|said| said.starts_with(line)), "{line:?} is missing in {said}");
    }
}

/// A certificate for TCP that is valid until this day.
fn certificate(folder: &Path, (year, month, day): (i32, u8, u8)) {
    let mut params = CertificateParams::new(["localhost".to_owned()]).unwrap();
    params.not_after = date_time_ymd(year, month, day);
    let key = KeyPair::generate().unwrap();
    std::fs::write(folder.join("tls.crt"), params.self_signed(&key).unwrap().pem()).unwrap();
    secret(&folder.join("tls.key"), &key.serialize_pem());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_is_tried_and_nothing_is_changed() {
    let (placement, folder) = (PlacementFixture::real().await, tempfile::tempdir().unwrap());
    let folder = folder.path();
    certificate(folder, (2999, 1, 2));
    secret(&folder.join("tokens"), "tasks a-token-that-is-long-enough\n");
    configure(folder, &placement.proxy.url(), "[auth]\ntokens = \"tokens\"\n");
    change(folder, "127.0.0.1:0\"", "127.0.0.1:0\"\ntls_certificate = \"tls.crt\"\ntls_key = \"tls.key\"");
    let said = examined(folder, 0).await;
    let at = placement.proxy.url();
    has(
        &said,
        &[
            "ok       auth.tokens: tokens has 1 token",
            "ok       listen.tls_certificate: the certificate is valid until 2999-01-02",
            "ok       policies.default: standard can decide",
            "ok       listen.tcp: 127.0.0.1:0 is free",
            "ok       journal.file: ",
            &format!("ok       placement: {at} answers, with the microversions 1.0 to 1."),
            "ok       placement: shows allocations to these credentials",
            "swaparoo.toml: the configuration is valid",
        ],
    );
    assert!(!folder.join("journal.db").exists() && !folder.join("journal.db.lock").exists());
    assert!(placement.proxy.seen().iter().all(|request| request.starts_with("GET ")), "{:?}", placement.proxy.seen());

    certificate(folder, (2020, 1, 2));
    has(&examined(folder, 0).await, &["warning  listen.tls_certificate: the certificate has expired on 2020-01-02"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_that_runs_is_not_disturbed() {
    let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
    let serve = Serve::start(folder.path(), &placement.proxy.url());
    change(folder.path(), "127.0.0.1:0", serve.url().trim_start_matches("http://"));
    let said = examined(folder.path(), 0).await;
    has(&said, &["warning  listen.tcp: something listens on ", "ok       journal.file: "]);
    assert_eq!(serve.get("/readyz").await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_does_not_answer_is_named_and_may_pass() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    configure(folder, "http://127.0.0.1:1", "");
    change(folder, &folder.join("journal.db").display().to_string(), "nowhere/journal.db");
    let said = examined(folder, 75).await;
    has(
        &said,
        &[
            "failed   placement: no connection to Placement at http://127.0.0.1:1: ",
            "warning  journal.file: nowhere does not exist",
        ],
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keystone_and_the_credentials_for_placement_are_tried() {
    let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
    let keystone = Keystone::away(&placement.proxy.url());
    drop(keystone.service(folder.path()));
    has(&examined(folder.path(), 75).await, &["failed   keystone: the keystone of cloud \"late\" does not answer"]);
    let there = keystone.comes(StatusCode::CREATED).await;
    let said = examined(folder.path(), 0).await;
    let lines = ["ok       keystone: gives a token for cloud \"late\"", "ok       placement: shows allocations"];
    has(&said, &[lines[0], lines[1], "warning  nova: cloud \"late\" has no compute endpoint"]);
    there.abort();
}

/// A Placement with a certificate that no authority has issued, or for another name.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_that_is_not_accepted_must_be_changed() {
    let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
    let other = tls::start(folder.path(), &placement);
    let port = other.url().rsplit_once(':').map(|(_, port)| port.to_owned()).unwrap();
    let (here, certificate) = (tempfile::tempdir().unwrap(), folder.path().join("tls.crt"));
    let here = here.path();
    for (host, cafile, why) in [
        (
            "localhost",
            "",
            "no trusted authority has issued its certificate: name the authority's with placement.cafile, or",
        ),
        ("127.0.0.1", "tls.crt", "the certificate is for localhost, not for 127.0.0.1: "),
    ] {
        let url = format!("https://{host}:{port}");
        configure(here, &url, "");
        let mut options = format!("--placement {url} --token admin --nova nova.json");
        if !cafile.is_empty() {
            change(here, "token_file", &format!("cafile = {certificate:?}\ntoken_file"));
            options.push_str(&format!(" --cafile {}", certificate.display()));
        }
        std::fs::write(here.join("nova.json"), r#"{"servers": [], "migrations": []}"#).unwrap();
        for words in ["doctor --config swaparoo.toml", &format!("audit {options}")] {
            let mut command = Command::new(program());
            command.args(words.split_whitespace()).current_dir(here).env("XDG_CACHE_HOME", folder.path().join("cache"));
            command.env_remove("RUST_LOG");
            let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
            let error = String::from_utf8(output.stderr).unwrap();
            let expected = format!("error: no connection to Placement at {url}: {why}");
            assert!(error.starts_with(&expected) && error.lines().count() == 1, "{words}: {error}");
            assert_eq!(output.status.code(), Some(2), "{words}: {error}");
        }
    }
}
