//! Access to an OpenStack cloud: Placement's endpoint, a token, and nova's answers.
//!
//! openstack_sdk_core reads `clouds.yaml` and the `OS_*` variables. The requests are made here (see [`keystone`]).

mod compute_node;
mod config;
mod credentials;
mod doubt;
mod endpoint;
mod error;
mod flavor;
mod keystone;
mod lists;
mod migrations;
mod nova;
mod server;
#[cfg(test)]
mod tests;
mod token;
mod token_owner;

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::{Arc, RwLock};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use openstack_sdk_core::config::CloudConfig;
use reqwest::Url;

pub use doubt::Doubt;
pub use error::Error;
pub use lists::{ListedNode, ListedServer};
pub use migrations::Migrations;
pub use token_owner::TokenOwner;

use crate::clients::in_flight::{self, InFlight};
use crate::clients::outgoing::{Connections, Timeouts, Tls};
use keystone::{Keystone, Token};

/// A page of a list with 1,000 records takes nova some seconds.
const TIMEOUTS: Timeouts = Timeouts { first_read: Duration::from_secs(15), answer: Duration::from_secs(60) };

/// The setting that names authorities whose certificates are accepted, for messages.
pub(crate) const AUTHORITIES: &str = "cacert in clouds.yaml, or OS_CACERT";

/// A cloud that has accepted the credentials. Its methods take `&self` and may be called concurrently.
pub struct Cloud {
    /// The name for messages: `cloud "NAME"`, or one that mentions the `OS_*` variables.
    name: String,
    keystone: Keystone,
    token: RwLock<Arc<Token>>,
    config: CloudConfig,
    tls: Tls,
    /// The connections to nova.
    connections: Connections,
    placement: Url,
    /// Placement's endpoint in the newest catalogue.
    placement_now: RwLock<String>,
    /// When a catalogue was last requested other than for renewing a token.
    looked: tokio::sync::Mutex<Option<Instant>>,
    /// nova's endpoint in the newest catalogue.
    nova_now: RwLock<Option<String>>,
    /// The limit of concurrent requests to nova. `renewal` allows only one request to Keystone at a time.
    in_flight: InFlight,
    renewal: tokio::sync::Mutex<()>,
}

impl Cloud {
    /// Connects to a cloud by its name in `clouds.yaml`, or to the one that the `OS_*` variables describe.
    ///
    /// # Errors
    /// The cloud is not configured, Keystone does not answer or refuses the credentials, or the catalogue contains no
    /// Placement.
    pub async fn connect(name: Option<&str>) -> Result<Self, Error> {
        Self::connect_at(name, None).await
    }

    /// The same, with this URL of Placement instead of the one in the catalogue.
    ///
    /// # Errors
    /// As for [`connect`](Self::connect).
    pub async fn connect_at(name: Option<&str>, placement: Option<&str>) -> Result<Self, Error> {
        let (name, mut config) = config::find(name)?;
        if let Some(url) = placement {
            config.options.insert(config::PLACEMENT_OVERRIDE.to_owned(), url.into());
        }
        Self::open(name, config).await
    }

    /// Connects to a cloud with this configuration; messages call it `name`.
    ///
    /// # Errors
    /// Keystone does not answer or refuses the credentials, or the catalogue contains no Placement.
    pub async fn open(name: String, config: CloudConfig) -> Result<Self, Error> {
        let (keystone, tls) = config::keystone(&name, &config)?;
        let token = keystone.issue().await.map_err(|cause| Error::of_keystone(&name, &config, cause))?;
        let placement = config::endpoint(&config, &token, "placement").ok_or_else(|| Error::NoPlacement {
            cloud: name.clone(),
            interface: config::interface(&config).to_owned(),
            region: config.region_name.clone().unwrap_or_else(|| "any".to_owned()),
        })?;
        let not_a_url = |cause| Error::NotAUrl { cloud: name.clone(), url: placement.clone(), cause };
        let url = Url::parse(&placement).map_err(not_a_url)?;
        let nova = config::endpoint(&config, &token, "compute");
        let connections = Connections::new(&tls);
        let connections = connections.map_err(|cause| Error::tls(&name, &cause))?;
        Ok(Self {
            name,
            keystone,
            token: RwLock::new(Arc::new(token)),
            config,
            tls,
            connections,
            placement: url,
            placement_now: RwLock::new(placement),
            looked: tokio::sync::Mutex::default(),
            nova_now: RwLock::new(nova),
            in_flight: InFlight::at_most(in_flight::DEFAULT),
            renewal: tokio::sync::Mutex::default(),
        })
    }

    /// How the certificates of this cloud's services are checked.
    pub(crate) fn tls(&self) -> &Tls {
        &self.tls
    }

    /// Sets the limit of concurrent requests to nova, 64 by default.
    #[must_use]
    pub fn in_flight(self, most: NonZeroUsize) -> Self {
        Self { in_flight: InFlight::at_most(most), ..self }
    }

    /// The name for messages: `cloud "NAME"`, or one that mentions the `OS_*` variables.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// When Keystone's certificate expires; `None` without one.
    pub async fn keystone_certificate_expiry(&self) -> Option<DateTime<Utc>> {
        self.keystone.certificate_expiry().await
    }

    /// When nova's certificate expires; `None` without one.
    pub async fn nova_certificate_expiry(&self) -> Option<DateTime<Utc>> {
        self.connections.certificate_expiry(&self.nova_now()?).await
    }

    /// Placement's URL at the time of connecting.
    #[must_use]
    pub fn placement(&self) -> &Url {
        &self.placement
    }
}

impl fmt::Debug for Cloud {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cloud")
            .field("name", &self.name)
            .field("placement", &self.placement.as_str())
            .finish_non_exhaustive()
    }
}
