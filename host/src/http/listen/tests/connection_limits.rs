//! The limits on the number of connections.

use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{self, Next};
use axum::response::IntoResponse;
use axum::routing::get;
use http::StatusCode;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::super::ConnectionPermit;
use super::{WHO, routes, say, start, statuses};
use crate::http::config::ListenConfig;

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
async fn unauthenticated_connections_are_limited() {
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
