//! Placement as the host asks it: over HTTP, or a model in memory. Which one makes no difference to what is sent and how
//! an answer is understood (`wire`).

mod embedded;
mod http;
pub mod state;
pub mod wire;

use std::path::Path;
use std::time::Instant;

pub use embedded::Embedded;
pub use http::{Auth, Http};
pub use state::StateError;
use swaparoo_placement::Request;

use crate::contract::{Effect, Reply};

/// What a transport brought back.
#[derive(Debug, Clone)]
pub enum Answer {
    /// A whole HTTP answer.
    Response {
        /// HTTP's.
        status: u16,
        /// Unread.
        body: Vec<u8>,
    },
    /// The request was sent, or may have been, and no whole answer came.
    Lost(String),
    /// Nothing was sent.
    Unsent(String),
}

/// A Placement to ask.
#[derive(Debug, Clone)]
pub enum Placement {
    /// A service.
    Http(Http),
    /// A model in memory.
    Embedded(Embedded),
}

impl Placement {
    /// The model whose state is in this file, and goes back there after each write.
    ///
    /// # Errors
    /// The file cannot be read, or is no state of the model.
    pub fn embedded(file: &Path) -> Result<Self, StateError> {
        Embedded::open(file).map(Self::Embedded)
    }

    /// The same, which tells a service whose requests these are.
    #[must_use]
    pub fn on_behalf_of(self, request_id: &str) -> Self {
        match self {
            Self::Http(http) => Self::Http(http.on_behalf_of(request_id)),
            Self::Embedded(_) => self,
        }
    }

    /// Carries out one of Placement's effects; none when the effect is not one.
    pub async fn perform(&self, effect: &Effect) -> Option<Reply> {
        let request = wire::request(effect)?;
        let answer = self.send(&request).await;
        Some(wire::reply(&request, effect, answer))
    }

    /// Sends one request, once, whatever comes back: for those who have no time.
    pub async fn send_once(&self, request: &Request) -> Answer {
        match self {
            Self::Http(http) => http.send_once(request).await,
            Self::Embedded(embedded) => embedded.send(request),
        }
    }

    /// Sends one request as it is.
    pub async fn send(&self, request: &Request) -> Answer {
        let began = Instant::now();
        let answer = match self {
            Self::Http(http) => http.send(request).await,
            Self::Embedded(embedded) => embedded.send(request),
        };
        count(request, &answer, began);
        answer
    }
}

fn count(request: &Request, answer: &Answer, began: Instant) {
    let (status, kind) = match answer {
        Answer::Response { status, .. } => (status.to_string(), None),
        Answer::Lost(_) => ("none".to_owned(), Some("lost")),
        Answer::Unsent(_) => ("none".to_owned(), Some("unsent")),
    };
    let method = request.method.to_string();
    metrics::histogram!("swaparoo_placement_request_seconds", "method" => method, "status" => status)
        .record(began.elapsed().as_secs_f64());
    if let Some(kind) = kind {
        metrics::counter!("swaparoo_placement_errors_total", "kind" => kind).increment(1);
    }
}
