//! The token: shared by all requests, and renewed before it expires or after a service has refused it.

use std::sync::{Arc, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use secrecy::ExposeSecret;

use super::keystone::Token;
use super::{Cloud, Error};

/// How long before its expiry a token is renewed, so that a request can end while its token is valid.
const MARGIN_MS: i64 = 60_000;

impl Cloud {
    /// A valid token.
    ///
    /// # Errors
    /// The last token has expired and Keystone gives no new one.
    pub async fn token(&self) -> Result<String, Error> {
        let present = self.present();
        if self.is_fresh() {
            return Ok(present);
        }
        match self.renew(&present).await {
            // Keystone may be unreachable for a moment; the old token is valid until it expires.
            Err(_) if self.remaining_ms() > 0 => Ok(present),
            renewed => renewed,
        }
    }

    /// A new token instead of one to which a service answered 401. Callers with the same refused token get the same new
    /// one: only the first asks Keystone.
    ///
    /// # Errors
    /// Keystone gives no new token.
    pub async fn renew(&self, refused: &str) -> Result<String, Error> {
        let _one_at_a_time = self.renewal.lock().await;
        let present = self.present();
        if present != refused {
            return Ok(present);
        }
        let renewed = self.keystone.issue().await;
        let renewed = renewed.map_err(|cause| Error::of_renewal(&self.name, &self.config, cause))?;
        *self.token.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(renewed);
        self.read_catalogue();
        Ok(self.present())
    }

    pub(super) fn present(&self) -> String {
        self.issued().id.expose_secret().to_owned()
    }

    pub(super) fn issued(&self) -> Arc<Token> {
        self.token.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn is_fresh(&self) -> bool {
        let token = self.issued();
        let life = token.issued_ms.map(|issued| token.expires_ms.saturating_sub(issued));
        self.remaining_ms() > life.map_or(MARGIN_MS, |life| MARGIN_MS.min(life / 3))
    }

    fn remaining_ms(&self) -> i64 {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(i64::MAX, |now| now.as_millis() as i64);
        self.issued().expires_ms.saturating_sub(now)
    }
}
