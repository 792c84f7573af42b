//! Connects to Keystone and Placement. They may come up later than the service, so the process waits for them.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
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

/// Why there is no connection yet.
enum Away {
    Keystone(cloud::Error),
    Placement(String),
    /// There was no answer in time.
    Silent(Missing),
    /// A file cannot be used.
    File(anyhow::Error),
    /// The HTTP client could not be created.
    Client(anyhow::Error),
}

/// Connects, or starts to wait in the background.
///
/// # Errors
/// The configuration is wrong, or Keystone refuses the credentials.
pub async fn begin(config: &config::PlacementConfig) -> Result<Arc<Upstream>, StartError> {
    let connecting = Connecting(config.clone());
    let missing = match timeout(FIRST, connecting.attempt()).await {
        Ok(Ok(connected)) => return Ok(Arc::new(Upstream::new(Ok(connected)))),
        Ok(Err(away)) => away.unless_lasting()?,
        Err(_) => connecting.silent().missing(),
    };
    let upstream = Arc::new(Upstream::new(Err(missing)));
    tokio::spawn(connecting.wait(upstream.clone()));
    Ok(upstream)
}

/// Connects anew with this configuration and its files, which may have changed. Tasks that run keep their connection.
///
/// # Errors
/// A file cannot be used, or Keystone or Placement does not answer; then the present connection stays.
pub async fn again(config: &config::PlacementConfig, upstream: &Upstream) -> anyhow::Result<()> {
    // Without a connection it still tries, and reads the files each time. A model has no files to read again.
    if upstream.now().is_err() || matches!(config.at, PlacementAt::Embedded(_)) {
        return Ok(());
    }
    let connecting = Connecting(config.clone());
    let attempted = timeout(FIRST, connecting.attempt()).await.unwrap_or_else(|_| Err(connecting.silent()));
    upstream.connect(attempted.map_err(Away::into_error)?);
    Ok(())
}

/// What to connect to. The files that it names are read at each attempt.
struct Connecting(config::PlacementConfig);

impl Connecting {
    async fn attempt(&self) -> Result<Connected, Away> {
        let config::PlacementConfig { at, batch, in_flight, .. } = &self.0;
        let (placement, nova) = match at {
            // The simulated Placement is always available.
            PlacementAt::Embedded(file) => {
                (Placement::embedded(file).context("placement.embedded").map_err(Away::File)?, None)
            }
            PlacementAt::Service { url, token_file, cafile } => {
                let token = secrets::token(token_file).map_err(Away::File)?;
                let tls = secrets::authorities(cafile.as_deref()).map_err(Away::File)?;
                (reached(Http::with_tls(url, Auth::Token(token), &tls), *in_flight).await?, None)
            }
            PlacementAt::Cloud(name) => {
                let cloud = Arc::new(self.cloud(name.as_deref()).await?);
                let auth = Auth::Cloud(cloud.clone());
                let http = match &self.0.endpoint_cafile {
                    None => Http::new(cloud.placement(), auth),
                    file => {
                        let tls = secrets::authorities(file.as_deref()).map_err(Away::File)?;
                        Http::with_tls(cloud.placement(), auth, &tls)
                    }
                };
                (reached(http, *in_flight).await?, Some(cloud))
            }
        };
        Ok(Connected { placement: placement.batching(*batch), nova })
    }

    async fn cloud(&self, name: Option<&str>) -> Result<Cloud, Away> {
        let endpoint = self.0.endpoint.as_ref().map(reqwest::Url::as_str);
        let cloud = Cloud::connect_at(name, endpoint).await.map_err(Away::Keystone)?;
        Ok(cloud.in_flight(self.0.in_flight))
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

    fn silent(&self) -> Away {
        let why = format!("no answer within {} s", FIRST.as_secs());
        match &self.0.at {
            PlacementAt::Cloud(_) => Away::Silent(Missing::Keystone(why)),
            PlacementAt::Service { .. } | PlacementAt::Embedded(_) => Away::Silent(Missing::Placement(why)),
        }
    }
}

impl Away {
    /// The service to wait for, or the error if waiting does not help. Such an error is reported at the start, when the
    /// operator still watches.
    fn unless_lasting(self) -> Result<Missing, StartError> {
        match self {
            // It may be renewed there, like Placement's: then the service must go on by itself.
            Self::Keystone(cloud::Error::Untrusted { .. }) => Ok(self.missing()),
            Self::Keystone(error) if !error.passes() => Err(error.into()),
            Self::File(error) => Err(StartError::lasting(error)),
            away => Ok(away.missing()),
        }
    }

    fn missing(&self) -> Missing {
        match self {
            Self::Keystone(error) => Missing::Keystone(error.to_string()),
            Self::Placement(why) => Missing::Placement(why.clone()),
            Self::Silent(missing) => missing.clone(),
            Self::File(error) | Self::Client(error) => Missing::Placement(format!("{error:#}")),
        }
    }

    fn into_error(self) -> anyhow::Error {
        match self {
            Self::Keystone(error) => error.into(),
            Self::Placement(why) => anyhow::Error::msg(why),
            Self::Silent(missing) => anyhow::Error::msg(missing.to_string()),
            Self::File(error) | Self::Client(error) => error,
        }
    }
}

/// Checks that Placement, or the proxy in front of it, answers without a server error. `/readyz` checks whether it
/// really is Placement.
async fn reached(http: reqwest::Result<Http>, in_flight: NonZeroUsize) -> Result<Placement, Away> {
    let http = http.map_err(|error| Away::Client(error.into()))?;
    let placement = Placement::Http(http.in_flight(in_flight));
    match placement.send_once(&Request::get("/")).await {
        HttpOutcome::Response { status, .. } if status < 500 => Ok(placement),
        HttpOutcome::Response { status, .. } => Err(Away::Placement(format!("Placement answers {status}"))),
        HttpOutcome::Lost(why) | HttpOutcome::Unsent(why) | HttpOutcome::Untrusted(why) => Err(Away::Placement(why)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_that_is_not_accepted_is_waited_for() {
        let [cloud, url, cause] =
            ["c", "https://k/v3", "the certificate has expired on 2020-01-02: renew it"].map(str::to_owned);
        let missing = Away::Keystone(cloud::Error::Untrusted { cloud, url, cause }).unless_lasting().unwrap();
        assert!(missing.to_string().ends_with("the certificate has expired on 2020-01-02: renew it"), "{missing}");
        assert!(Away::Keystone(cloud::Error::NoCloud).unless_lasting().is_err(), "waiting would not help");
    }
}
