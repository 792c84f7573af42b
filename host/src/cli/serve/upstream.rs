//! Connects to Keystone and Placement. They may come up later than the service, so the process waits for them.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use swaparoo::clients::cloud::{self, Cloud};
use swaparoo::clients::placement::{Auth, Http, HttpOutcome, Placement};
use swaparoo::http::config::{self, PlacementAt};
use swaparoo::http::notify;
use swaparoo::runner::{Connected, Missing, Upstream};
use swaparoo_placement::Request;
use tokio::time::{Instant, timeout};

use super::error::StartError;
use super::secrets;

/// A start waits this long before it listens and continues to wait, so that wrong credentials are reported at once.
const FIRST: Duration = Duration::from_secs(5);
/// Pauses between attempts; the last one repeats.
const PAUSES: [Duration; 4] =
    [Duration::from_millis(250), Duration::from_secs(1), Duration::from_secs(2), Duration::from_secs(5)];
/// Interval of the log message while it waits.
const LOG_INTERVAL: Duration = Duration::from_secs(60);

/// What to connect to.
enum UpstreamTarget {
    /// The simulated Placement, which is always available.
    Embedded(Placement),
    /// A Placement with a fixed token.
    Service(Placement),
    /// The Placement in the catalog of a cloud's Keystone.
    Cloud(Option<String>),
}

/// Why there is no connection yet.
enum Away {
    Keystone(cloud::Error),
    Placement(String),
    /// The HTTP client could not be created.
    Client(anyhow::Error),
}

/// Connects, or starts to wait in the background.
///
/// # Errors
/// The configuration is wrong, or Keystone refuses the credentials.
pub async fn begin(config: &config::PlacementConfig) -> Result<Arc<Upstream>, StartError> {
    let target = UpstreamTarget::of(&config.at, config.in_flight)?;
    let connecting = Connecting { target, batch: config.batch, in_flight: config.in_flight };
    let missing = match timeout(FIRST, connecting.attempt()).await {
        Ok(Ok(connected)) => return Ok(Arc::new(Upstream::new(Ok(connected)))),
        Ok(Err(away)) => away.unless_lasting()?,
        Err(_) => connecting.silent(),
    };
    let upstream = Arc::new(Upstream::new(Err(missing)));
    tokio::spawn(connecting.wait(upstream.clone()));
    Ok(upstream)
}

struct Connecting {
    target: UpstreamTarget,
    batch: NonZeroUsize,
    in_flight: NonZeroUsize,
}

impl Connecting {
    async fn attempt(&self) -> Result<Connected, Away> {
        let (placement, nova) = match &self.target {
            UpstreamTarget::Embedded(placement) => (placement.clone(), None),
            UpstreamTarget::Service(placement) => (reached(placement.clone()).await?, None),
            UpstreamTarget::Cloud(name) => {
                let cloud = Cloud::connect(name.as_deref()).await.map_err(Away::Keystone)?.in_flight(self.in_flight);
                let cloud = Arc::new(cloud);
                let http = Http::new(cloud.placement(), Auth::Cloud(cloud.clone()));
                let http = http.map_err(|error| Away::Client(error.into()))?.in_flight(self.in_flight);
                (reached(Placement::Http(http)).await?, Some(cloud))
            }
        };
        Ok(Connected { placement: placement.batching(self.batch), nova })
    }

    /// Tries until the connection works. From now on no answer of Keystone or Placement ends the service.
    async fn wait(self, upstream: Arc<Upstream>) {
        let (mut pauses, mut pause, mut logged) = (PAUSES.iter(), Duration::ZERO, None::<Instant>);
        loop {
            let missing = match self.attempt().await {
                Ok(connected) => {
                    tracing::warn!("Keystone and Placement answer: new tasks are accepted, and open tasks continue");
                    notify::status("running");
                    return upstream.connect(connected);
                }
                Err(away) => away.missing(),
            };
            if logged.is_none_or(|logged| logged.elapsed() >= LOG_INTERVAL) {
                tracing::warn!("waiting, and no task is accepted meanwhile: {missing}");
                notify::status(&format!("waiting: {missing}"));
                logged = Some(Instant::now());
            }
            upstream.still_missing(missing);
            pause = pauses.next().copied().unwrap_or(pause);
            tokio::time::sleep(pause).await;
        }
    }

    fn silent(&self) -> Missing {
        let why = format!("no answer within {} s", FIRST.as_secs());
        match &self.target {
            UpstreamTarget::Cloud(_) => Missing::Keystone(why),
            UpstreamTarget::Service(_) | UpstreamTarget::Embedded(_) => Missing::Placement(why),
        }
    }
}

impl UpstreamTarget {
    fn of(at: &PlacementAt, in_flight: NonZeroUsize) -> Result<Self, StartError> {
        Ok(match at {
            PlacementAt::Embedded(file) => Self::Embedded(Placement::embedded(file).map_err(StartError::lasting)?),
            PlacementAt::Service { url, token_file } => {
                let token = secrets::token(token_file).map_err(StartError::lasting)?;
                let http = Http::new(url, Auth::Token(token)).map_err(StartError::passing)?;
                Self::Service(Placement::Http(http.in_flight(in_flight)))
            }
            PlacementAt::Cloud(name) => Self::Cloud(name.clone()),
        })
    }
}

impl Away {
    /// The service to wait for, or the error if waiting does not help. Such an error is reported at the start, when the
    /// operator still watches.
    fn unless_lasting(self) -> Result<Missing, StartError> {
        match self {
            Self::Keystone(error) if !error.passes() => Err(error.into()),
            away => Ok(away.missing()),
        }
    }

    fn missing(&self) -> Missing {
        match self {
            Self::Keystone(error) => Missing::Keystone(error.to_string()),
            Self::Placement(why) => Missing::Placement(why.clone()),
            Self::Client(error) => Missing::Placement(format!("{error:#}")),
        }
    }
}

/// Checks that Placement, or the proxy in front of it, answers without a server error. `/readyz` checks whether it
/// really is Placement.
async fn reached(placement: Placement) -> Result<Placement, Away> {
    match placement.send_once(&Request::get("/")).await {
        HttpOutcome::Response { status, .. } if status < 500 => Ok(placement),
        HttpOutcome::Response { status, .. } => Err(Away::Placement(format!("Placement answers {status}"))),
        HttpOutcome::Lost(why) | HttpOutcome::Unsent(why) => Err(Away::Placement(why)),
    }
}
