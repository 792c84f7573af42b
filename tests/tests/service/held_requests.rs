//! Holds requests to Placement until a test releases them.

use std::sync::Arc;
use std::time::Duration;

use swaparoo_placement::Method;
use swaparoo_real_placement::{Act, Proxy};
use tokio::sync::watch;

/// Requests of one kind: they wait until the test releases them, once for all.
#[derive(Clone)]
pub struct HeldRequests(Arc<watch::Sender<State>>);

#[derive(Default)]
struct State {
    released: bool,
    waiting: usize,
}

impl HeldRequests {
    /// Holds requests of this method before Placement receives them.
    pub fn before(proxy: &Proxy, method: Method) -> Self {
        let (held, filter) = Self::pair();
        proxy.every(method, Act::first(move || filter.clone().pass()));
        held
    }

    /// Holds requests for Placement's versions, which `/readyz` sends.
    pub fn before_versions(proxy: &Proxy) -> Self {
        let (held, filter) = Self::pair();
        proxy.versions(Act::first(move || filter.clone().pass()));
        held
    }

    /// Lets Placement do requests of this method, and holds its answers.
    pub fn after(proxy: &Proxy, method: Method) -> Self {
        let (held, filter) = Self::pair();
        proxy.every(method, Act::then(move || filter.clone().pass()));
        held
    }

    fn pair() -> (Self, Self) {
        let held = Self(Arc::new(watch::Sender::new(State::default())));
        (held.clone(), held)
    }

    async fn pass(self) {
        self.0.send_modify(|state| state.waiting += 1);
        let _ = self.0.subscribe().wait_for(|state| state.released).await;
    }

    /// Returns when this many requests wait, or have waited.
    pub async fn wait_for(&self, count: usize) {
        let mut state = self.0.subscribe();
        let reached =
            tokio::time::timeout(Duration::from_secs(30), state.wait_for(|state| state.waiting >= count)).await;
        assert!(reached.is_ok(), "{count} requests should be held, but {} are", self.0.borrow().waiting);
    }

    /// Lets all requests pass, now and later.
    pub fn release(&self) {
        self.0.send_modify(|state| state.released = true);
    }
}
