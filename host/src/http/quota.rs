//! Limits concurrent requests per token, so that one client leaves room for the others. Requests that wait for a task
//! are counted apart from quick ones: they are many, and cost little.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::Uri;
use sha2::{Digest, Sha256};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::codes::Code;
use super::config::AuthConfig;
use super::error::ApiError;

/// How long a request may wait for its turn. Quick requests take milliseconds, so a burst passes within this time.
const BURST: Duration = Duration::from_secs(1);
/// Retry-After of a refused request.
const SOON: Duration = Duration::from_secs(1);

/// The remaining permits of each token.
#[derive(Debug)]
pub struct Quota {
    requests: usize,
    waits: usize,
    /// By the token's digest. Only known tokens are added, so the map cannot grow beyond their number.
    of: Mutex<HashMap<[u8; 32], Shares>>,
}

#[derive(Debug, Clone)]
struct Shares {
    requests: Arc<Semaphore>,
    waits: Arc<Semaphore>,
}

impl Quota {
    /// Takes the limits from the configuration.
    #[must_use]
    pub fn new(auth: &AuthConfig) -> Self {
        let most = |number: usize| number.min(Semaphore::MAX_PERMITS);
        let (requests, waits) = (most(auth.requests_per_token.get()), most(auth.waits_per_token.get()));
        Self { requests, waits, of: Mutex::default() }
    }

    /// Counts one more request of this token, which must be known, until the permit is dropped.
    pub(super) async fn take(&self, token: &[u8], uri: &Uri) -> Result<OwnedSemaphorePermit, ApiError> {
        let Shares { requests, waits } = self.shares(token);
        if is_long_poll(uri) {
            return waits.try_acquire_owned().map_err(|_| too_many(self.waits, "waiting", "auth.waits_per_token"));
        }
        let permit = tokio::time::timeout(BURST, requests.acquire_owned()).await;
        let too_many = || too_many(self.requests, "in progress", "auth.requests_per_token");
        permit.ok().and_then(Result::ok).ok_or_else(too_many)
    }

    fn shares(&self, token: &[u8]) -> Shares {
        let semaphore = |permits| Arc::new(Semaphore::new(permits));
        let new = || Shares { requests: semaphore(self.requests), waits: semaphore(self.waits) };
        let mut of = self.of.lock().unwrap_or_else(PoisonError::into_inner);
        of.entry(Sha256::digest(token).into()).or_insert_with(new).clone()
    }
}

/// Whether the request has `wait=` with a value other than 0.
fn is_long_poll(uri: &Uri) -> bool {
    let wait = |pair: &str| pair.strip_prefix("wait=").is_some_and(|wait| wait.bytes().any(|digit| digit != b'0'));
    uri.query().is_some_and(|query| query.split('&').any(wait))
}

fn too_many(most: usize, how: &str, key: &str) -> ApiError {
    let detail = format!("{most} requests of this token are {how}; try again when some of them are done ({key})");
    ApiError::new(Code::TooManyRequests, detail).retry_after(SOON)
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn one_tokens_requests_and_waits_are_bounded_and_another_has_its_own() {
        let two = NonZeroUsize::new(2).unwrap();
        let quota = Quota::new(&AuthConfig { requests_per_token: two, waits_per_token: two, ..AuthConfig::default() });
        let [quick, long] = ["/v1/tasks?wait=0", "/v1/tasks/1?x=1&wait=60"].map(Uri::from_static);
        let mut held = Vec::new();
        for uri in [&long, &long, &quick, &quick] {
            held.push(quota.take(b"one", uri).await.unwrap());
        }
        for uri in [&long, &quick] {
            let refused = quota.take(b"one", uri).await.unwrap_err();
            assert_eq!(refused.code, Code::TooManyRequests);
            drop(quota.take(b"two", uri).await.unwrap());
        }
        drop(held);
        for uri in [&long, &quick] {
            drop(quota.take(b"one", uri).await.unwrap());
        }
    }
}
