//! Keystone, asked about the tokens of clients.

use std::time::Duration;

use chrono::Utc;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use swaparoo::clients::cloud::TokenOwner;
use swaparoo::http::{Owner, TokenAuthority};
use swaparoo::runner::Runner;

/// The Keystone of the service's own cloud.
pub struct CloudAuthority(pub Runner);

impl TokenAuthority for CloudAuthority {
    fn owner<'a>(&'a self, token: &'a str, allow_expired: bool) -> BoxFuture<'a, Result<Option<Owner>, String>> {
        async move {
            let connected = self.0.upstream().now().map_err(|missing| missing.to_string())?;
            let cloud = connected.nova.ok_or("the service has no cloud")?;
            let owner = cloud
                .owner_of(token, allow_expired)
                .await
                .map_err(|error| format!("{:#}", anyhow::Error::from(error)))?;
            Ok(owner.map(|TokenOwner { user, roles, expires }| {
                let valid_for = (expires - Utc::now()).to_std().unwrap_or(Duration::ZERO);
                Owner { user, roles, valid_for }
            }))
        }
        .boxed()
    }
}
