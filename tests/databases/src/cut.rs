//! A TCP proxy in front of a database, as a network that fails: connections are closed and refused, or stay open and carry
//! nothing, or close just after the database has answered a COMMIT.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// The statement whose answer can be lost. Clients of both databases send it as text.
const COMMIT: &[u8] = b"COMMIT";

/// What the network does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Network {
    Works,
    /// Connections are closed, and new ones too.
    Cut,
    /// Nothing arrives, in both directions.
    Silent,
}

/// A running proxy. It ends when this value is dropped.
#[derive(Debug)]
pub struct Cut {
    address: SocketAddr,
    network: watch::Sender<Network>,
    target: Arc<AtomicU16>,
    commits_to_lose: Arc<AtomicUsize>,
    lost: Arc<AtomicUsize>,
    listening: JoinHandle<()>,
}

/// One direction of a connection, and what can happen to it.
#[derive(Clone)]
struct Wire {
    network: watch::Receiver<Network>,
    commits_to_lose: Arc<AtomicUsize>,
    lost: Arc<AtomicUsize>,
    /// Whether the next answer is lost.
    loses: watch::Sender<bool>,
}

impl Cut {
    /// Starts a proxy in front of this port on 127.0.0.1.
    ///
    /// # Errors
    /// There is no free port.
    pub async fn start(target: u16) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let network = watch::Sender::new(Network::Works);
        let (commits_to_lose, lost) = <(Arc<AtomicUsize>, Arc<AtomicUsize>)>::default();
        let wire = Wire {
            network: network.subscribe(),
            commits_to_lose: commits_to_lose.clone(),
            lost: lost.clone(),
            loses: watch::Sender::new(false),
        };
        let target = Arc::new(AtomicU16::new(target));
        let aim = target.clone();
        let listening = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let wire = Wire { loses: watch::Sender::new(false), ..wire.clone() };
                tokio::spawn(connect(client, aim.load(Ordering::SeqCst), wire));
            }
        });
        Ok(Self { address, network, target, commits_to_lose, lost, listening })
    }

    /// Its port on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Connects to this port from now on, as a load balancer does after a failure, and closes all present connections.
    pub fn aim(&self, target: u16) {
        self.target.store(target, Ordering::SeqCst);
        self.cut();
        self.mend();
    }

    /// Closes all connections, and closes new ones at once.
    pub fn cut(&self) {
        self.network.send_replace(Network::Cut);
    }

    /// Keeps connections open and passes nothing on.
    pub fn silence(&self) {
        self.network.send_replace(Network::Silent);
    }

    /// Works again: what waited in silent connections is passed on.
    pub fn mend(&self) {
        self.network.send_replace(Network::Works);
    }

    /// Loses the answers to the next so many COMMITs: the database does them, and the connection closes.
    pub fn lose_commits(&self, count: usize) {
        self.commits_to_lose.store(count, Ordering::SeqCst);
    }

    /// How many answers to a COMMIT were lost.
    #[must_use]
    pub fn lost(&self) -> usize {
        self.lost.load(Ordering::SeqCst)
    }
}

impl Drop for Cut {
    fn drop(&mut self) {
        self.listening.abort();
        self.cut();
    }
}

async fn connect(client: TcpStream, target: u16, wire: Wire) {
    let Ok(server) = TcpStream::connect(("127.0.0.1", target)).await else { return };
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
    let mut network = wire.network.clone();
    tokio::select! {
        () = requests(from_client, to_server, wire.clone()) => {}
        () = answers(from_server, to_client, wire) => {}
        _ = network.wait_for(|network| *network == Network::Cut) => {}
    }
}

async fn requests(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, wire: Wire) {
    let mut bytes = vec![0; 64 << 10];
    while let Ok(length @ 1..) = from.read(&mut bytes).await {
        let request = bytes.get(..length).unwrap_or_default();
        if has_commit(request) {
            let fewer = |count: usize| count.checked_sub(1);
            let loses = wire.commits_to_lose.fetch_update(Ordering::SeqCst, Ordering::SeqCst, fewer).is_ok();
            wire.loses.send_replace(loses);
        }
        if wire.works().await.is_none() || to.write_all(request).await.is_err() {
            return;
        }
    }
}

/// Whether the bytes have the statement, and not only the name of a level of isolation.
fn has_commit(request: &[u8]) -> bool {
    let ends = request.windows(COMMIT.len()).enumerate().filter(|(_, window)| *window == COMMIT);
    ends.map(|(begin, _)| request.get(begin + COMMIT.len())).any(|next| next != Some(&b'T'))
}

async fn answers(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, wire: Wire) {
    let mut bytes = vec![0; 64 << 10];
    while let Ok(length @ 1..) = from.read(&mut bytes).await {
        if *wire.loses.borrow() {
            wire.lost.fetch_add(1, Ordering::SeqCst);
            return;
        }
        let answer = bytes.get(..length).unwrap_or_default();
        if wire.works().await.is_none() || to.write_all(answer).await.is_err() {
            return;
        }
    }
}

impl Wire {
    /// Returns when bytes may pass; `None` if the proxy has ended.
    async fn works(&self) -> Option<()> {
        self.network.clone().wait_for(|network| *network == Network::Works).await.ok().map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::has_commit;

    #[test]
    fn a_level_of_isolation_is_no_commit() {
        assert!(has_commit(b"\x03COMMIT") && has_commit(b"Q\0\0\0\x0bCOMMIT\0"));
        assert!(!has_commit(b"SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED"));
    }
}
