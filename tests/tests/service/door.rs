//! Holds requests until a test lets them pass.

use std::sync::Arc;
use std::time::Duration;

use swaparoo_placement::Method;
use swaparoo_real_placement::{Act, Proxy};
use tokio::sync::watch;

/// Closed until it is opened once.
#[derive(Clone)]
pub struct Door(Arc<watch::Sender<State>>);

#[derive(Default)]
struct State {
    open: bool,
    waiting: usize,
}

impl Door {
    /// Holds requests of this method before Placement receives them.
    pub fn before(proxy: &Proxy, method: Method) -> Self {
        let (door, gate) = Self::both();
        proxy.every(method, Act::first(move || gate.clone().pass()));
        door
    }

    /// Holds requests for Placement's versions, which `/readyz` sends.
    pub fn before_versions(proxy: &Proxy) -> Self {
        let (door, gate) = Self::both();
        proxy.versions(Act::first(move || gate.clone().pass()));
        door
    }

    /// Lets Placement do requests of this method, and holds its answers.
    pub fn behind(proxy: &Proxy, method: Method) -> Self {
        let (door, gate) = Self::both();
        proxy.every(method, Act::then(move || gate.clone().pass()));
        door
    }

    fn both() -> (Self, Self) {
        let door = Self(Arc::new(watch::Sender::new(State::default())));
        (door.clone(), door)
    }

    async fn pass(self) {
        self.0.send_modify(|state| state.waiting += 1);
        let _ = self.0.subscribe().wait_for(|state| state.open).await;
    }

    /// Returns when this many requests wait, or have waited.
    pub async fn reached_by(&self, count: usize) {
        let mut state = self.0.subscribe();
        let reached =
            tokio::time::timeout(Duration::from_secs(30), state.wait_for(|state| state.waiting >= count)).await;
        assert!(reached.is_ok(), "{count} requests should be held, but {} are", self.0.borrow().waiting);
    }

    pub fn open(&self) {
        self.0.send_modify(|state| state.open = true);
    }
}
