//! One connection, from its first byte to its last.

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

use super::patience::{AtWork, Patience, Patient};
use super::pool::Place;
use crate::service::Peer;

/// Of a request's head. A token, an idempotency key and what proxies add are a few hundred bytes.
const HEAD: usize = 32 << 10;
/// Headers of a request.
const HEADERS: usize = 64;

/// An admitted connection that gives way is idle, or about to be: what it is being told is told to its end.
const GIVING_WAY: Duration = Duration::from_secs(1);

/// Who is at the other end.
#[derive(Debug, Clone)]
pub struct Client {
    pub peer: Peer,
    /// Its place among the others of its listener, where those are more than may be served.
    pub place: Option<Place>,
    pub at_work: AtWork,
}

/// Serves requests on this stream until it ends, until others need its place, or until the service stops and the request
/// at work is answered.
pub async fn serve<S>(stream: S, client: Client, routes: Router, stop: watch::Receiver<Option<Duration>>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let Client { peer, place, at_work } = client.clone();
    let patience = Patience::default();
    let stream = Patient::new(stream, patience, at_work.clone());
    let service = service_fn(move |request| answer(request, client.clone(), routes.clone()));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        // The stream itself waits: it knows a connection that is idle from one whose head does not come. But it can only
        // wait while it is read, and with a timeout of its own hyper reads on once an answer is sent.
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
                Err(_) => return tracing::warn!(?peer, "a request was cut off, as the service stops"),
            }
        }
        admitted = gives_way(place.as_ref()) => {
            tracing::debug!(?peer, admitted, "a connection gives way to others");
            if admitted {
                connection.as_mut().graceful_shutdown();
                let _ = tokio::time::timeout(GIVING_WAY, connection).await;
            }
            return;
        }
    };
    if let Err(error) = ended {
        tracing::debug!(?peer, error = %Chain(&error), "a connection broke");
    }
}

/// Waits for the stop, and says how long what is at work may still take.
pub async fn stopping(mut stop: watch::Receiver<Option<Duration>>) -> Duration {
    match stop.wait_for(Option::is_some).await {
        Ok(patience) => patience.unwrap_or_default(),
        Err(_) => Duration::ZERO,
    }
}

/// Returns when others need its place, and whether it was admitted.
pub async fn gives_way(place: Option<&Place>) -> bool {
    match place {
        Some(place) => place.gives_way().await,
        None => std::future::pending().await,
    }
}

async fn answer(mut request: Request<Incoming>, client: Client, routes: Router) -> Result<Response, Infallible> {
    let Client { peer, place, at_work } = client;
    at_work.begin();
    request.extensions_mut().insert(peer);
    if let Some(place) = place {
        request.extensions_mut().insert(place);
    }
    let response = routes.oneshot(request.map(Body::new)).await?;
    if response.headers().get(CONNECTION).is_some_and(|value| value == "close") {
        at_work.leaves_unread();
    }
    at_work.end();
    Ok(response)
}

/// An error with its causes.
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
