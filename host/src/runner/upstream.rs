//! The services that every task needs: Placement, and the cloud with nova. They may start later than this service.
//! Until they are connected, open tasks wait and new tasks are refused immediately, so that a client knows that its
//! task will not run later.

use std::fmt;
use std::sync::Arc;

use tokio::sync::watch;

use crate::clients::cloud::Cloud;
use crate::clients::placement::Placement;

/// The connected services.
#[derive(Debug, Clone)]
pub struct Connected {
    /// The connection to Placement.
    pub placement: Placement,
    /// The cloud whose nova answers; if `None`, the caller answers for nova.
    pub nova: Option<Arc<Cloud>>,
}

/// The service that is not connected yet, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Missing {
    /// Keystone gave no token and therefore no catalogue.
    Keystone(String),
    /// Placement did not answer.
    Placement(String),
}

/// Whether the services are connected. After they were connected once, tasks themselves handle outages.
#[derive(Debug)]
pub struct Upstream(watch::Sender<Result<Connected, Missing>>);

impl Upstream {
    /// The state at the start.
    #[must_use]
    pub fn new(state: Result<Connected, Missing>) -> Self {
        Self(watch::Sender::new(state))
    }

    /// A service is still not connected.
    pub fn still_missing(&self, missing: Missing) {
        drop(self.0.send_replace(Err(missing)));
    }

    /// The services are connected; waiting tasks continue.
    pub fn connect(&self, connected: Connected) {
        drop(self.0.send_replace(Ok(connected)));
    }

    /// The connected services, or the one that is not connected yet.
    pub fn now(&self) -> Result<Connected, Missing> {
        self.0.borrow().clone()
    }

    /// Returns when the services are connected.
    pub async fn connected(&self) -> Connected {
        let mut state = self.0.subscribe();
        loop {
            if let Ok(connected) = state.borrow_and_update().clone() {
                return connected;
            }
            // This cannot fail: the sender is in `self`.
            let _ = state.changed().await;
        }
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Keystone(why) | Self::Placement(why) => f.write_str(why),
        }
    }
}
