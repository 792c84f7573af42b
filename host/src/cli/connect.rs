//! Which Placement, and who answers for nova.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use clap::{Args, ValueEnum};
use reqwest::Url;
use swaparoo::cloud::Cloud;
use swaparoo::contract::ServerState;
use swaparoo::placement::{Auth, Http, Placement};
use swaparoo::world::{Nova, World};

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Placement (one of the three; without any, the OS_* variables)")]
pub struct Connect {
    /// Placement's endpoint, with --token
    #[arg(long, value_name = "URL", requires = "token", conflicts_with_all = ["cloud", "embedded"])]
    placement: Option<Url>,
    /// The token to send there (`admin` where Placement runs with noauth2)
    #[arg(long, env = "SWAPAROO_TOKEN", hide_env_values = true)]
    token: Option<String>,
    /// A cloud of clouds.yaml; nova is asked, too, then
    #[arg(long, value_name = "NAME", conflicts_with = "embedded")]
    cloud: Option<String>,
    /// A model of Placement in this file instead (see `swaparoo placement`)
    #[arg(long, value_name = "FILE.json")]
    embedded: Option<PathBuf>,
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
    /// The world that these options name; what the caller says of the server wins over asking nova.
    pub async fn world(&self, server: Option<Server>) -> anyhow::Result<World> {
        let told = server.map(|server| Nova::Told(server.into()));
        let nobody = Nova::Told(ServerState::Unknown);
        if let Some(file) = &self.embedded {
            return Ok(World { placement: Placement::embedded(file)?, nova: told.unwrap_or(nobody) });
        }
        if let Some(placement) = self.service()? {
            return Ok(World { placement, nova: told.unwrap_or(nobody) });
        }
        let cloud = Arc::new(Cloud::connect(self.cloud.as_deref()).await?);
        let http = Http::new(cloud.placement(), Auth::Cloud(cloud.clone()))?;
        Ok(World { placement: Placement::Http(http), nova: told.unwrap_or(Nova::Cloud(cloud)) })
    }

    /// The Placement at `--placement`.
    pub fn service(&self) -> anyhow::Result<Option<Placement>> {
        let Some(url) = &self.placement else { return Ok(None) };
        anyhow::ensure!(
            matches!(url.scheme(), "http" | "https"),
            "the Placement endpoint {url} is neither http:// nor https://"
        );
        let token = self.token.clone().unwrap_or_default();
        reqwest::header::HeaderValue::from_str(&token).context("the token has characters that no HTTP header takes")?;
        Ok(Some(Placement::Http(Http::new(url, Auth::Token(token))?)))
    }
}
