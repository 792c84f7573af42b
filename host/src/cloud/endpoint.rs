//! Where Placement is now: the catalogue comes with each token, and its endpoints may change while a service runs.

use std::sync::PoisonError;
use std::time::{Duration, Instant};

use super::{Cloud, config};

/// Keystone is asked for a new catalogue this often at most,
const EACH: Duration = Duration::from_secs(60);
/// and waited for so long.
const PATIENCE: Duration = Duration::from_secs(5);

impl Cloud {
    /// Placement's endpoint by the newest catalogue.
    #[must_use]
    pub fn placement_now(&self) -> String {
        self.placement_now.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether Placement is elsewhere by now than where a request did not find it.
    pub async fn placement_moved(&self, from: &str) -> bool {
        if self.placement_now() != from {
            return true;
        }
        if self.may_look_again() {
            let present = self.present();
            // Without a new catalogue it is where it was.
            let _ = tokio::time::timeout(PATIENCE, self.renew(&present)).await;
        }
        self.placement_now() != from
    }

    /// Takes over what the token's catalogue says.
    pub(super) fn read_catalogue(&self) {
        if let Some(endpoint) = config::endpoint(&self.config, &self.session, "placement") {
            let mut known = self.placement_now.write().unwrap_or_else(PoisonError::into_inner);
            if *known != endpoint {
                tracing::warn!("the placement of {} is at {endpoint} now, and no more at {known}", self.name);
                *known = endpoint;
            }
        }
    }

    fn may_look_again(&self) -> bool {
        let mut looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
        let may = looked.is_none_or(|looked| looked.elapsed() >= EACH);
        if may {
            *looked = Some(Instant::now());
        }
        may
    }
}
