//! `[proxy]`: the proxy in front of Placement.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use clap::ValueEnum;
use serde::Deserialize;

use super::{ListenConfig, PlacementAt, PlacementConfig, listen, units};

/// `[proxy]`: where other services reach Placement through this one, and what happens to their moves.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ProxyConfig {
    /// The TCP address and port; without it there is no proxy.
    #[serde(deserialize_with = "listen::address")]
    pub listen: Option<SocketAddr>,
    /// The certificate with its chain to the issuer, PEM.
    pub tls_certificate: Option<PathBuf>,
    /// The certificate's private key, PEM.
    pub tls_key: Option<PathBuf>,
    /// Maximum number of open connections.
    #[serde(deserialize_with = "units::positive")]
    pub connections: NonZeroUsize,
    /// What happens to moves.
    pub mode: ProxyMode,
    /// What happens to a move that no policy can decide now.
    pub fail: ProxyFail,
    /// How long a write waits for tasks that use its consumers.
    #[serde(deserialize_with = "units::duration")]
    pub wait: Duration,
    /// How long a client waits for the end of its move, and for an answer of Placement.
    #[serde(deserialize_with = "units::duration")]
    pub answer: Duration,
    /// The pause before the first look at a migration record after its swap, or after its server was deleted.
    #[serde(deserialize_with = "units::duration")]
    pub release_after: Duration,
    /// Where records of observed moves are written.
    pub records: ProxyRecords,
}

/// `[proxy.records]`: the records of observed moves.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ProxyRecords {
    /// Their folder; without it none are written.
    pub folder: Option<PathBuf>,
    /// Maximum number of records.
    #[serde(deserialize_with = "units::positive")]
    pub keep: NonZeroUsize,
    /// Maximum size of all records, in bytes.
    #[serde(deserialize_with = "units::size")]
    pub max_size: usize,
}

/// What the proxy does with moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum ProxyMode {
    /// Pass them on unchanged, and log what the policy would have done
    #[default]
    Observe,
    /// Let the policy decide them
    Decide,
}

/// What the proxy does with a move that no policy can decide now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum ProxyFail {
    /// Answer 503
    #[default]
    Closed,
    /// Pass it on unchanged
    Open,
}

impl ProxyMode {
    /// Its name in the configuration.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Observe => "observe",
            Self::Decide => "decide",
        }
    }
}

impl Default for ProxyConfig {
    fn default() -> Self {
        Self {
            listen: None,
            tls_certificate: None,
            tls_key: None,
            connections: const { NonZeroUsize::new(512).unwrap() },
            mode: ProxyMode::default(),
            fail: ProxyFail::default(),
            wait: Duration::from_secs(30),
            answer: Duration::from_secs(60),
            release_after: Duration::from_secs(60),
            records: ProxyRecords::default(),
        }
    }
}

impl Default for ProxyRecords {
    fn default() -> Self {
        Self { folder: None, keep: const { NonZeroUsize::new(1_000).unwrap() }, max_size: 64 << 20 }
    }
}

impl ProxyConfig {
    /// The listener. All clients may come from one load balancer, so one address may have all connections.
    #[must_use]
    pub fn listener(&self) -> Option<ListenConfig> {
        let tcp = self.listen?;
        let (tls_certificate, tls_key) = (self.tls_certificate.clone(), self.tls_key.clone());
        Some(ListenConfig {
            socket: None,
            tcp: Some(tcp),
            tls_certificate,
            tls_key,
            connections: self.connections,
            connections_per_peer: Some(self.connections),
            ..ListenConfig::default()
        })
    }

    /// Checks the keys against each other. Keystone's catalogue may name the proxy itself, so Placement's URL must not come
    /// from there.
    pub(super) fn check(&self, placement: &PlacementConfig) -> Result<(), (&'static str, String)> {
        match (&self.tls_certificate, &self.tls_key) {
            (Some(_), None) => return Err(("proxy.tls_certificate", "it also needs proxy.tls_key".to_owned())),
            (None, Some(_)) => return Err(("proxy.tls_key", "it also needs proxy.tls_certificate".to_owned())),
            _ => {}
        }
        let Some(listen) = self.listen else { return Ok(()) };
        if matches!(placement.at, PlacementAt::Embedded(_)) {
            return Err((
                "proxy.listen",
                "the proxy needs a Placement behind a URL, not placement.embedded".to_owned(),
            ));
        }
        let Some((url, _)) = placement.url() else {
            let what = "the proxy needs the URL of Placement itself, because Keystone's catalogue may name the proxy: set \
                        placement.url, with placement.cloud or placement.token_file";
            return Err(("proxy.listen", what.to_owned()));
        };
        let here = url.host_str().is_some_and(|host| host.trim_matches(['[', ']']) == listen.ip().to_string());
        if here && url.port_or_known_default() == Some(listen.port()) {
            return Err(("proxy.listen", format!("placement.url is this address, {listen}: name Placement itself")));
        }
        Ok(())
    }
}
