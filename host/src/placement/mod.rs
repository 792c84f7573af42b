//! Placement as the host asks it: over HTTP, or a model in memory. Which one makes no difference to what is sent and how
//! an answer is understood (`wire`).

mod batch;
mod embedded;
mod http;
pub mod state;
mod transport;

use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;

pub use batch::Batched;
pub use embedded::Embedded;
pub use http::{Auth, Http};
pub use state::StateError;
use swaparoo_placement::Request;
use transport::Transport;

use crate::contract::{Effect, Reply};
pub use crate::wire::{self, Answer};

/// A Placement to ask.
#[derive(Debug, Clone)]
pub enum Placement {
    /// A service.
    Http(Http),
    /// A model in memory.
    Embedded(Embedded),
    /// Either, to which writes of several tasks go together.
    Batched(Batched),
}

impl Placement {
    /// The model whose state is in this file, and goes back there after each write.
    ///
    /// # Errors
    /// The file cannot be read, or is no state of the model.
    pub fn embedded(file: &Path) -> Result<Self, StateError> {
        Embedded::open(file).map(Self::Embedded)
    }

    /// The same, to which up to so many writes go as one; with 1 each goes alone.
    #[must_use]
    pub fn batching(self, most: NonZeroUsize) -> Self {
        let transport: Arc<dyn Transport> = match self {
            Self::Http(http) if most.get() > 1 => Arc::new(http),
            Self::Embedded(embedded) if most.get() > 1 => Arc::new(embedded),
            alone => return alone,
        };
        Self::Batched(Batched::new(transport, most))
    }

    /// The same, which tells a service whose requests these are.
    #[must_use]
    pub fn on_behalf_of(self, request_id: &str) -> Self {
        match self {
            Self::Http(http) => Self::Http(http.on_behalf_of(request_id)),
            Self::Embedded(_) => self,
            Self::Batched(batched) => Self::Batched(batched.on_behalf_of(request_id)),
        }
    }

    /// Carries out one of Placement's effects; none when the effect is not one.
    pub async fn perform(&self, effect: &Effect) -> Option<Reply> {
        match (self, effect) {
            (Self::Batched(batched), Effect::PostAllocations(post)) => Some(batched.post(post).await),
            _ => transport::perform(self.transport(), effect).await,
        }
    }

    /// Sends one request, once, whatever comes back: for those who have no time.
    pub async fn send_once(&self, request: &Request) -> Answer {
        self.transport().send_once(request).await
    }

    /// Sends one request as it is.
    pub async fn send(&self, request: &Request) -> Answer {
        transport::send(self.transport(), request).await
    }

    fn transport(&self) -> &dyn Transport {
        match self {
            Self::Http(http) => http,
            Self::Embedded(embedded) => embedded,
            Self::Batched(batched) => batched.transport(),
        }
    }
}
