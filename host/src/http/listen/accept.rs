//! Accepts connections up to the configured limits.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::Instant;

use super::connection::{Client, gives_way, serve, stopping};
use super::pool::Pool;
use super::request_activity::RequestActivity;
use super::tls::Tls;
use super::unix::Unix;
use crate::http::Peer;

/// Timeout of a TLS handshake, which takes a few round trips.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// Pause after an accept error: the system is out of file descriptors or memory, and other connections must end first.
const OUT_OF_RESOURCES: Duration = Duration::from_millis(200);
/// The error is logged again only after this time.
const SAID_FOR: Duration = Duration::from_secs(60);

/// A listener that connections come from.
pub trait Accept {
    type Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    fn accept(&self) -> impl Future<Output = io::Result<(Self::Stream, Peer)>> + Send;
}

impl Accept for Unix {
    type Stream = UnixStream;

    async fn accept(&self) -> io::Result<(UnixStream, Peer)> {
        let (stream, _) = self.listener.accept().await?;
        Ok((stream, Peer::Unix))
    }
}

impl Accept for TcpListener {
    type Stream = TcpStream;

    async fn accept(&self) -> io::Result<(TcpStream, Peer)> {
        let (stream, address) = self.accept().await?;
        // Responses are small and written at once, so Nagle's algorithm would only delay them. A failure here is
        // harmless.
        let _ = stream.set_nodelay(true);
        Ok((stream, Peer::Tcp(address)))
    }
}

/// What every connection needs: the routes, and the signal to stop.
pub struct Accepting {
    pub routes: Router,
    pub stop: watch::Receiver<Option<Duration>>,
}

impl Accepting {
    /// Accepts connections until the service stops, at most `most` at once, and returns when the last one has ended.
    /// With a pool, a new connection never waits for long, because the pool closes another one.
    pub async fn on<L: Accept>(&self, listener: L, tls: Option<Arc<Tls>>, most: usize, pool: Option<Pool>) {
        let all = u32::try_from(most.min(Semaphore::MAX_PERMITS)).unwrap_or(u32::MAX);
        let permits = Arc::new(Semaphore::new(all as usize));
        while let Some((permit, (stream, peer))) = self.next(&listener, &permits).await {
            let (routes, stop, tls) = (self.routes.clone(), self.stop.clone(), tls.clone());
            let client = client(peer, pool.as_ref());
            tokio::spawn(async move {
                match tls {
                    Some(tls) => over_tls(stream, client, routes, stop, &tls).await,
                    None => serve(stream, client, routes, stop).await,
                }
                drop(permit);
            });
        }
        drop(listener);
        // All permits are free when the last connection has ended. The semaphore is never closed, so this cannot fail.
        let _ = permits.acquire_many(all).await;
    }

    /// The next connection when a permit is free; `None` when the service stops.
    async fn next<L: Accept>(
        &self,
        listener: &L,
        permits: &Arc<Semaphore>,
    ) -> Option<(OwnedSemaphorePermit, (L::Stream, Peer))> {
        tokio::select! {
            accepted = accept(listener, permits) => accepted,
            _ = stopping(self.stop.clone()) => None,
        }
    }
}

fn client(peer: Peer, pool: Option<&Pool>) -> Client {
    let activity = RequestActivity::default();
    let place = match (peer, pool) {
        (Peer::Tcp(address), Some(pool)) => Some(pool.enter(address.ip(), activity.clone())),
        _ => None,
    };
    Client { peer, place, activity }
}

async fn accept<L: Accept>(
    listener: &L,
    permits: &Arc<Semaphore>,
) -> Option<(OwnedSemaphorePermit, (L::Stream, Peer))> {
    let permit = permits.clone().acquire_owned().await.ok()?;
    let mut said: Option<Instant> = None;
    loop {
        match listener.accept().await {
            Ok(connection) => return Some((permit, connection)),
            // The client closed the connection before it was accepted; this says nothing about the next one.
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
            Err(error) => {
                if said.is_none_or(|said| said.elapsed() > SAID_FOR) {
                    tracing::error!(%error, "cannot accept connections");
                    said = Some(Instant::now());
                }
                tokio::time::sleep(OUT_OF_RESOURCES).await;
            }
        }
    }
}

async fn over_tls<S>(stream: S, client: Client, routes: Router, stop: watch::Receiver<Option<Duration>>, tls: &Tls)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let peer = client.peer;
    let handshake = tokio::time::timeout(HANDSHAKE, tls.acceptor().accept(stream));
    let shaken = tokio::select! {
        shaken = handshake => shaken,
        _ = stopping(stop.clone()) => return,
        _ = gives_way(client.place.as_ref()) => return,
    };
    match shaken {
        Ok(Ok(stream)) => serve(stream, client, routes, stop).await,
        Ok(Err(error)) => tracing::debug!(?peer, %error, "no TLS handshake"),
        Err(_) => tracing::debug!(?peer, "no TLS handshake in time"),
    }
}
