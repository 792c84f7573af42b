//! Tests of the listeners with real sockets and hostile clients.

mod connection_limits;
mod requests;

use std::path::Path;

use axum::routing::{get, post};
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
async fn addresses_in_use_are_refused() {
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
