//! A door that requests wait at.

use std::sync::Arc;
use std::time::Duration;

use swaparoo_placement::Method;
use swaparoo_real_placement::{Act, Proxy};
use tokio::sync::watch;

/// Shut until somebody opens it, once and for all.
#[derive(Clone)]
pub struct Door(Arc<watch::Sender<State>>);

#[derive(Default)]
struct State {
    open: bool,
    waiting: usize,
}

impl Door {
    /// Requests of this method wait before Placement hears of them.
    pub fn before(proxy: &Proxy, method: Method) -> Self {
        let (door, gate) = Self::both();
        proxy.every(method, Act::first(move || gate.clone().pass()));
        door
    }

    /// Placement does what requests of this method ask, and its answers wait.
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

    /// Returns when so many wait, or have.
    pub async fn reached_by(&self, count: usize) {
        let mut state = self.0.subscribe();
        let reached =
            tokio::time::timeout(Duration::from_secs(30), state.wait_for(|state| state.waiting >= count)).await;
        assert!(reached.is_ok(), "{count} requests were to come to the door, and {} did", self.0.borrow().waiting);
    }

    pub fn open(&self) {
        self.0.send_modify(|state| state.open = true);
    }
}
