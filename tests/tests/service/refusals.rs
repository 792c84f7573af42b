//! Configurations that the service refuses: it prints the reason in one line, and ends with 2.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::{Command, Stdio};

use super::placement_fixture::PlacementFixture;
use super::serve::{Serve, change, command, configure, program};

/// Starts the service in that folder, which must fail; returns the line.
fn refused(folder: &Path) -> String {
    line(command(folder))
}

fn line(command: Command) -> String {
    let (line, out) = line_and_out(command);
    assert_eq!(out, "", "{line}");
    line
}

/// The last line of the errors, and standard output.
fn line_and_out(mut command: Command) -> (String, String) {
    let output = command.stdin(Stdio::null()).output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{error}");
    let lines: Vec<&str> = error.lines().collect();
    let [.., last] = lines.as_slice() else { panic!("it prints nothing") };
    assert!(last.starts_with("error: ") && !last.ends_with('.'), "{error}");
    ((*last).to_owned(), String::from_utf8(output.stdout).unwrap())
}

fn has(line: &str, words: &[&str]) {
    for word in words {
        assert!(line.contains(word), "{word:?} is missing in {line:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_service_on_the_same_journal() {
    let placement = PlacementFixture::model().await;
    let folder = tempfile::tempdir().unwrap();
    let serve = Serve::start(folder.path(), &placement.proxy.url());
    has(&refused(folder.path()), &["journal.db", "is in use by another swaparoo"]);
    assert_eq!(serve.get("/readyz").await.status, 200, "the first one is not affected");
}

#[test]
fn a_port_that_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    configure(folder.path(), "http://127.0.0.1:1", "");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr();
    let held = std::net::TcpListener::bind(taken.unwrap()).unwrap();
    let address = held.local_addr().unwrap().to_string();
    change(folder.path(), "127.0.0.1:0", &address);
    has(&refused(folder.path()), &[&address, "is taken"]);
    assert!(!folder.path().join("journal.db").exists(), "it did not get that far");
}

#[test]
fn a_socket_that_is_in_use_and_one_that_was_left_behind() {
    let folder = tempfile::tempdir().unwrap();
    configure(folder.path(), "http://127.0.0.1:1", "");
    let socket = folder.path().join("s.sock");
    change(folder.path(), "socket = \"\"", &format!("socket = {socket:?}"));
    let held = UnixListener::bind(&socket).unwrap();
    has(&refused(folder.path()), &["s.sock", "in use"]);
    drop(held);
    // A killed service leaves its socket file behind, without a listener.
    drop(Serve::run(folder.path(), command(folder.path())));
    std::fs::remove_file(&socket).unwrap();
    std::fs::write(&socket, "a letter").unwrap();
    has(&refused(folder.path()), &["s.sock"]);
    assert_eq!(std::fs::read_to_string(&socket).unwrap(), "a letter", "a file that is not a socket is kept");
}

#[test]
fn a_journal_of_a_newer_version_and_other_files() {
    let folder = tempfile::tempdir().unwrap();
    configure(folder.path(), "http://127.0.0.1:1", "");
    drop(Serve::run(folder.path(), command(folder.path())));
    let journal = folder.path().join("journal.db");
    let python = std::env::var_os("SWAPAROO_PLACEMENT_PYTHON").expect("`cargo xtask test` sets it");
    let newer = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('PRAGMA user_version = 99')";
    assert!(Command::new(python).arg("-c").arg(newer).arg(&journal).status().unwrap().success());
    has(&refused(folder.path()), &["journal.db", "version 99", "knows version 2"]);
    std::fs::write(&journal, "a letter, longer than sixteen bytes").unwrap();
    has(&refused(folder.path()), &["journal.db"]);
    assert!(std::fs::read(&journal).unwrap().starts_with(b"a letter"), "a file that is not a journal is kept");
}

#[test]
fn a_configuration_that_is_wrong() {
    for (from, to, words) in [
        ("[log]", "[lgo]", ["lgo", "swaparoo.toml:9:"]),
        ("filter = \"warn\"", "flter = \"warn\"", ["flter", "swaparoo.toml:10:"]),
        ("[log]", "[tasks]\nstop_patience = \"30\"\n[log]", ["stop_patience", "swaparoo.toml:10:"]),
        ("[log]", "[tasks]\nopen = 0\n[log]", ["open", "swaparoo.toml:10:"]),
        ("127.0.0.1:0", "0.0.0.0:0", ["0.0.0.0:0", "listen.tls_certificate"]),
    ] {
        let folder = tempfile::tempdir().unwrap();
        configure(folder.path(), "http://127.0.0.1:1", "");
        change(folder.path(), from, to);
        has(&refused(folder.path()), &words);
        let mut check = Command::new(program());
        check.args(["serve", "--check-config", "--config"]).arg(folder.path().join("swaparoo.toml"));
        has(&line(check), &words);
    }
}

/// `--check-config` reads the files that a configuration names, like a start.
#[test]
fn check_config_checks_the_same_files_as_the_start() {
    let tls = "tcp = \"127.0.0.1:0\"\ntls_certificate = \"none.crt\"\ntls_key = \"none.key\"";
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let pem = made.signing_key.serialize_pem();
    let own_key = "tcp = \"127.0.0.1:0\"\ntls_certificate = \"tls.crt\"\ntls_key = \"tokens\"";
    let tokens = "[auth]\ntokens = \"tokens\"\n[log]";
    for (from, to, text, mode, words) in [
        (
            "[policies]",
            "[policies]\ntrusted_keys = [\"x\"]",
            "",
            0o600,
            ["policies.trusted_keys: \"x\"", "not an ed25519 public key"],
        ),
        ("[policies]", "[policies]\ndefault = \"standrad\"", "", 0o600, ["standrad", "standard, seed, nova-34"]),
        ("[policies]", "[policies]\ndefault = \"./a.wasm\"", "", 0o600, ["./a.wasm", "No such file"]),
        ("[log]", tokens, "tasks the-token-of-the-one", 0o640, ["tokens", "chmod 600"]),
        ("[log]", tokens, "task the-token-of-the-one", 0o600, ["tokens:1", "the role \"task\" is not known"]),
        ("[log]", "[auth]\ntokens = \"none\"\n[log]", "", 0o600, ["auth.tokens: the tokens none", "cannot be read"]),
        ("tcp = \"127.0.0.1:0\"", tls, "", 0o600, ["listen.tls_certificate none.crt", "cannot be used"]),
        ("token\"", "tokne\"", "", 0o600, ["placement.token_file: ", "tokne cannot be read"]),
        ("[log]", tokens, "# one\ntasks s3cret-of-15-lo", 0o600, ["tokens:2", "at least 16 characters"]),
        ("/token\"", "/tokens\"", "admin", 0o640, ["tokens are open to others (mode 640)", "chmod 600"]),
        (
            "tcp = \"127.0.0.1:0\"",
            own_key,
            pem.as_str(),
            0o640,
            ["the permissions of listen.tls_key tokens are open to others (mode 640)", "chmod 600 tokens"],
        ),
        (
            "[policies]",
            "[policies]\ntrust_built_in = [\"mine\"]",
            "",
            0o600,
            ["policies.trust_built_in names \"mine\"", "name standard, seed or nova-34"],
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        configure(folder.path(), "http://127.0.0.1:1", "");
        change(folder.path(), from, to);
        std::fs::write(folder.path().join("tls.crt"), made.cert.pem()).unwrap();
        let file = folder.path().join("tokens");
        std::fs::write(&file, text).unwrap();
        std::fs::set_permissions(&file, Permissions::from_mode(mode)).unwrap();
        let mut check = command(folder.path());
        check.arg("--check-config");
        let (checked, others) = line_and_out(check);
        assert!(!checked.contains("s3cret") && !others.contains("s3cret"), "{checked}{others}");
        let is_result = |line: &str| ["ok ", "failed "].iter().any(|mark| line.starts_with(mark));
        assert!(others.lines().count() > 0 && others.lines().all(is_result), "{others}");
        has(&checked, &words);
        assert!(!folder.path().join("journal.db").exists(), "nothing has begun");
        assert_eq!(refused(folder.path()), checked, "the start says the same");
    }
}
