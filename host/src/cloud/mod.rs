//! An OpenStack cloud, as a user of it sees it: where its Placement is, a token for it, and what its nova knows of a
//! server.
//!
//! openstack_sdk authenticates and sends the requests. Which endpoint they go to is decided here, since it looks for
//! Keystone itself under the interface that the person wants for the other services.

mod compute_node;
mod config;
mod endpoint;
mod error;
mod migrations;
mod nova;
mod server;
mod token;

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::{Mutex, RwLock};
use std::time::{Duration, Instant};

use openstack_sdk::AsyncOpenStack;
use openstack_sdk::auth::auth_helper::Noop;
use openstack_sdk::config::CloudConfig;
// openstack_sdk finds the ways to authenticate among the crates that are linked, and as published it names passwords'
// and tokens', but not this one.
use openstack_sdk_auth_applicationcredential as _;
use reqwest::Url;

pub use error::{Doubt, Error};
pub use migrations::Migrations;

use crate::in_flight::{self, InFlight};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const TIMEOUT: Duration = Duration::from_secs(30);

/// A cloud that has taken our credentials. Share it: its methods take `&self` and may run side by side.
pub struct Cloud {
    /// For messages: `cloud "NAME"`, or the environment's.
    name: String,
    session: AsyncOpenStack,
    config: CloudConfig,
    placement: Url,
    /// The same by the newest catalogue.
    placement_now: RwLock<String>,
    /// When a catalogue was last asked for beside the tokens' renewal.
    looked: Mutex<Option<Instant>>,
    nova: Option<String>,
    /// Requests to nova. Keystone is asked by one at a time: `renewal`.
    in_flight: InFlight,
    renewal: tokio::sync::Mutex<()>,
}

impl Cloud {
    /// Connects to a cloud of `clouds.yaml`, by its name there, or to the one that the `OS_*` variables describe.
    ///
    /// # Errors
    /// If there is no such cloud, its Keystone does not answer or refuses, or it has no Placement.
    pub async fn connect(name: Option<&str>) -> Result<Self, Error> {
        let (name, config) = config::find(name)?;
        Self::open(name, config).await
    }

    /// Connects to the cloud that is described; `name` stands in messages.
    ///
    /// # Errors
    /// If its Keystone does not answer or refuses, or it has no Placement.
    pub async fn open(name: String, mut config: CloudConfig) -> Result<Self, Error> {
        config::check(&name, &config)?;
        // Under any other interface openstack_sdk would not find the Keystone of `auth_url`.
        let interface = config.interface.replace("public".to_owned());
        let connecting = AsyncOpenStack::builder(&config)
            // It would write the token to a file, and hand it out again when a new one is asked for.
            .disable_auth_cache(true)
            // With a helper it answers a 401 with the credentials; without one, with the refused token.
            .auth_helper(Noop::default())
            .http_connect_timeout(CONNECT_TIMEOUT)
            .http_timeout(TIMEOUT);
        let session = connecting.connect().await.map_err(|cause| Error::of_keystone(&name, &config, cause))?;
        config.interface = interface;
        let placement = config::endpoint(&config, &session, "placement").ok_or_else(|| Error::NoPlacement {
            cloud: name.clone(),
            interface: config::interface(&config).to_owned(),
            region: config.region_name.clone().unwrap_or_else(|| "any".to_owned()),
        })?;
        let not_a_url = |cause| Error::NotAUrl { cloud: name.clone(), url: placement.clone(), cause };
        let url = Url::parse(&placement).map_err(not_a_url)?;
        let nova = config::endpoint(&config, &session, "compute");
        let (placement_now, looked) = (RwLock::new(placement), Mutex::default());
        let renewal = tokio::sync::Mutex::default();
        let in_flight = InFlight::at_most(in_flight::DEFAULT);
        Ok(Self { name, session, config, placement: url, placement_now, looked, nova, in_flight, renewal })
    }

    /// At most so many requests to nova at once, instead of 64.
    #[must_use]
    pub fn in_flight(self, most: NonZeroUsize) -> Self {
        Self { in_flight: InFlight::at_most(most), ..self }
    }

    /// The URL of its Placement when it connected.
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
