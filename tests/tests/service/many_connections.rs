//! Many connections at once, without a token and with one token: other clients are still answered, over TCP and over
//! the socket.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};

use super::placement_fixture::PlacementFixture;
use super::serve::{Serve, change, command, configure, limited};
use super::tasks::{new, revert, swap};

const CROWD: usize = 1_100;
const ONE: &str = "the-token-of-the-one";
const OTHER: &str = "the-token-of-the-other";
/// The time limit for other clients. The machine may be busy with other tests, so the best of several tries counts.
const SOON: Duration = Duration::from_millis(100);

/// A service with two tokens and a socket.
struct Crowded {
    placement: PlacementFixture,
    folder: tempfile::TempDir,
    serve: Serve,
}

impl Crowded {
    async fn start() -> Self {
        raise_descriptors();
        let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
        let tokens = folder.path().join("tokens");
        std::fs::write(&tokens, format!("tasks {ONE}\ntasks {OTHER}\n")).unwrap();
        std::fs::set_permissions(&tokens, PermissionsExt::from_mode(0o600)).unwrap();
        configure(folder.path(), &placement.proxy.url(), &format!("[auth]\ntokens = {tokens:?}\n"));
        let socket = folder.path().join("s.sock");
        change(folder.path(), "socket = \"\"", &format!("socket = {socket:?}"));
        let serve = Serve::run(folder.path(), command(folder.path()));
        Self { placement, folder, serve }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.serve.url().strip_prefix("http://").unwrap()).await.unwrap()
    }

    /// The time until a new connection gets 200: over TCP without and with a token, and over the socket.
    async fn answers(&self) -> [Duration; 3] {
        let unix = async || UnixStream::connect(self.folder.path().join("s.sock")).await.unwrap();
        let began = Instant::now();
        is_answered(self.connect().await, &get("/healthz", "")).await;
        let healthz = began.elapsed();
        is_answered(self.connect().await, &get("/v1/tasks", OTHER)).await;
        let other = began.elapsed() - healthz;
        is_answered(unix().await, &get("/v1/tasks", "")).await;
        [healthz, other, began.elapsed() - healthz - other]
    }

    async fn answers_soon(&self) {
        let mut best = [Duration::MAX; 3];
        for _ in 0..10 {
            let answers = self.answers().await;
            best = std::array::from_fn(|who| best[who].min(answers[who]));
        }
        assert!(best.iter().all(|took| *took < SOON), "/healthz, another token, the socket: {best:?}");
    }
}

fn get(path: &str, token: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nX-Auth-Token: {token}\r\n\r\n")
}

async fn is_answered(mut stream: impl AsyncRead + AsyncWrite + Unpin, request: &str) {
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut status = [0; 12];
    let read = tokio::time::timeout(Duration::from_secs(10), stream.read_exact(&mut status)).await;
    read.unwrap_or_else(|_| panic!("no answer to {request}")).unwrap();
    assert_eq!(std::str::from_utf8(&status).unwrap(), "HTTP/1.1 200", "{request}");
}

/// Reads the rest of an answer until the connection ends.
async fn rest(mut stream: TcpStream) -> String {
    let mut answer = Vec::new();
    let reading = stream.read_to_end(&mut answer);
    let _ = tokio::time::timeout(Duration::from_secs(20), reading).await.expect("the service ends the connection");
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_unauthenticated_clients_do_not_block_others() {
    let crowded = Crowded::start().await;
    let head =
        "POST /v1/tasks HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 4000000\r\n";
    let mut strangers = Vec::new();
    for nth in 0..CROWD {
        let mut stream = crowded.connect().await;
        // With a slow body, with half a head, and without any data.
        let says = [format!("{head}\r\n{{"), head.to_owned(), String::new()][nth % 3].clone();
        let _ = stream.write_all(says.as_bytes()).await;
        strangers.push(stream);
    }
    crowded.answers_soon().await;
    drop(strangers);
    let mut stranger = crowded.connect().await;
    stranger.write_all(format!("{head}\r\n{{").as_bytes()).await.unwrap();
    let began = Instant::now();
    let answer = rest(stranger).await;
    assert!(answer.starts_with("HTTP/1.1 401 ") && answer.contains("connection: close"), "{answer}");
    assert!(began.elapsed() < Duration::from_secs(5), "the service does not wait for its body");
}

/// A client that sends a large request completely before it reads must still receive the refusal.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unauthenticated_client_receives_the_refusal() {
    let crowded = Crowded::start().await;
    for _ in 0..20 {
        let mut stream = crowded.connect().await;
        let body = "x".repeat(1 << 20);
        let head = format!("POST /v1/tasks HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n", body.len());
        stream.write_all((head + &body).as_bytes()).await.expect("it may send all");
        let answer = rest(stream).await;
        assert!(answer.starts_with("HTTP/1.1 401 ") && answer.contains("swaparoo.unauthorized"), "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn long_polls_of_one_token_do_not_block_others() {
    let crowded = Crowded::start().await;
    let migration = crowded.placement.holder().await;
    let waits = crowded.serve.post_as(ONE, "/v1/tasks?wait=30", &revert(&new(), &migration, None)).await;
    assert_eq!(waits.end().0, "waiting", "{}", waits.body);
    let queued = crowded.serve.post_as(ONE, "/v1/tasks", &swap(&migration, &new())).await;
    let poll = get(&format!("/v1/tasks/{}?wait=60", queued.text("/id")), ONE);
    let mut polls = Vec::new();
    for _ in 0..CROWD {
        let mut stream = crowded.connect().await;
        let _ = stream.write_all(poll.as_bytes()).await;
        polls.push(stream);
    }
    crowded.answers_soon().await;
    let (mut waiting, mut refused) = (0, 0);
    for stream in &polls {
        let mut answer = [0; 1 << 10];
        match stream.try_read(&mut answer) {
            Ok(read) if answer.starts_with(b"HTTP/1.1 429 ") => {
                let answer = String::from_utf8_lossy(&answer[..read]);
                assert!(answer.contains("retry-after: 1") && answer.contains("auth.waits_per_token"), "{answer}");
                refused += 1;
            }
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => waiting += 1,
            other => panic!("{other:?}: {}", String::from_utf8_lossy(&answer)),
        }
    }
    assert_eq!((waiting, refused), (256, CROWD - 256));
    // Quick requests with the same token still pass.
    is_answered(crowded.connect().await, &get("/v1/tasks", ONE)).await;
}

/// So few file descriptors that the connections alone could use all of them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_leaves_descriptors_for_tasks() {
    let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
    configure(folder.path(), &placement.proxy.url(), "");
    let socket = folder.path().join("s.sock");
    change(folder.path(), "socket = \"\"", &format!("socket = {socket:?}"));
    raise_descriptors();
    let serve = Serve::run(folder.path(), with_descriptors(folder.path(), 128));
    let mut flood = Vec::new();
    for _ in 0..500 {
        let mut stream = TcpStream::connect(serve.url().strip_prefix("http://").unwrap()).await.unwrap();
        let _ = stream.write_all(b"GET /v1/tasks HTTP/1.1\r\nHost: localhost\r\n").await;
        flood.push(stream);
    }
    for _ in 0..5 {
        let task = swap(&placement.holder().await, &new()).to_string();
        let head = format!(
            "POST /v1/tasks?wait=30 HTTP/1.1\r\nHost: swaparoo\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            task.len()
        );
        let mut stream = UnixStream::connect(&socket).await.unwrap();
        stream.write_all((head + &task).as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 201 ") && answer.contains("\"kind\":\"moved\""), "{answer}");
    }
    let log = std::fs::read_to_string(folder.path().join("log")).unwrap();
    assert!(log.contains("the system allows 128 open files, and "), "{log}");
    assert!(!log.contains("Too many open files"), "{log}");
    drop(flood);
}

#[test]
fn too_few_descriptors_to_begin_with() {
    let folder = tempfile::tempdir().unwrap();
    configure(folder.path(), "http://127.0.0.1:1", "");
    let output = with_descriptors(folder.path(), 80).stdin(Stdio::null()).output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("the system allows this process 80 open files, and it needs at least 128"), "{error}");
    assert_eq!(output.status.code(), Some(2));
}

/// Raises this process's limit of open files, since it opens many connections and other tests open more.
fn raise_descriptors() {
    let limit = getrlimit(Resource::Nofile);
    let wanted = limit.maximum.map_or(16_384, |maximum| maximum.min(16_384));
    if limit.current.is_some_and(|current| current < wanted) {
        setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), ..limit }).unwrap();
    }
}

/// `swaparoo serve` in that folder, with this limit of open files.
pub fn with_descriptors(folder: &Path, most: usize) -> Command {
    limited(folder, &format!("-n {most}"))
}
