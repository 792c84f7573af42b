//! The open TCP connections, and which of them is closed for a new one.
//!
//! A new connection is always accepted, because it may be a health probe. Until its client is authorized, it counts as
//! a stranger, and only few strangers are allowed. If there are too many, the oldest stranger of the peer with the most
//! strangers is closed. Hundreds of clients may connect at the same time, each about to send its token; so while the
//! total has room, a stranger has `Limits::grace` to do so. An admitted connection counts towards the total and its
//! peer's limit, where an idle one is closed if the limit is reached.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::peer_connections::PeerConnections;
use super::request_activity::RequestActivity;

/// How many connections may be open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolLimits {
    /// Admitted connections.
    pub admitted: usize,
    /// Admitted connections of one peer.
    pub of_peer: usize,
    /// Connections that are not admitted yet.
    pub strangers: usize,
    /// How long a stranger is kept although there are too many strangers, while the total has room.
    pub grace: Duration,
}

/// The connections of one listener. Clones share them.
#[derive(Debug, Clone)]
pub struct Pool(Arc<PoolShared>);

#[derive(Debug)]
struct PoolShared {
    limits: PoolLimits,
    open: Mutex<OpenConnections>,
}

#[derive(Debug, Default)]
struct OpenConnections {
    last: u64,
    /// By number, in the order of arrival.
    of: BTreeMap<u64, OpenConnection>,
    admitted: PeerConnections,
    strangers: PeerConnections,
}

#[derive(Debug)]
struct OpenConnection {
    peer: IpAddr,
    since: Instant,
    activity: RequestActivity,
    state: Arc<ConnectionState>,
}

#[derive(Debug, Default)]
struct ConnectionState {
    admitted: AtomicBool,
    close: Notify,
}

/// A connection's place in the pool. Clones share it, and the last one frees it.
#[derive(Debug, Clone)]
pub struct ConnectionPermit(Arc<PermitInner>);

#[derive(Debug)]
struct PermitInner {
    pool: Pool,
    number: u64,
    state: Arc<ConnectionState>,
}

/// Why a connection is not admitted: the limit is reached, and no connection is idle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Full {
    /// The limit of admitted connections.
    All,
    /// The limit of this peer.
    OfPeer,
}

impl Pool {
    pub fn new(limits: PoolLimits) -> Self {
        Self(Arc::new(PoolShared { limits, open: Mutex::default() }))
    }

    /// Number of file descriptors for all connections. A stranger that is closed for another keeps its descriptor a
    /// little longer.
    pub fn descriptors(&self) -> usize {
        let PoolLimits { admitted, strangers, .. } = self.0.limits;
        admitted.saturating_add(strangers.saturating_mul(2))
    }

    /// Adds a connection.
    pub fn enter(&self, address: IpAddr, activity: RequestActivity) -> ConnectionPermit {
        let (peer, state) = (peer(address), Arc::<ConnectionState>::default());
        let mut open = self.open();
        open.thin_out(&self.0.limits);
        open.last += 1;
        let number = open.last;
        open.strangers.add(peer, number);
        open.of.insert(number, OpenConnection { peer, since: Instant::now(), activity, state: state.clone() });
        drop(open);
        ConnectionPermit(Arc::new(PermitInner { pool: self.clone(), number, state }))
    }

    fn open(&self) -> MutexGuard<'_, OpenConnections> {
        self.0.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ConnectionPermit {
    /// Admits the connection, so that it no longer counts as a stranger. A connection that is already being closed
    /// stays so.
    ///
    /// # Errors
    /// [`Full`] if a limit is reached and no connection is idle.
    pub fn admit(&self) -> Result<(), Full> {
        let PermitInner { pool, number, state } = &*self.0;
        let mut open = pool.open();
        let Some(peer) = open.of.get(number).map(|own| own.peer) else { return Ok(()) };
        if state.admitted() {
            return Ok(());
        }
        let PoolLimits { admitted, of_peer, .. } = pool.0.limits;
        if open.admitted.count_of(peer) >= of_peer {
            open.close_idle(|entry| entry.peer == peer).ok_or(Full::OfPeer)?;
        }
        if open.admitted.count() >= admitted {
            open.close_idle(|_| true).ok_or(Full::All)?;
        }
        state.admitted.store(true, Ordering::Relaxed);
        open.strangers.remove(peer, *number);
        open.admitted.add(peer, *number);
        Ok(())
    }

    /// Resolves when the pool closes this connection, with whether it was admitted; if so, it may finish its response.
    pub async fn gives_way(&self) -> bool {
        self.0.state.close.notified().await;
        self.0.state.admitted()
    }
}

impl Drop for PermitInner {
    fn drop(&mut self) {
        self.pool.open().remove(self.number);
    }
}

impl ConnectionState {
    fn admitted(&self) -> bool {
        self.admitted.load(Ordering::Relaxed)
    }
}

impl OpenConnections {
    /// Makes room for one more stranger.
    fn thin_out(&mut self, limits: &PoolLimits) {
        while self.strangers.count() >= limits.strangers {
            let Some(oldest) = self.oldest_of_a_crowd(limits.grace) else { break };
            self.close(Some(oldest));
        }
        if self.of.len() >= limits.admitted.saturating_add(limits.strangers) {
            let oldest = self.oldest_of_a_crowd(Duration::ZERO);
            self.close(oldest);
        }
    }

    /// The oldest stranger of at least this age, of the peer with the most strangers; preferably one without a current
    /// request.
    fn oldest_of_a_crowd(&self, age: Duration) -> Option<u64> {
        let (most, oldest) = self.strangers.largest_crowd()?;
        let old_enough = self.of.range(oldest..).take_while(|(_, entry)| entry.since.elapsed() >= age);
        let mut crowded =
            old_enough.filter(|(_, entry)| !entry.state.admitted() && self.strangers.count_of(entry.peer) == most);
        // Nearly always the first one: a stranger's request is answered soon.
        let (first, entry) = crowded.next()?;
        if !entry.activity.now() {
            return Some(*first);
        }
        Some(*crowded.find(|(_, entry)| !entry.activity.now()).map_or(first, |(number, _)| number))
    }

    /// Closes the oldest idle one of these admitted connections.
    fn close_idle(&mut self, these: impl Fn(&OpenConnection) -> bool) -> Option<()> {
        let mut among = self.of.iter().filter(|(_, entry)| entry.state.admitted() && these(entry));
        let idle = among.find(|(_, entry)| !entry.activity.now()).map(|(number, _)| *number)?;
        self.close(Some(idle));
        Some(())
    }

    fn close(&mut self, number: Option<u64>) {
        if let Some(entry) = number.and_then(|number| self.remove(number)) {
            entry.state.close.notify_one();
        }
    }

    fn remove(&mut self, number: u64) -> Option<OpenConnection> {
        let entry = self.of.remove(&number)?;
        let among = if entry.state.admitted() { &mut self.admitted } else { &mut self.strangers };
        among.remove(entry.peer, number);
        Some(entry)
    }
}

/// The address, or the /64 network of an IPv6 address, because one client can use all addresses of its network.
fn peer(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64))),
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests;
