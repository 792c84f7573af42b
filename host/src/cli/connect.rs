//! Options that select a Placement, and the source of nova's answers.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use clap::{Args, ValueEnum};
use reqwest::Url;
use reqwest::header::HeaderValue;
use swaparoo::audit::Facts;
use swaparoo::clients::cloud::Cloud;
use swaparoo::clients::outgoing::{Tls, TlsError};
use swaparoo::clients::placement::{Auth, Http, Placement};
use swaparoo::contract::{ServerState, Task};
use swaparoo::executor::{LiveExecutor, NovaSource};

/// Environment variable for the token, because process arguments are visible to other users.
const TOKEN: &str = "SWAPAROO_TOKEN";

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Placement (one of the three)")]
pub struct Connect {
    /// Placement's endpoint, used with a token
    #[arg(long, value_name = "URL", value_parser = endpoint, conflicts_with_all = ["cloud", "embedded"])]
    placement: Option<Url>,
    /// The token for --placement (`admin` if Placement runs with noauth2); default is the variable SWAPAROO_TOKEN
    #[arg(long, requires = "placement", conflicts_with_all = ["cloud", "embedded"])]
    token: Option<String>,
    /// A file with the certificates of authorities for --placement (PEM), in addition to the system's
    #[arg(long, value_name = "FILE.pem", requires = "placement")]
    cafile: Option<PathBuf>,
    /// A cloud in clouds.yaml; tasks also ask its nova. Without any of the three options, a task uses the OS_*
    /// variables
    #[arg(long, value_name = "NAME", conflicts_with = "embedded")]
    cloud: Option<String>,
    /// A simulated Placement in this file (see `swaparoo placement`)
    #[arg(long, value_name = "FILE.json")]
    embedded: Option<PathBuf>,
}

fn endpoint(text: &str) -> Result<Url, String> {
    match Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(url),
        Ok(_) => Err("neither http:// nor https://; write it as http://HOST:PORT".to_owned()),
        Err(error) => Err(format!("{error}; write it as http://HOST:PORT")),
    }
}

/// Whether the server exists, as the caller knows it.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum ServerArg {
    /// nova has it
    Present,
    /// nova no longer has it
    Gone,
    /// not known
    Unknown,
    /// nova is deleting it
    Deleting,
}

impl From<ServerArg> for ServerState {
    fn from(server: ServerArg) -> Self {
        match server {
            ServerArg::Present => Self::Present,
            ServerArg::Gone => Self::Gone,
            ServerArg::Unknown => Self::Unknown,
            ServerArg::Deleting => Self::Deleting,
        }
    }
}

impl Connect {
    /// Whether an option names a Placement.
    pub fn is_given(&self) -> bool {
        self.placement.is_some() || self.cloud.is_some() || self.embedded.is_some()
    }

    /// The world that these options select, for an audit or this task: nova's answers come from the file if given, else
    /// from the cloud.
    pub async fn executor_for_all(&self, facts: Option<Facts>, task: Option<&Task>) -> anyhow::Result<LiveExecutor> {
        let (placement, cloud) = match self.named().await? {
            Some(named) => named,
            None => of_cloud(None).await?,
        };
        let nova = match (facts, cloud) {
            (Some(facts), _) => NovaSource::Facts(Arc::new(facts)),
            (None, Some(cloud)) => NovaSource::cloud(cloud, task),
            (None, None) => anyhow::bail!("no source for what nova knows: name one with --cloud or --nova"),
        };
        Ok(LiveExecutor { placement, nova, caller: None })
    }

    /// The world that these options select; nova is not asked for what `server` says.
    pub async fn executor(&self, server: Option<ServerArg>, task: &Task) -> anyhow::Result<LiveExecutor> {
        let (placement, cloud) = match self.named().await? {
            Some(named) => named,
            None => of_cloud(None).await?,
        };
        let nova = match (server, cloud) {
            (Some(server), Some(cloud)) => NovaSource::cloud(cloud, Some(task)).with_report(server.into()),
            (Some(server), None) => NovaSource::Reported(server.into()),
            (None, Some(cloud)) => NovaSource::cloud(cloud, Some(task)),
            (None, None) => NovaSource::Reported(ServerState::Unknown),
        };
        Ok(LiveExecutor { placement, nova, caller: None })
    }

    /// The Placement that an option selects, if any.
    pub async fn placement(&self) -> anyhow::Result<Option<Placement>> {
        Ok(self.named().await?.map(|(placement, _)| placement))
    }

    async fn named(&self) -> anyhow::Result<Option<(Placement, Option<Arc<Cloud>>)>> {
        Ok(match self {
            Self { embedded: Some(file), .. } => Some((Placement::embedded(file)?, None)),
            Self { placement: Some(url), .. } => {
                Some((Placement::Http(Http::with_tls(url, self.token(url)?, &self.tls()?)?), None))
            }
            Self { cloud: Some(name), .. } => Some(of_cloud(Some(name)).await?),
            _ => None,
        })
    }

    fn tls(&self) -> Result<Tls, TlsError> {
        self.cafile.as_deref().map_or_else(|| Ok(Tls::default()), |file| Tls::default().trusting(file))
    }

    fn token(&self, url: &Url) -> anyhow::Result<Auth> {
        let token = self.token.clone().or_else(|| std::env::var(TOKEN).ok());
        let token = token.with_context(|| format!("no token for {url}: give one with --token or {TOKEN}"))?;
        HeaderValue::from_str(&token).context("the token has characters that an HTTP header cannot contain")?;
        Ok(Auth::Token(token))
    }
}

/// Connects to the cloud of that name, or to the one in the `OS_*` variables.
async fn of_cloud(name: Option<&str>) -> anyhow::Result<(Placement, Option<Arc<Cloud>>)> {
    let cloud = Arc::new(Cloud::connect(name).await?);
    let http = Http::new(cloud.placement(), Auth::Cloud(cloud.clone()))?;
    Ok((Placement::Http(http), Some(cloud)))
}
