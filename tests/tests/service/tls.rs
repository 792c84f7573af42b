//! TCP to other machines needs TLS and a token.

use std::path::Path;
use std::process::{Command, Output};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::placement_fixture::PlacementFixture;
use super::serve::{Serve, change, command, configure, program, secret};
use super::tasks::component;

const TOKEN: &str = "a-token-that-is-long-enough-for-anybody";

/// A service with a certificate for `localhost`, `tls.crt` there.
pub fn start(folder: &Path, placement: &PlacementFixture) -> Serve {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    std::fs::write(folder.join("tls.crt"), made.cert.pem()).unwrap();
    secret(&folder.join("tls.key"), &made.signing_key.serialize_pem());
    secret(&folder.join("tokens"), &format!("tasks,policies {TOKEN}\n"));
    configure(folder, &placement.proxy.url(), "[auth]\ntokens = \"tokens\"\n");
    // An address that is not loopback, so that the service requires TLS.
    change(folder, "127.0.0.1:0\"", "0.0.0.0:0\"\ntls_certificate = \"tls.crt\"\ntls_key = \"tls.key\"");
    Serve::run(folder, command(folder))
}

/// An operator who trusts this certificate and has this token.
fn types(folder: &Path, words: &str, certificate: &str, token: Option<&str>) -> Output {
    let mut typed = Command::new(program());
    typed.args(words.split_whitespace()).current_dir(folder).env("SSL_CERT_FILE", folder.join(certificate));
    typed.env_remove("SSL_CERT_DIR").env_remove("SWAPAROO_SERVICE_TOKEN");
    typed.envs(token.map(|token| ("SWAPAROO_SERVICE_TOKEN", token)));
    typed.output().unwrap()
}

fn refused(output: &Output, says: &str) {
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(2) && error.contains(says), "{says:?} is missing in {error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tls_needs_a_token_and_plain_tcp_gets_no_answer() {
    let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
    let (folder, serve) = (folder.path(), start(folder.path(), &placement));
    let port = serve.url().strip_prefix("https://0.0.0.0:").unwrap_or_else(|| panic!("{}", serve.url()));
    let url = format!("https://localhost:{port}");
    std::fs::write(folder.join("nova-34.wasm"), component("SWAPAROO_POLICIES", "nova-34")).unwrap();
    let push = format!("policy push nova-34.wasm --url {url}");
    let list = format!("tasks list --url {url}");

    for words in [&list, &push] {
        let done = types(folder, words, "tls.crt", Some(TOKEN));
        assert!(done.status.success(), "{words}: {done:?}");
        refused(&types(folder, words, "tls.crt", None), "swaparoo.unauthorized");
        refused(&types(folder, words, "tls.crt", Some("another-token-of-some-length")), "swaparoo.unauthorized");
    }
    let other = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    std::fs::write(folder.join("other.crt"), other.cert.pem()).unwrap();
    refused(&types(folder, &list, "other.crt", Some(TOKEN)), "no service answers");
    refused(&types(folder, &list.replace("https", "http"), "tls.crt", Some(TOKEN)), "no service answers");

    let mut plain = TcpStream::connect(format!("127.0.0.1:{port}")).await.unwrap();
    plain.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    let _ = plain.read_to_end(&mut answer).await;
    let answer = String::from_utf8_lossy(&answer);
    assert!(!answer.contains("HTTP/1.1"), "{answer}");
}
