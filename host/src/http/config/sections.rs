//! The sections that consist of plain values.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use reqwest::Url;
use serde::Deserialize;

use super::keystone::KeystoneConfig;
use super::{filter, units};

/// `[auth]`: tokens and their limits.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AuthConfig {
    /// The token file, see [`Tokens`](crate::http::Tokens).
    pub tokens: Option<PathBuf>,
    /// Clients may also have tokens of Keystone.
    pub keystone: Option<KeystoneConfig>,
    /// Maximum number of concurrent requests of one token, without those that wait for a task.
    #[serde(deserialize_with = "units::positive")]
    pub requests_per_token: NonZeroUsize,
    /// Maximum number of requests of one token that wait for a task.
    #[serde(deserialize_with = "units::positive")]
    pub waits_per_token: NonZeroUsize,
}

impl Default for AuthConfig {
    fn default() -> Self {
        Self {
            tokens: None,
            keystone: None,
            requests_per_token: const { NonZeroUsize::new(64).unwrap() },
            waits_per_token: const { NonZeroUsize::new(256).unwrap() },
        }
    }
}

/// `[tasks]`: limits and timeouts of tasks.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TasksConfig {
    /// Maximum number of open tasks.
    #[serde(deserialize_with = "units::positive")]
    pub open: NonZeroUsize,
    /// Maximum size of open tasks and their histories, in bytes of JSON.
    #[serde(deserialize_with = "units::size")]
    pub open_bytes: usize,
    /// How long running tasks may take to end when the service stops; then they are parked.
    #[serde(deserialize_with = "units::duration")]
    pub stop_patience: Duration,
    /// How long a task waits for a reply or a heartbeat of its caller before it continues without.
    #[serde(deserialize_with = "units::duration")]
    pub caller_patience: Duration,
    /// Number of threads that run policies.
    #[serde(deserialize_with = "units::positive")]
    pub workers: NonZeroUsize,
}

impl Default for TasksConfig {
    fn default() -> Self {
        Self {
            open: const { NonZeroUsize::new(10_000).unwrap() },
            open_bytes: 256 << 20,
            stop_patience: Duration::from_secs(30),
            caller_patience: Duration::from_secs(60),
            workers: const { NonZeroUsize::new(2).unwrap() },
        }
    }
}

/// `[debugger]`: the page at `/`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DebuggerConfig {
    /// Whether the page is served.
    pub enabled: bool,
}

impl Default for DebuggerConfig {
    fn default() -> Self {
        Self { enabled: true }
    }
}

/// `[log]`: the log on standard error.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogConfig {
    /// The format of a line.
    pub format: LogFormat,
    /// The filter, in the syntax of `RUST_LOG`; that variable takes precedence.
    #[serde(deserialize_with = "filter::filter")]
    pub filter: String,
    /// A file to which audit events are written, too.
    pub audit: Option<PathBuf>,
}

impl Default for LogConfig {
    fn default() -> Self {
        Self { format: LogFormat::Text, filter: "info".to_owned(), audit: None }
    }
}

/// The format of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Plain text.
    Text,
    /// One JSON object per line.
    Json,
}

/// `[traces]`: export of traces.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TracesConfig {
    /// The URL of an OpenTelemetry collector that accepts OTLP over HTTP.
    #[serde(deserialize_with = "units::url")]
    pub otlp: Option<Url>,
}
