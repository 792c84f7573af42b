//! Which Placement, and who answers for nova.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use clap::{Args, ValueEnum};
use reqwest::Url;
use reqwest::header::HeaderValue;
use swaparoo::audit::Facts;
use swaparoo::cloud::Cloud;
use swaparoo::contract::ServerState;
use swaparoo::placement::{Auth, Http, Placement};
use swaparoo::world::{Nova, World};

/// The variable that has the token, for those who do not want it among a process's arguments.
const TOKEN: &str = "SWAPAROO_TOKEN";

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Placement (one of the three)")]
pub struct Connect {
    /// Placement's endpoint, with a token
    #[arg(long, value_name = "URL", value_parser = endpoint, conflicts_with_all = ["cloud", "embedded"])]
    placement: Option<Url>,
    /// The token to send there (`admin` where Placement runs with noauth2); without, SWAPAROO_TOKEN of the environment
    #[arg(long, requires = "placement", conflicts_with_all = ["cloud", "embedded"])]
    token: Option<String>,
    /// A cloud of clouds.yaml, whose nova a task asks, too; a task without any of the three takes the OS_* variables'
    #[arg(long, value_name = "NAME", conflicts_with = "embedded")]
    cloud: Option<String>,
    /// A model of Placement in this file instead (see `swaparoo placement`)
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
pub enum Server {
    /// nova has it
    Present,
    /// nova does not have it any more
    Gone,
    /// nobody knows
    Unknown,
}

impl From<Server> for ServerState {
    fn from(server: Server) -> Self {
        match server {
            Server::Present => Self::Present,
            Server::Gone => Self::Gone,
            Server::Unknown => Self::Unknown,
        }
    }
}

impl Connect {
    /// The world that these options name, for who looks at the whole of a cloud: nova by its file, or of the cloud.
    pub async fn whole(&self, facts: Option<Facts>) -> anyhow::Result<World> {
        let (placement, cloud) = match self.named().await? {
            Some(named) => named,
            None => of_cloud(None).await?,
        };
        let nova = match (facts, cloud) {
            (Some(facts), _) => Nova::Facts(Arc::new(facts)),
            (None, Some(cloud)) => Nova::Cloud(cloud),
            (None, None) => anyhow::bail!("nobody says what nova knows: name a cloud by --cloud, or a file by --nova"),
        };
        Ok(World { placement, nova, desk: None })
    }

    /// The world that these options name; what the caller says of the server wins over asking nova.
    pub async fn world(&self, server: Option<Server>) -> anyhow::Result<World> {
        let (placement, cloud) = match self.named().await? {
            Some(named) => named,
            None => of_cloud(None).await?,
        };
        let nova = match (server, cloud) {
            (Some(server), _) => Nova::Told(server.into()),
            (None, Some(cloud)) => Nova::Cloud(cloud),
            (None, None) => Nova::Told(ServerState::Unknown),
        };
        Ok(World { placement, nova, desk: None })
    }

    /// The Placement that an option names, if one does.
    pub async fn placement(&self) -> anyhow::Result<Option<Placement>> {
        Ok(self.named().await?.map(|(placement, _)| placement))
    }

    async fn named(&self) -> anyhow::Result<Option<(Placement, Option<Arc<Cloud>>)>> {
        Ok(match self {
            Self { embedded: Some(file), .. } => Some((Placement::embedded(file)?, None)),
            Self { placement: Some(url), .. } => Some((Placement::Http(Http::new(url, self.token(url)?)?), None)),
            Self { cloud: Some(name), .. } => Some(of_cloud(Some(name)).await?),
            _ => None,
        })
    }

    fn token(&self, url: &Url) -> anyhow::Result<Auth> {
        let token = self.token.clone().or_else(|| std::env::var(TOKEN).ok());
        let token = token.with_context(|| format!("there is no token for {url}: give it by --token or {TOKEN}"))?;
        HeaderValue::from_str(&token).context("the token has characters that no HTTP header takes")?;
        Ok(Auth::Token(token))
    }
}

/// The cloud of that name, or of the `OS_*` variables.
async fn of_cloud(name: Option<&str>) -> anyhow::Result<(Placement, Option<Arc<Cloud>>)> {
    let cloud = Arc::new(Cloud::connect(name).await?);
    let http = Http::new(cloud.placement(), Auth::Cloud(cloud.clone()))?;
    Ok((Placement::Http(http), Some(cloud)))
}
