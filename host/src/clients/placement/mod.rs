//! Access to Placement: a service over HTTP, or a model in memory. Requests and answers are the same for both (`wire`).

mod answer;
mod batch;
mod embedded;
mod http;
mod http_outcome;
pub mod state;
mod transport;
mod versions;

use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;

pub use batch::Batched;
pub use embedded::Embedded;
pub use http::{Auth, Http};
pub use state::StateError;
use swaparoo_placement::Request;
use transport::Transport;
pub use versions::{Versions, VersionsError};

use crate::contract::{Effect, Reply};
pub use crate::placement_codec::{self, HttpOutcome};

/// A connection to Placement.
#[derive(Debug, Clone)]
pub enum Placement {
    /// A service over HTTP.
    Http(Http),
    /// A model in memory.
    Embedded(Embedded),
    /// Either of them; writes of several tasks are merged.
    Batched(Batched),
}

impl Placement {
    /// The model whose state is in this file; the file is updated after each write.
    ///
    /// # Errors
    /// The file cannot be read, or does not contain a state of the model.
    pub fn embedded(file: &Path) -> Result<Self, StateError> {
        Embedded::open(file).map(Self::Embedded)
    }

    /// Merges up to this many writes into one; 1 turns merging off.
    #[must_use]
    pub fn batching(self, most: NonZeroUsize) -> Self {
        let transport: Arc<dyn Transport> = match self {
            Self::Http(http) if most.get() > 1 => Arc::new(http),
            Self::Embedded(embedded) if most.get() > 1 => Arc::new(embedded),
            alone => return alone,
        };
        Self::Batched(Batched::new(transport, most))
    }

    /// Sends this request id with all requests to a service.
    #[must_use]
    pub fn on_behalf_of(self, request_id: &str) -> Self {
        match self {
            Self::Http(http) => Self::Http(http.on_behalf_of(request_id)),
            Self::Embedded(_) => self,
            Self::Batched(batched) => Self::Batched(batched.on_behalf_of(request_id)),
        }
    }

    /// Performs an effect of Placement; `None` for other effects.
    pub async fn perform(&self, effect: &Effect) -> Option<Reply> {
        match (self, effect) {
            (Self::Batched(batched), Effect::PostAllocations(post)) => Some(batched.post(post).await),
            _ => transport::perform(self.transport(), effect).await,
        }
    }

    /// Sends one request without retries and without waiting behind others, for callers with a short timeout.
    pub async fn send_once(&self, request: &Request) -> HttpOutcome {
        self.transport().send_once(request).await
    }

    /// Sends one request, with the retries of the transport.
    pub async fn send(&self, request: &Request) -> HttpOutcome {
        transport::send(self.transport(), request).await
    }

    /// The present URL of the service, without a password; `None` for a model.
    #[must_use]
    pub fn shown_endpoint(&self) -> Option<String> {
        self.transport().shown_endpoint()
    }

    fn transport(&self) -> &dyn Transport {
        match self {
            Self::Http(http) => http,
            Self::Embedded(embedded) => embedded,
            Self::Batched(batched) => batched.transport(),
        }
    }
}
