//! The present endpoints of Placement and nova: each token contains the catalogue, whose endpoints may change while the
//! service runs.

use std::sync::PoisonError;
use std::time::{Duration, Instant};

use super::{Cloud, config};

/// The shortest time between two requests for a new catalogue.
const EACH: Duration = Duration::from_secs(10);
/// The timeout of such a request.
const PATIENCE: Duration = Duration::from_secs(5);

impl Cloud {
    /// Placement's endpoint in the newest catalogue.
    #[must_use]
    pub fn placement_now(&self) -> String {
        self.placement_now.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// nova's endpoint in the newest catalogue.
    pub(super) fn nova_now(&self) -> Option<String> {
        self.nova_now.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether Placement's endpoint has changed since a request to `from` failed.
    pub async fn placement_moved(&self, from: &str) -> bool {
        let moved = || self.placement_now() != from;
        self.look_unless(moved).await;
        moved()
    }

    /// Whether nova's endpoint has changed since a request to `from` failed.
    pub(super) async fn nova_moved(&self, from: &str) -> bool {
        let moved = || self.nova_now().as_deref() != Some(from);
        self.look_unless(moved).await;
        moved()
    }

    /// Requests a new catalogue unless the endpoint has changed already. Callers that arrive meanwhile wait for the same
    /// catalogue.
    async fn look_unless(&self, moved: impl Fn() -> bool) {
        if moved() {
            return;
        }
        let mut looked = self.looked.lock().await;
        if moved() || looked.is_some_and(|looked| looked.elapsed() < EACH) {
            return;
        }
        let present = self.present();
        // Without a new catalogue the endpoint stays the same.
        let _ = tokio::time::timeout(PATIENCE, self.renew(&present)).await;
        *looked = Some(Instant::now());
    }

    /// Updates the endpoints from the token's catalogue.
    pub(super) fn read_catalogue(&self) {
        if let Some(endpoint) = config::endpoint(&self.config, &self.issued(), "compute") {
            *self.nova_now.write().unwrap_or_else(PoisonError::into_inner) = Some(endpoint);
        }
        if let Some(endpoint) = config::endpoint(&self.config, &self.issued(), "placement") {
            let mut known = self.placement_now.write().unwrap_or_else(PoisonError::into_inner);
            if *known != endpoint {
                tracing::warn!("the placement endpoint of {} has changed to {endpoint}, it was {known}", self.name);
                *known = endpoint;
            }
        }
    }
}
