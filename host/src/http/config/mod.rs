//! The service's configuration: one TOML file, and the options of the command line, which take precedence.
//!
//! `host/swaparoo.toml` shows every key with its default. An error is one line with the place, the key, and how to
//! correct it.

mod audit;
mod filter;
mod journal;
mod keystone;
mod listen;
mod place;
mod placement;
mod policies;
mod policy_limits;
mod proxy;
mod runners;
mod sections;
mod units;

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::Deserialize;

pub use audit::AuditConfig;
pub use journal::{DatabaseAt, JournalAt, JournalConfig};
pub use keystone::KeystoneConfig;
pub use listen::{ListenConfig, default_socket};
pub use placement::{PlacementAt, PlacementConfig};
pub use policies::PoliciesConfig;
pub use policy_limits::PolicyLimits;
pub use proxy::{ProxyConfig, ProxyFail, ProxyMode, ProxyRecords};
pub use runners::RunnersConfig;
pub use sections::{AuthConfig, DebuggerConfig, LogConfig, LogFormat, TasksConfig, TracesConfig};
pub use units::parse_duration;

/// The whole configuration. [`Config::default`] equals an empty file.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Addresses and limits of connections.
    pub listen: ListenConfig,
    /// Tokens, and limits of requests per token.
    pub auth: AuthConfig,
    /// Which Placement, and how requests are sent to it.
    pub placement: PlacementConfig,
    /// Where tasks are stored, and for how long.
    pub journal: JournalConfig,
    /// How the runners that share a database reach each other.
    pub runners: RunnersConfig,
    /// Limits and timeouts of tasks.
    pub tasks: TasksConfig,
    /// Which policies may decide, and what the gate requires.
    pub policies: PoliciesConfig,
    /// Audits that the service does by itself.
    pub audit: AuditConfig,
    /// The proxy in front of Placement.
    pub proxy: ProxyConfig,
    /// The debugger's page.
    pub debugger: DebuggerConfig,
    /// Format and filter of the log.
    pub log: LogConfig,
    /// Where traces are sent.
    pub traces: TracesConfig,
}

/// A configuration that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("the configuration {} cannot be read: {why}", file.display())]
    Unreadable {
        /// The configuration file.
        file: PathBuf,
        /// The system's error message.
        why: String,
    },
    /// Something in the file is wrong.
    #[error("{}:{line}: {key}: {what}", file.display())]
    Wrong {
        /// The configuration file.
        file: PathBuf,
        /// The line number, from 1.
        line: usize,
        /// The key with its section.
        key: String,
        /// What is wrong and how to correct it.
        what: String,
    },
    /// Something is wrong that is not on a line of the file: an option, or a missing key.
    #[error("{key}: {what}")]
    Conflict {
        /// The key with its section.
        key: &'static str,
        /// What is wrong and how to correct it.
        what: String,
    },
}

impl Config {
    /// Reads the file, if any, applies the command line through `over`, and checks the result.
    ///
    /// # Errors
    /// The file cannot be read or contains an error, or keys contradict each other.
    pub fn load(file: Option<&Path>, over: impl FnOnce(&mut Self)) -> Result<Self, ConfigError> {
        let text = file.map(read).transpose()?.unwrap_or_default();
        let mut config = match file {
            Some(file) => Self::parse(&text, file)?,
            None => Self::default(),
        };
        over(&mut config);
        config.check().map_err(|(key, what)| located(file, &text, key, what))?;
        Ok(config)
    }

    fn parse(text: &str, file: &Path) -> Result<Self, ConfigError> {
        toml::from_str(text).map_err(|error| {
            let (line, key) = place::of(text, error.span().map_or(0, |span| span.start));
            let what = error.message().replacen("unknown field", "unknown key", 1).replace('\n', " ");
            ConfigError::Wrong { file: file.to_owned(), line, key, what }
        })
    }

    /// Checks that involve several sections.
    fn check(&self) -> Result<(), (&'static str, String)> {
        let ListenConfig { socket, tcp, tls_certificate, tls_key, .. } = &self.listen;
        if socket.is_none() && tcp.is_none() {
            return Err(("listen.socket", "nothing to listen on: set it, or listen.tcp".to_owned()));
        }
        if self.audit.every.is_some() && !matches!(self.placement.at, PlacementAt::Cloud(_)) {
            return Err(("audit.every", "an audit asks nova, so it also needs placement.cloud".to_owned()));
        }
        if self.auth.keystone.is_some() && !matches!(self.placement.at, PlacementAt::Cloud(_)) {
            return Err((
                "auth.keystone",
                "Keystone is that of the cloud, so it also needs placement.cloud".to_owned(),
            ));
        }
        let tokens = self.auth.tokens.is_some() || self.auth.keystone.is_some();
        self.proxy.check(&self.placement)?;
        match (tls_certificate, tls_key, tcp) {
            (Some(_), None, _) => Err(("listen.tls_certificate", "it also needs listen.tls_key".to_owned())),
            (None, Some(_), _) => Err(("listen.tls_key", "it also needs listen.tls_certificate".to_owned())),
            (Some(_), Some(_), None) => {
                Err(("listen.tls_certificate", "TLS is for listen.tcp, which is not set".to_owned()))
            }
            (certificate, _, Some(tcp)) => guarded(*tcp, certificate.is_some(), tokens),
            (None, None, None) => Ok(()),
        }
    }
}

/// Clients on other machines can only be identified by a token, and a token is only safe with TLS.
fn guarded(tcp: SocketAddr, tls: bool, tokens: bool) -> Result<(), (&'static str, String)> {
    if tcp.ip().to_canonical().is_loopback() || (tls && tokens) {
        return Ok(());
    }
    let missing = match (tls, tokens) {
        (false, false) => "listen.tls_certificate, listen.tls_key and auth.tokens",
        (false, true) => "listen.tls_certificate and listen.tls_key",
        _ => "auth.tokens",
    };
    let what = format!(
        "other machines reach {tcp}, so it needs {missing}; or listen on 127.0.0.1:{} or on the socket only",
        tcp.port()
    );
    Err(("listen.tcp", what))
}

fn read(file: &Path) -> Result<String, ConfigError> {
    fs::read_to_string(file).map_err(|error| ConfigError::Unreadable { file: file.to_owned(), why: error.to_string() })
}

fn located(file: Option<&Path>, text: &str, key: &'static str, what: String) -> ConfigError {
    match (file, place::line(text, key)) {
        (Some(file), Some(line)) => ConfigError::Wrong { file: file.to_owned(), line, key: key.to_owned(), what },
        _ => ConfigError::Conflict { key, what },
    }
}

#[cfg(test)]
mod tests;
