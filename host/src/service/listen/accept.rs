//! Takes connections in, as many as there is room for.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use super::connection::{serve, stopping};
use super::tls::Tls;
use super::unix::Unix;
use crate::service::Peer;

/// A TLS handshake takes a few round trips.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// The system is out of file descriptors or memory: others must end first.
const OUT_OF_RESOURCES: Duration = Duration::from_millis(200);

/// What connections come from.
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
        // Answers are small and whole: to wait for more of them helps nobody. One without the option is served, too.
        let _ = stream.set_nodelay(true);
        Ok((stream, Peer::Tcp(address)))
    }
}

/// What connections are taken in for.
pub struct Accepting {
    pub routes: Router,
    pub stop: watch::Receiver<Option<Duration>>,
    /// How many from each listener: strangers on TCP must not shut out the conductor on the socket.
    pub connections: usize,
}

impl Accepting {
    /// Takes connections in until the service stops; ends when the last of them has.
    pub async fn on<L: Accept>(&self, listener: L, tls: Option<Arc<Tls>>) {
        let all = u32::try_from(self.connections.min(Semaphore::MAX_PERMITS)).unwrap_or(u32::MAX);
        let permits = Arc::new(Semaphore::new(all as usize));
        while let Some((permit, (stream, peer))) = self.next(&listener, &permits).await {
            let (routes, stop, tls) = (self.routes.clone(), self.stop.clone(), tls.clone());
            tokio::spawn(async move {
                match tls {
                    Some(tls) => over_tls(stream, peer, routes, stop, &tls).await,
                    None => serve(stream, peer, routes, stop).await,
                }
                drop(permit);
            });
        }
        drop(listener);
        // Nobody closes the semaphore, and nobody else asks for permits any more.
        let _ = permits.acquire_many(all).await;
    }

    /// The next connection, once there is room for it; none when the service stops.
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

async fn accept<L: Accept>(
    listener: &L,
    permits: &Arc<Semaphore>,
) -> Option<(OwnedSemaphorePermit, (L::Stream, Peer))> {
    let permit = permits.clone().acquire_owned().await.ok()?;
    loop {
        match listener.accept().await {
            Ok(connection) => return Some((permit, connection)),
            // The client was gone before it was accepted; the next one may not be.
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
            Err(error) => {
                tracing::error!(%error, "cannot accept connections");
                tokio::time::sleep(OUT_OF_RESOURCES).await;
            }
        }
    }
}

async fn over_tls<S>(stream: S, peer: Peer, routes: Router, stop: watch::Receiver<Option<Duration>>, tls: &Tls)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let handshake = tokio::time::timeout(HANDSHAKE, tls.acceptor().accept(stream));
    let shaken = tokio::select! {
        shaken = handshake => shaken,
        _ = stopping(stop.clone()) => return,
    };
    match shaken {
        Ok(Ok(stream)) => serve(stream, peer, routes, stop).await,
        Ok(Err(error)) => tracing::debug!(?peer, %error, "no TLS handshake"),
        Err(_) => tracing::debug!(?peer, "no TLS handshake in time"),
    }
}
