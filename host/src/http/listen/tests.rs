//! Tests of the listeners with real sockets and hostile clients.

use std::num::NonZeroUsize;
use std::path::Path;

use axum::extract::Request;
use axum::middleware::{self, Next};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use http::StatusCode;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::*;
use crate::http::{Peer, RawBody};

/// A running service; dropping `stop` stops it.
struct Running {
    folder: tempfile::TempDir,
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    served: JoinHandle<()>,
}

async fn start(routes: Router, change: impl FnOnce(&mut ListenConfig, &Path)) -> Running {
    let folder = tempfile::tempdir().unwrap();
    let mut listen = ListenConfig {
        socket: Some(folder.path().join("s.sock")),
        tcp: "127.0.0.1:0".parse().ok(),
        ..ListenConfig::default()
    };
    change(&mut listen, folder.path());
    let listeners = Listeners::bind(&listen).await.unwrap();
    let address = listeners.tcp_address().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let stop_or_drop = async move { stopped.await.unwrap_or_default() };
    let served = tokio::spawn(listeners.serve(routes, stop_or_drop, Duration::from_secs(5)));
    Running { folder, address, stop, served }
}

impl Running {
    async fn tcp(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    async fn unix(&self) -> UnixStream {
        UnixStream::connect(self.folder.path().join("s.sock")).await.unwrap()
    }

    async fn stop(self) {
        drop(self.stop);
        self.served.await.unwrap();
    }
}

fn routes() -> Router {
    let who = |axum::Extension(peer): axum::Extension<Peer>| async move {
        match peer {
            Peer::Unix => "unix",
            Peer::Tcp(_) => "tcp",
        }
    };
    Router::new()
        .route("/who", get(who))
        .route("/length", post(|RawBody(body): RawBody| async move { body.len().to_string() }))
}

/// Sends the request and returns everything that is received until the end.
async fn say(mut stream: impl AsyncRead + AsyncWrite + Unpin, request: &[u8]) -> String {
    // The response may arrive, and the connection end, before all is sent.
    let _ = stream.write_all(request).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

fn statuses(answer: &str) -> Vec<&str> {
    answer
        .match_indices("HTTP/1.1 ")
        .filter_map(|(at, start)| answer.get(at + start.len()..at + start.len() + 3))
        .collect()
}

const WHO: &[u8] = b"GET /who HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

#[tokio::test]
async fn the_peer_is_known() {
    let running = start(routes(), |_, _| ()).await;
    assert!(say(running.unix().await, WHO).await.ends_with("\r\n\r\nunix"));
    assert!(say(running.tcp().await, WHO).await.ends_with("\r\n\r\ntcp"));
    let socket = running.folder.path().join("s.sock");
    drop(running.stop);
    running.served.await.unwrap();
    assert!(!socket.exists());
    assert!(TcpStream::connect(running.address).await.is_err());
}

#[tokio::test]
async fn what_is_taken_is_refused() {
    let running = start(routes(), |_, _| ()).await;
    let check = async |listen: ListenConfig, says: String| {
        let error = Listeners::bind(&listen).await.unwrap_err().to_string();
        assert!(error.contains(&says), "{error} should say {says}");
    };
    let only = ListenConfig { socket: None, ..ListenConfig::default() };
    let port = ListenConfig { tcp: Some(running.address), ..only.clone() };
    check(port, format!("the port of {} is taken", running.address)).await;
    let elsewhere = ListenConfig { tcp: "192.0.2.1:1".parse().ok(), ..only.clone() };
    check(elsewhere, "cannot listen on 192.0.2.1:1".to_owned()).await;
    let socket = running.folder.path().join("s.sock");
    check(ListenConfig { socket: Some(socket.clone()), ..only }, format!("the socket {} is in use", socket.display()))
        .await;
    running.stop().await;
}

#[tokio::test]
async fn tls() {
    let with_tls = |listen: &mut ListenConfig, folder: &Path| {
        let (certificate, key) = super::tls::tests::certificate(folder);
        (listen.tls_certificate, listen.tls_key) = (Some(certificate), Some(key));
    };
    let running = start(routes(), with_tls).await;
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(running.folder.path().join("tls.crt")).unwrap()).unwrap();
    let provider = Arc::new(tokio_rustls::rustls::crypto::aws_lc_rs::default_provider());
    let client = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let client = TlsConnector::from(Arc::new(client.with_root_certificates(roots).with_no_client_auth()));
    let name = ServerName::try_from("localhost").unwrap();
    let stream = client.connect(name, running.tcp().await).await.unwrap();
    assert!(say(stream, WHO).await.ends_with("\r\n\r\ntcp"));
    assert!(!say(running.tcp().await, WHO).await.contains("HTTP/1.1 200"), "no TLS, no answer");
    assert!(say(running.unix().await, WHO).await.ends_with("\r\n\r\nunix"), "the socket needs no TLS");
    running.stop().await;
}

#[tokio::test]
async fn large_bodies() {
    let running = start(routes(), |_, _| ()).await;
    let sized = |length: usize| {
        format!("POST /length HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n")
    };
    let mut request = sized(10 << 20).into_bytes();
    request.resize(request.len() + (10 << 20), b'x');
    let mut stream = running.tcp().await;
    stream.write_all(&request).await.expect("the service must let a client finish sending before it reads");
    assert_eq!(statuses(&say(stream, b"").await), ["413"]);
    assert_eq!(statuses(&say(running.tcp().await, sized(1 << 40).as_bytes()).await), ["413"]);
    running.stop().await;
}

#[tokio::test]
async fn large_heads() {
    let running = start(routes(), |_, _| ()).await;
    for (header, times) in [(format!("X-Large: {}\r\n", "x".repeat(40 << 10)), 1), ("X-Many: 1\r\n".to_owned(), 100)] {
        let request = format!("GET /who HTTP/1.1\r\nHost: a\r\n{}\r\n", header.repeat(times));
        assert_eq!(statuses(&say(running.tcp().await, request.as_bytes()).await), ["431"]);
    }
    let long = format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "x".repeat(70 << 10));
    assert!(["414", "431"].contains(&statuses(&say(running.tcp().await, long.as_bytes()).await)[0]));
    running.stop().await;
}

/// Request smuggling: with both length headers, one side may see two requests where the other sees one. The second must
/// not be handled. hyper ensures this.
#[tokio::test]
async fn smuggled_requests() {
    let running = start(routes(), |_, _| ()).await;
    let second = "GET /who HTTP/1.1\r\nHost: a\r\n\r\n";
    let both =
        ["Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", "Transfer-Encoding: chunked\r\nContent-Length: 99\r\n"];
    for headers in both {
        let request = format!("POST /length HTTP/1.1\r\nHost: a\r\n{headers}\r\n0\r\n\r\n{second}");
        assert_eq!(statuses(&say(running.tcp().await, request.as_bytes()).await).len(), 1, "{headers}");
    }
    let wrong = [
        "Content-Length: 4\r\nContent-Length: 5\r\n",
        "Content-Length: +4\r\n",
        "Content-Length: 4, 5\r\n",
        "Transfer-Encoding: chunked, gzip\r\n",
        "Transfer-Encoding : chunked\r\n",
        "Transfer-Encoding: xchunked\r\n",
        " Content-Length: 4\r\n",
        "Content\0Length: 4\r\n",
    ];
    for headers in wrong {
        let request = format!("POST /length HTTP/1.1\r\nHost: a\r\n{headers}\r\nxxxx{second}");
        assert_eq!(statuses(&say(running.tcp().await, request.as_bytes()).await), ["400"], "{headers}");
    }
    running.stop().await;
}

/// The routes; all clients are admitted, except those of probes.
fn admitting(routes: Router) -> Router {
    routes.route("/probe", get(async || "fine")).layer(middleware::from_fn(async |request: Request, next: Next| {
        let place = request.extensions().get::<ConnectionPermit>();
        let admitted = if request.uri().path() == "/probe" { None } else { place.map(ConnectionPermit::admit) };
        match admitted {
            Some(Err(_)) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
            _ => next.run(request).await,
        }
    }))
}

const PROBE: &[u8] = b"GET /probe HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

/// With a limit of one TCP connection: during its request another connection is refused but a probe is not, and once it
/// is idle, it is closed for another.
#[tokio::test]
async fn connections_are_bounded() {
    let one = |listen: &mut ListenConfig, _: &Path| listen.connections = NonZeroUsize::MIN;
    let (begun, go_on) = (Arc::new(tokio::sync::Notify::new()), Arc::new(tokio::sync::Notify::new()));
    let (begins, going) = (begun.clone(), go_on.clone());
    let slow = get(move || async move {
        begins.notify_one();
        going.notified().await;
    });
    let running = start(admitting(routes().route("/slow", slow)), one).await;
    let mut first = running.tcp().await;
    first.write_all(b"GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    begun.notified().await;
    assert_eq!(statuses(&say(running.tcp().await, WHO).await), ["503"]);
    assert!(say(running.tcp().await, PROBE).await.ends_with("fine"));
    assert!(say(running.unix().await, WHO).await.ends_with("unix"), "the socket has its own limit");
    go_on.notify_one();
    first.read_exact(&mut [0]).await.unwrap();
    assert!(say(running.tcp().await, WHO).await.ends_with("tcp"));
    assert_eq!(statuses(&say(first, b"").await).len(), 0, "only the rest of the first response follows");
    running.stop().await;
}

/// Connections of the Unix socket wait for each other.
#[tokio::test]
async fn the_sockets_connections_are_bounded() {
    let one = |listen: &mut ListenConfig, _: &Path| listen.connections = NonZeroUsize::MIN;
    let running = start(routes(), one).await;
    let mut first = running.unix().await;
    first.write_all(b"GET /who HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    first.read_exact(&mut [0]).await.unwrap();
    let second = tokio::time::timeout(Duration::from_millis(200), say(running.unix().await, WHO)).await;
    assert!(second.is_err(), "{second:?}");
    drop(first);
    assert!(say(running.unix().await, WHO).await.ends_with("unix"));
    running.stop().await;
}

/// Silent clients are strangers, and are closed for new ones.
#[tokio::test]
async fn strangers_are_few() {
    let few = |listen: &mut ListenConfig, _: &Path| listen.connections_unauthenticated = NonZeroUsize::new(4);
    let running = start(admitting(routes()), few).await;
    let mut silent = Vec::new();
    for _ in 0..50 {
        silent.push(running.tcp().await);
    }
    // Longer than the grace time of all of them.
    tokio::time::sleep(Duration::from_millis(2100)).await;
    let began = std::time::Instant::now();
    assert!(say(running.tcp().await, PROBE).await.ends_with("fine"));
    assert!(say(running.tcp().await, WHO).await.ends_with("tcp"));
    for stream in silent.drain(..40) {
        assert_eq!(say(stream, b"").await, "");
    }
    assert!(began.elapsed() < Duration::from_secs(5), "the service does not wait for them");
    running.stop().await;
}

/// At a stop, the current request is answered, idle and incomplete connections are closed, and no new one is accepted.
#[tokio::test]
async fn a_stop_is_graceful() {
    let (begun, activity) = oneshot::channel::<()>();
    let (go_on, going) = oneshot::channel::<()>();
    let channels = Arc::new(std::sync::Mutex::new(Some((begun, going))));
    let slow = get(move || async move {
        let (begun, going) = channels.lock().unwrap().take().unwrap();
        begun.send(()).unwrap();
        going.await.unwrap();
        "answered"
    });
    let running = start(routes().route("/slow", slow), |_, _| ()).await;
    let (mut idle, half) = (running.tcp().await, running.tcp().await);
    idle.write_all(b"GET /who HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    idle.read_exact(&mut [0]).await.unwrap();
    let request = b"GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let answer = tokio::spawn(say(running.unix().await, request));
    activity.await.unwrap();
    drop(running.stop);
    let _ = say(idle, b"").await;
    assert_eq!(say(half, b"").await, "");
    while TcpStream::connect(running.address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    assert!(!running.served.is_finished());
    go_on.send(()).unwrap();
    assert!(answer.await.unwrap().ends_with("\r\n\r\nanswered"));
    running.served.await.unwrap();
}

/// The paused clock advances to the next timer whenever all tasks are idle.
#[tokio::test(start_paused = true)]
async fn slow_senders() {
    let running = start(routes(), |_, _| ()).await;
    for head in [&b""[..], b"G", b"GET /who HTTP/1.1\r\nHost: localhost\r\n"] {
        let began = tokio::time::Instant::now();
        assert_eq!(say(running.tcp().await, head).await, "");
        assert_eq!(began.elapsed().as_secs(), 10);
    }
    let answer = say(running.tcp().await, b"POST /length HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nx").await;
    assert_eq!(statuses(&answer), ["408"]);
    let mut kept = running.tcp().await;
    kept.write_all(b"GET /who HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    kept.read_exact(&mut [0]).await.unwrap();
    let began = tokio::time::Instant::now();
    let _ = say(kept, b"").await;
    assert_eq!(began.elapsed().as_secs(), 75);
    running.stop().await;
}

/// The connection sets no limit for responses; that is the task of the routes.
#[tokio::test(start_paused = true)]
async fn slow_answers() {
    let slow = get(async || tokio::time::sleep(Duration::from_secs(600)).await);
    let running = start(routes().route("/slow", slow), |_, _| ()).await;
    let request = b"GET /slow HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    assert_eq!(statuses(&say(running.tcp().await, request).await), ["200"]);
    running.stop().await;
}
