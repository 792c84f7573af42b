//! Serves one connection from start to end.

use std::convert::Infallible;
use std::pin::pin;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use http::Request;
use http::header::CONNECTION;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;
use tower::ServiceExt;

use super::pool::ConnectionPermit;
use super::request_activity::RequestActivity;
use super::timeout_stream::TimeoutStream;
use super::timeouts::Timeouts;
use crate::http::Peer;

/// Largest request head. A token, an idempotency key and the headers of proxies take a few hundred bytes.
const HEAD: usize = 32 << 10;
/// Maximum number of headers.
const HEADERS: usize = 64;

/// An admitted connection that is closed for another is idle, or about to be. It gets this time to finish its response.
const GIVING_WAY: Duration = Duration::from_secs(1);

/// The client of a connection.
#[derive(Debug, Clone)]
pub struct Client {
    pub peer: Peer,
    /// Its place in the pool, for listeners that limit connections by pool.
    pub place: Option<ConnectionPermit>,
    pub activity: RequestActivity,
}

/// Serves requests on this stream until it ends, until the pool closes it, or until the service stops and the current
/// request is answered.
pub async fn serve<S>(stream: S, client: Client, routes: Router, stop: watch::Receiver<Option<Duration>>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let Client { peer, place, activity } = client.clone();
    let patience = Timeouts::default();
    let stream = TimeoutStream::new(stream, patience, activity.clone());
    let service = service_fn(move |request| answer(request, client.clone(), routes.clone()));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        // `TimeoutStream` enforces the timeouts, because it can tell an idle connection from one whose head does not arrive.
        // It can only do so while hyper reads, and hyper reads after a response only if it has its own timeout.
        .header_read_timeout(patience.idle + patience.head)
        .max_headers(HEADERS)
        .max_header_size(HEAD)
        .max_buf_size(2 * HEAD)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        patience = stopping(stop) => {
            connection.as_mut().graceful_shutdown();
            match tokio::time::timeout(patience, connection).await {
                Ok(ended) => ended,
                Err(_) => return tracing::warn!(?peer, "a request was cut off because the service stops"),
            }
        }
        admitted = gives_way(place.as_ref()) => {
            tracing::debug!(?peer, admitted, "closing a connection to make room for others");
            if admitted {
                connection.as_mut().graceful_shutdown();
                let _ = tokio::time::timeout(GIVING_WAY, connection).await;
            }
            return;
        }
    };
    if let Err(error) = ended {
        tracing::debug!(?peer, error = %Chain(&error), "a connection failed");
    }
}

/// Waits for the stop, and returns how long current requests may still take.
pub async fn stopping(mut stop: watch::Receiver<Option<Duration>>) -> Duration {
    match stop.wait_for(Option::is_some).await {
        Ok(patience) => patience.unwrap_or_default(),
        Err(_) => Duration::ZERO,
    }
}

/// Resolves when the pool closes this connection, with whether it was admitted.
pub async fn gives_way(place: Option<&ConnectionPermit>) -> bool {
    match place {
        Some(place) => place.gives_way().await,
        None => std::future::pending().await,
    }
}

async fn answer(mut request: Request<Incoming>, client: Client, routes: Router) -> Result<Response, Infallible> {
    let Client { peer, place, activity } = client;
    activity.begin();
    request.extensions_mut().insert(peer);
    if let Some(place) = place {
        request.extensions_mut().insert(place);
    }
    let response = routes.oneshot(request.map(Body::new)).await?;
    if response.headers().get(CONNECTION).is_some_and(|value| value == "close") {
        activity.leaves_unread();
    }
    activity.end();
    Ok(response)
}

/// Displays an error with its causes.
struct Chain<'a>(&'a dyn std::error::Error);

impl std::fmt::Display for Chain<'_> {
    fn fmt(&self, text: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(text, "{}", self.0)?;
        let mut next = self.0.source();
        while let Some(cause) = next {
            write!(text, ": {cause}")?;
            next = cause.source();
        }
        Ok(())
    }
}
