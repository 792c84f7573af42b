//! Keystone and Placement, which may come up later than the service: they are waited for inside the process.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use swaparoo::cloud::{self, Cloud};
use swaparoo::placement::{Answer, Auth, Http, Placement};
use swaparoo::runner::{Connected, Missing, Upstream};
use swaparoo::service::config::{self, PlacementAt};
use swaparoo::service::notify;
use swaparoo_placement::Request;
use tokio::time::{Instant, timeout};

use super::fault::Fault;
use super::given;

/// So long a start waits for them before it listens and goes on waiting: what is wrong with the credentials is said at once.
const FIRST: Duration = Duration::from_secs(5);
/// Between two tries.
const PAUSES: [Duration; 4] =
    [Duration::from_millis(250), Duration::from_secs(1), Duration::from_secs(2), Duration::from_secs(5)];
/// Between two lines of the log.
const TOLD_EACH: Duration = Duration::from_secs(60);

/// What is to be connected to.
enum Target {
    /// The model, which is there.
    Embedded(Placement),
    /// A Placement with a token of its own.
    Service(Placement),
    /// Where a cloud's Keystone says.
    Cloud(Option<String>),
}

/// Why it is not connected.
enum Away {
    Keystone(cloud::Error),
    Placement(String),
    /// The client cannot be made.
    Client(anyhow::Error),
}

/// Connects, or begins to wait.
///
/// # Errors
/// The configuration is wrong, or Keystone refuses the credentials.
pub async fn begin(config: &config::Placement) -> Result<Arc<Upstream>, Fault> {
    let target = Target::of(&config.at, config.in_flight)?;
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
    target: Target,
    batch: NonZeroUsize,
    in_flight: NonZeroUsize,
}

impl Connecting {
    async fn attempt(&self) -> Result<Connected, Away> {
        let (placement, nova) = match &self.target {
            Target::Embedded(placement) => (placement.clone(), None),
            Target::Service(placement) => (reached(placement.clone()).await?, None),
            Target::Cloud(name) => {
                let cloud = Cloud::connect(name.as_deref()).await.map_err(Away::Keystone)?.in_flight(self.in_flight);
                let cloud = Arc::new(cloud);
                let http = Http::new(cloud.placement(), Auth::Cloud(cloud.clone()));
                let http = http.map_err(|error| Away::Client(error.into()))?.in_flight(self.in_flight);
                (reached(Placement::Http(http)).await?, Some(cloud))
            }
        };
        Ok(Connected { placement: placement.batching(self.batch), nova })
    }

    /// Tries until it is there. Nothing that Keystone or Placement says from now on ends the service.
    async fn wait(self, upstream: Arc<Upstream>) {
        let (mut pauses, mut pause, mut told) = (PAUSES.iter(), Duration::ZERO, None::<Instant>);
        loop {
            let missing = match self.attempt().await {
                Ok(connected) => {
                    tracing::warn!("Keystone and Placement are there: tasks are taken, and those that were open go on");
                    notify::status("running");
                    return upstream.connect(connected);
                }
                Err(away) => away.missing(),
            };
            if told.is_none_or(|told| told.elapsed() >= TOLD_EACH) {
                tracing::warn!("waiting, and no task is taken meanwhile: {missing}");
                notify::status(&format!("waiting: {missing}"));
                told = Some(Instant::now());
            }
            upstream.still_missing(missing);
            pause = pauses.next().copied().unwrap_or(pause);
            tokio::time::sleep(pause).await;
        }
    }

    fn silent(&self) -> Missing {
        let why = format!("no answer within {} s", FIRST.as_secs());
        match &self.target {
            Target::Cloud(_) => Missing::Keystone(why),
            Target::Service(_) | Target::Embedded(_) => Missing::Placement(why),
        }
    }
}

impl Target {
    fn of(at: &PlacementAt, in_flight: NonZeroUsize) -> Result<Self, Fault> {
        Ok(match at {
            PlacementAt::Embedded(file) => Self::Embedded(Placement::embedded(file).map_err(Fault::lasting)?),
            PlacementAt::Service { url, token_file } => {
                let token = given::token(token_file).map_err(Fault::lasting)?;
                let http = Http::new(url, Auth::Token(token)).map_err(Fault::passing)?;
                Self::Service(Placement::Http(http.in_flight(in_flight)))
            }
            PlacementAt::Cloud(name) => Self::Cloud(name.clone()),
        })
    }
}

impl Away {
    /// What is waited for, unless waiting is of no use: that is told at the start, while whoever starts it looks on.
    fn unless_lasting(self) -> Result<Missing, Fault> {
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

/// A Placement, or what stands before it, that answers and is not out of order. Whether it is one `/readyz` tells.
async fn reached(placement: Placement) -> Result<Placement, Away> {
    match placement.send_once(&Request::get("/")).await {
        Answer::Response { status, .. } if status < 500 => Ok(placement),
        Answer::Response { status, .. } => Err(Away::Placement(format!("Placement answers {status}"))),
        Answer::Lost(why) | Answer::Unsent(why) => Err(Away::Placement(why)),
    }
}
