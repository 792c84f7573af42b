//! Hostile or broken clients of the running service: each gets a clear refusal, the service's memory does not grow, and
//! correct clients are answered meanwhile.

use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::placement_fixture::PlacementFixture;
use super::serve::Serve;
use super::tasks::{new, swap};

const MIB: usize = 1 << 20;

async fn connect(serve: &Serve) -> TcpStream {
    TcpStream::connect(serve.url().strip_prefix("http://").unwrap()).await.unwrap()
}

/// Sends these bytes, keeps the connection open, and reads until the service closes it.
async fn say(serve: &Serve, bytes: &[u8]) -> String {
    let mut stream = connect(serve).await;
    // The service may refuse and close the connection before everything is sent.
    let _ = stream.write_all(bytes).await;
    let mut answer = Vec::new();
    let reading = stream.read_to_end(&mut answer);
    let _ = tokio::time::timeout(Duration::from_secs(30), reading).await.expect("the service ends the connection");
    String::from_utf8_lossy(&answer).into_owned()
}

fn post(headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    let kind = "Content-Type: application/json\r\nConnection: close";
    format!("POST /v1/tasks HTTP/1.1\r\nHost: localhost\r\n{kind}\r\n{headers}Content-Length: {length}\r\n\r\n{body}")
        .into_bytes()
}

fn get(target: &str) -> Vec<u8> {
    format!("GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").into_bytes()
}

/// Each gets this status once, with a body in OpenStack's form if the request could be read.
async fn check(serve: &Serve, requests: &[(Vec<u8>, u16)]) {
    for (request, status) in requests {
        let answer = say(serve, request).await;
        let shown = String::from_utf8_lossy(request).chars().take(200).collect::<String>();
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{shown}\n{answer}");
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{shown}\n{answer}");
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(body.is_empty() || body.contains(r#""code":"swaparoo."#), "{shown}\n{answer}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn malformed_requests_are_refused() {
    let placement = PlacementFixture::model().await;
    let folder = tempfile::tempdir().unwrap();
    let serve = Serve::start(folder.path(), &placement.proxy.url());
    let deep = "[".repeat(100_000);
    let task = swap(&new(), &new()).to_string();
    let chunked = "POST /v1/tasks HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n";
    let requests = [
        (post("", "{"), 400),
        (post("", &deep), 400),
        (post("", r#"{"kind":"move","kind":"move"}"#), 400),
        (post("", "\u{feff}{}"), 400),
        (post("", r#"{"kind":1}"#), 400),
        (post("", r#"{"kind":"move","source":{},"target":[]}"#), 400),
        (post("Idempotency-Key: \r\n", &task), 400),
        (post(&format!("Idempotency-Key: {}\r\n", "k".repeat(1_000)), &task), 400),
        ([post("", "\"xxxx\"")[..].strip_suffix(b"xxxx\"").unwrap(), b"\xff\xfe\xff\xfe\""].concat(), 400),
        (get("/v1/../etc/passwd"), 404),
        (get("/v1/%2e%2e/%2e%2e/etc/passwd"), 404),
        (get("//v1/tasks"), 404),
        (get("/v1/tasks/..%2f..%2fmetrics"), 404),
        (get("/v1/tasks/%00"), 404),
        (get("/v1/tasks/%ff"), 400),
        (get("/v1/tasks?limit=-1"), 400),
        (get("/v1/tasks?limit=1&limit=2"), 400),
        (get("/v1/tasks?consumer=%00"), 400),
        (get("/v1/policies/0/replays"), 405),
        (b"DELETE /v1/tasks HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".to_vec(), 405),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec(), 400),
        (
            format!("{chunked}Content-Length: 4\r\n\r\n0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
                .into_bytes(),
            415,
        ),
        (format!("{chunked}Transfer-Encoding : gzip\r\n\r\n0\r\n\r\n").into_bytes(), 400),
        (
            format!("{chunked}Content-Type: application/json\r\nConnection: close\r\n\r\nffffffffffffffffff\r\n")
                .into_bytes(),
            400,
        ),
        (post("Content-Length: 3\r\n", &task), 400),
        (
            b"POST /v1/tasks HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}".to_vec(),
            415,
        ),
    ];
    check(&serve, &requests).await;
    assert_eq!(serve.get("/v1/tasks").await.body["tasks"], json!([]), "nothing was accepted");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn large_requests_are_not_kept_in_memory() {
    let placement = PlacementFixture::model().await;
    let folder = tempfile::tempdir().unwrap();
    let serve = Serve::start(folder.path(), &placement.proxy.url());
    check(&serve, &[(post("", "{"), 400)]).await;
    let before = serve.process().memory();
    let body = "x".repeat(10 * MIB);
    let chunk = format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len());
    let chunked = "POST /v1/tasks HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n";
    let large = [(post("", &body), 413), (format!("{chunked}\r\n{chunk}").into_bytes(), 413)];
    for _ in 0..10 {
        check(&serve, &large).await;
    }
    let grown = serve.process().memory().saturating_sub(before);
    assert!(grown < 10 * 1024, "200 MiB were sent, and {grown} KiB stayed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_idle_and_half_open_connections_cost_little_and_end() {
    let placement = PlacementFixture::model().await;
    let folder = tempfile::tempdir().unwrap();
    let serve = Serve::start(folder.path(), &placement.proxy.url());
    assert_eq!(serve.get("/healthz").await.status, 200);
    let before = serve.process().memory();
    let mut open = Vec::new();
    for nth in 0..1_000 {
        let mut stream = connect(&serve).await;
        match nth % 4 {
            0 => {}
            1 => stream.write_all(b"GET /healthz HTT").await.unwrap(),
            2 => stream.write_all(&post("", "{}")[..90]).await.unwrap(),
            // Half-open: it sends nothing more, but does not close the connection.
            _ => stream.shutdown().await.unwrap(),
        }
        open.push(stream);
    }
    for _ in 0..20 {
        let moved = serve.post("/v1/tasks?wait=30", &swap(&placement.holder().await, &new())).await;
        assert_eq!(moved.end(), ("finished", "moved"));
    }
    let grown = serve.process().memory().saturating_sub(before);
    assert!(grown < 64 * 1024, "{grown} KiB for 1,000 connections");
    println!("1,000 idle connections take {grown} KiB");
    for mut stream in open {
        let mut answer = Vec::new();
        let ended = stream.read_to_end(&mut answer);
        let _ = tokio::time::timeout(Duration::from_secs(60), ended).await.expect("the service ends the connection");
    }
}

/// Only this many connections are accepted. A further one waits until silent ones have been closed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn silent_connections_do_not_block_others_for_long() {
    let placement = PlacementFixture::model().await;
    let folder = tempfile::tempdir().unwrap();
    super::serve::configure(folder.path(), &placement.proxy.url(), "");
    let file = folder.path().join("swaparoo.toml");
    let config = std::fs::read_to_string(&file).unwrap().replace("[listen]\n", "[listen]\nconnections = 20\n");
    std::fs::write(&file, config).unwrap();
    let serve = Serve::run(folder.path(), super::serve::command(folder.path()));
    let mut silent = Vec::new();
    for _ in 0..20 {
        silent.push(connect(&serve).await);
    }
    assert_eq!(serve.get("/healthz").await.status, 200);
    drop(silent);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokens_allow_what_their_roles_say() {
    let placement = PlacementFixture::model().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tokens");
    std::fs::write(&file, format!("tasks {0}t\npolicies {0}p\n", "secret-".repeat(5))).unwrap();
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o600)).unwrap();
    let serve = Serve::start_with(folder.path(), &placement.proxy.url(), &format!("[auth]\ntokens = {file:?}\n"));
    let with = |target: &str, header: &str| {
        format!("GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{header}\r\n\r\n").into_bytes()
    };
    let (tasks, policies) = (format!("{}t", "secret-".repeat(5)), format!("{}p", "secret-".repeat(5)));
    let refused = [
        (get("/v1/tasks"), 401),
        (with("/v1/tasks", "Authorization: Bearer wrong"), 401),
        (with("/v1/tasks", &format!("Authorization: Basic {tasks}")), 401),
        (with("/v1/tasks", &format!("Authorization: Bearer {tasks}x")), 401),
        (with("/v1/tasks", &format!("Authorization: Bearer {}", &tasks[1..])), 401),
        (with("/v1/tasks", &format!("Authorization: Bearer {policies}")), 403),
        (with("/v1/policies", &format!("X-Auth-Token: {tasks}")), 403),
        (get("/metrics"), 401),
    ];
    check(&serve, &refused).await;
    let taken = [
        with("/v1/tasks", &format!("Authorization: Bearer {tasks}")),
        with("/v1/policies", &format!("X-Auth-Token: {policies}")),
        get("/healthz"),
    ];
    for request in taken {
        assert!(say(&serve, &request).await.starts_with("HTTP/1.1 200 "));
    }
    let log = std::fs::read_to_string(folder.path().join("log")).unwrap();
    assert!(!log.contains("secret-"), "no token is logged: {log}");
}
