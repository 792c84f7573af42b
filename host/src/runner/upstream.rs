//! What every task needs and the service cannot do without for long: Placement, and the cloud whose nova is asked. They may
//! come up later than the service does. Until then open tasks wait, and no new one is accepted: who asks is told so at once,
//! and knows that nothing of it will happen later.

use std::fmt;
use std::sync::Arc;

use tokio::sync::watch;

use crate::cloud::Cloud;
use crate::placement::Placement;

/// What tasks work with.
#[derive(Debug, Clone)]
pub struct Connected {
    /// Where allocations are.
    pub placement: Placement,
    /// Who answers for nova; without, the caller does.
    pub nova: Option<Arc<Cloud>>,
}

/// What is not there yet, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Missing {
    /// No token, and so no catalogue.
    Keystone(String),
    /// No answer of Placement's.
    Placement(String),
}

/// Whether it is there. Once it was, tasks themselves notice when it is away.
#[derive(Debug)]
pub struct Upstream(watch::Sender<Result<Connected, Missing>>);

impl Upstream {
    /// As it is at the start.
    #[must_use]
    pub fn new(state: Result<Connected, Missing>) -> Self {
        Self(watch::Sender::new(state))
    }

    /// It is still not there.
    pub fn still_missing(&self, missing: Missing) {
        drop(self.0.send_replace(Err(missing)));
    }

    /// It is there: what waited goes on.
    pub fn connect(&self, connected: Connected) {
        drop(self.0.send_replace(Ok(connected)));
    }

    /// As it is now.
    ///
    /// # Errors
    /// It is not there yet.
    pub fn now(&self) -> Result<Connected, Missing> {
        self.0.borrow().clone()
    }

    /// Returns when it is there.
    pub async fn connected(&self) -> Connected {
        let mut state = self.0.subscribe();
        loop {
            if let Ok(connected) = state.borrow_and_update().clone() {
                return connected;
            }
            // The sender is in `self`.
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
