//! Listeners on a Unix socket, TCP, or both, and their graceful stop.
//!
//! Connections are cheap and limited in every respect: their number, idle time, and the size and duration of a
//! request's head. Routes decide when a client counts as authorized ([`ConnectionPermit::admit`]).

mod accept;
mod connection;
mod error;
mod peer_connections;
mod pool;
mod request_activity;
mod timeout_stream;
mod timeouts;
mod tls;
mod unix;

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::watch;

pub use error::ListenError;
pub use pool::{ConnectionPermit, Full};

use super::config::ListenConfig;
use accept::Accepting;
use pool::{Pool, PoolLimits};
use tls::Tls;
use unix::{BACKLOG, Unix};

/// The bound listeners. Connections wait in the system's queue until [`serve`](Listeners::serve).
#[derive(Debug)]
pub struct Listeners {
    socket: Option<(PathBuf, Unix)>,
    tcp: Option<(TcpListener, Option<Arc<Tls>>)>,
    connections: usize,
    pool: Pool,
}

impl Listeners {
    /// Binds all configured addresses, or none if one fails.
    ///
    /// # Errors
    /// The socket or port is in use or cannot be bound, or the certificate or key cannot be read.
    pub async fn bind(listen: &ListenConfig) -> Result<Self, ListenError> {
        let tls = tls(listen)?.map(Arc::new);
        let tcp = match listen.tcp {
            Some(address) => Some((bind(address)?, tls)),
            None => None,
        };
        let socket = listen.socket.as_ref().map(|path| Ok((path.clone(), Unix::bind(path)?))).transpose()?;
        let pool = Pool::new(limits(listen));
        Ok(Self { socket, tcp, connections: listen.connections.get(), pool })
    }

    /// Reads the configured files without binding any address.
    ///
    /// # Errors
    /// The certificate or its key cannot be read or used.
    pub fn check(listen: &ListenConfig) -> Result<(), ListenError> {
        tls(listen).map(drop)
    }

    /// The addresses in the form that clients use.
    #[must_use]
    pub fn addresses(&self) -> Vec<String> {
        let socket = self.socket.iter().map(|(path, _)| format!("unix:{}", path.display()));
        socket.chain(self.tcp_url()).collect()
    }

    /// The URL of the TCP address; `None` if there is none, or it stands for all addresses of the machine.
    #[must_use]
    pub fn url(&self) -> Option<String> {
        self.tcp_url().filter(|_| self.tcp_address().is_some_and(|address| !address.ip().is_unspecified()))
    }

    fn tcp_url(&self) -> Option<String> {
        let scheme = if self.tcp.as_ref().is_some_and(|(_, tls)| tls.is_some()) { "https" } else { "http" };
        self.tcp_address().map(|address| format!("{scheme}://{address}"))
    }

    /// The TCP address; if port 0 was configured, with the port that the system chose.
    #[must_use]
    pub fn tcp_address(&self) -> Option<SocketAddr> {
        self.tcp.as_ref()?.0.local_addr().ok()
    }

    /// Serves until `stop` resolves. Then it accepts no more connections, closes idle ones, and gives current requests
    /// `patience` to finish.
    pub async fn serve(self, routes: Router, stop: impl Future<Output = ()>, patience: Duration) {
        let Self { socket, tcp, connections, pool } = self;
        let (stopped, stopping) = watch::channel(None);
        let accepting = Accepting { routes, stop: stopping };
        let socket = async {
            let Some((_, unix)) = socket else { return };
            accepting.on(unix, None, connections, None).await;
        };
        let tcp = async {
            let Some((listener, tls)) = tcp else { return };
            accepting.on(listener, tls, pool.descriptors(), Some(pool)).await;
        };
        let stop = async {
            stop.await;
            stopped.send_replace(Some(patience));
        };
        tokio::join!(socket, tcp, stop);
    }
}

/// Enough time for a well-behaved client to send its first request's head, even on a busy machine.
const GRACE: Duration = Duration::from_secs(2);

fn limits(listen: &ListenConfig) -> PoolLimits {
    let (admitted, of_peer) = (listen.connections.get(), listen.of_peer());
    PoolLimits { admitted, of_peer, strangers: listen.strangers(), grace: GRACE }
}

fn tls(listen: &ListenConfig) -> Result<Option<Tls>, ListenError> {
    let files = listen.tls_certificate.as_deref().zip(listen.tls_key.as_deref());
    files.map(|(certificate, key)| Tls::read(certificate, key)).transpose()
}

fn bind(address: SocketAddr) -> Result<TcpListener, ListenError> {
    let listen = || {
        let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        socket.listen(BACKLOG)
    };
    listen().map_err(|why: io::Error| match why.kind() {
        io::ErrorKind::AddrInUse => ListenError::PortTaken { address },
        _ => ListenError::Tcp { address, why },
    })
}

#[cfg(test)]
mod tests;
