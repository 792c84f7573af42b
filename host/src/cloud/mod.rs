//! Access to an OpenStack cloud: Placement's endpoint, a token, and nova's answers.
//!
//! openstack_sdk authenticates and sends the requests. The endpoints are selected here, because openstack_sdk would use
//! the interface that is configured for the other services to find Keystone, too.

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
// openstack_sdk finds authentication methods among the linked crates. As published it links the ones for passwords and
// tokens, but not this one.
use openstack_sdk_auth_applicationcredential as _;
use reqwest::Url;

pub use error::{Doubt, Error};
pub use migrations::Migrations;

use crate::in_flight::{self, InFlight};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const TIMEOUT: Duration = Duration::from_secs(30);

/// A cloud that has accepted the credentials. Its methods take `&self` and may be called concurrently.
pub struct Cloud {
    /// The name for messages: `cloud "NAME"`, or one that mentions the `OS_*` variables.
    name: String,
    session: AsyncOpenStack,
    config: CloudConfig,
    placement: Url,
    /// Placement's endpoint in the newest catalogue.
    placement_now: RwLock<String>,
    /// When a catalogue was last requested other than for renewing a token.
    looked: Mutex<Option<Instant>>,
    nova: Option<String>,
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
        let (name, config) = config::find(name)?;
        Self::open(name, config).await
    }

    /// Connects to a cloud with this configuration; messages call it `name`.
    ///
    /// # Errors
    /// Keystone does not answer or refuses the credentials, or the catalogue contains no Placement.
    pub async fn open(name: String, mut config: CloudConfig) -> Result<Self, Error> {
        config::check(&name, &config)?;
        // With any other interface openstack_sdk would not find the Keystone at `auth_url`.
        let interface = config.interface.replace("public".to_owned());
        let connecting = AsyncOpenStack::builder(&config)
            // With the cache, openstack_sdk writes the token to a file and returns it even when a new one is requested.
            .disable_auth_cache(true)
            // With a helper, openstack_sdk repeats a request after a 401 with the credentials; without one, with the
            // refused token.
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

    /// Sets the limit of concurrent requests to nova, 64 by default.
    #[must_use]
    pub fn in_flight(self, most: NonZeroUsize) -> Self {
        Self { in_flight: InFlight::at_most(most), ..self }
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
