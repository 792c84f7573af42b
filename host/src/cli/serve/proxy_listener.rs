//! The proxy in front of Placement, if the configuration has one.

use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use swaparoo::http::config::{PlacementAt, ProxyMode};
use swaparoo::http::{Config, Listeners};
use swaparoo::proxy::{ObservedRecords, Proxy};
use swaparoo::runner::Runner;

use super::error::StartError;
use super::reload::note_mode;
use super::say;
use super::secrets;

/// The proxy's listener.
pub struct ProxyListener(Option<Listeners>);

impl ProxyListener {
    /// Binds the address, if there is one.
    pub async fn bind(config: &Config) -> Result<Self, StartError> {
        match config.proxy.listener() {
            Some(listen) => Ok(Self(Some(Listeners::bind(&listen).await?))),
            None => Ok(Self(None)),
        }
    }

    /// The proxy, whose moves this runner decides.
    pub fn proxy(&self, config: &Config, runner: &Runner) -> Result<Option<Proxy>, StartError> {
        let Some((url, cafile)) = config.placement.url().filter(|_| self.0.is_some()) else { return Ok(None) };
        let tls = secrets::authorities(cafile).map_err(StartError::lasting)?;
        let records = ObservedRecords::open(&config.proxy.records)
            .with_context(|| format!("the folder of proxy.records, {}, cannot be used", folder(config).display()))
            .map_err(StartError::lasting)?;
        let proxy = Proxy::new(runner.clone(), url, &tls, config.proxy.clone(), records);
        proxy.context("the proxy's HTTP client cannot be created").map(Some).map_err(StartError::passing)
    }

    /// Says where the proxy is, and what it does.
    pub fn announce(&self, config: &Config) {
        let Some(listeners) = &self.0 else { return };
        note_mode(config.proxy.mode, "start");
        let mode = match config.proxy.mode {
            ProxyMode::Observe => "observes moves",
            ProxyMode::Decide => "decides moves",
        };
        for address in listeners.addresses() {
            tracing::info!("the proxy {mode} at {address}");
            say!("the proxy {mode} at {address}");
        }
        if config.proxy.mode == ProxyMode::Decide && !matches!(config.placement.at, PlacementAt::Cloud(_)) {
            tracing::warn!(
                "without placement.cloud nova is not asked, so the proxy does not decide a move back from a migration \
                 record: it passes unchanged"
            );
        }
    }

    /// Serves until the runner stops.
    pub async fn serve(self, proxy: Option<Proxy>, runner: &Runner, patience: Duration) {
        if let (Some(listeners), Some(proxy)) = (self.0, proxy) {
            listeners.serve(proxy.routes(), runner.stopping(), patience).await;
        }
    }
}

fn folder(config: &Config) -> &Path {
    config.proxy.records.folder.as_deref().unwrap_or(Path::new(""))
}
