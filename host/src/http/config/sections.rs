//! The sections that consist of plain values.

use std::env;
use std::net::SocketAddr;
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;
use std::time::Duration;

use reqwest::Url;
use serde::{Deserialize, Deserializer};
use tracing_subscriber::EnvFilter;

use super::units;
use crate::engine::worker::WorkerLimits;

/// `[listen]`: addresses and limits of connections.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ListenConfig {
    /// The Unix socket; a process that may open it may do everything. An empty path in the file means no socket.
    #[serde(deserialize_with = "socket")]
    pub socket: Option<PathBuf>,
    /// The TCP address and port.
    pub tcp: Option<SocketAddr>,
    /// The certificate with its chain to the issuer, PEM.
    pub tls_certificate: Option<PathBuf>,
    /// The certificate's private key, PEM.
    pub tls_key: Option<PathBuf>,
    /// Maximum number of open connections, for the socket and for TCP each.
    #[serde(deserialize_with = "units::positive")]
    pub connections: NonZeroUsize,
    /// Maximum number of TCP connections of one peer; default is half of `connections`.
    #[serde(deserialize_with = "some_positive")]
    pub connections_per_peer: Option<NonZeroUsize>,
    /// Maximum number of additional TCP connections of clients that are not authorized yet; default is an eighth of
    /// `connections`.
    #[serde(deserialize_with = "some_positive")]
    pub connections_unauthenticated: Option<NonZeroUsize>,
    /// The largest body of a request, in bytes, for routes without a limit of their own.
    #[serde(deserialize_with = "units::size")]
    pub largest_body: usize,
}

impl Default for ListenConfig {
    fn default() -> Self {
        Self {
            socket: Some(default_socket()),
            tcp: None,
            tls_certificate: None,
            tls_key: None,
            connections: const { NonZeroUsize::new(1024).unwrap() },
            connections_per_peer: None,
            connections_unauthenticated: None,
            largest_body: 1 << 20,
        }
    }
}

impl ListenConfig {
    /// Maximum number of TCP connections of one peer.
    #[must_use]
    pub fn of_peer(&self) -> usize {
        self.connections_per_peer.map_or_else(|| self.connections.get().div_ceil(2), NonZeroUsize::get)
    }

    /// Maximum number of TCP connections of clients that are not authorized yet.
    #[must_use]
    pub fn strangers(&self) -> usize {
        self.connections_unauthenticated.map_or_else(|| self.connections.get().div_ceil(8), NonZeroUsize::get)
    }
}

fn some_positive<'de, D: Deserializer<'de>>(from: D) -> Result<Option<NonZeroUsize>, D::Error> {
    units::positive(from).map(Some)
}

/// The default socket of the service and of the commands that connect to it.
#[must_use]
pub fn default_socket() -> PathBuf {
    let own = env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|folder| folder.is_absolute());
    own.map_or_else(|| PathBuf::from("/run/swaparoo/swaparoo.sock"), |folder| folder.join("swaparoo.sock"))
}

fn socket<'de, D: Deserializer<'de>>(from: D) -> Result<Option<PathBuf>, D::Error> {
    let path = PathBuf::deserialize(from)?;
    Ok(Some(path).filter(|path| !path.as_os_str().is_empty()))
}

/// `[auth]`: tokens and their limits.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AuthConfig {
    /// The token file, see [`Tokens`](crate::http::Tokens).
    pub tokens: Option<PathBuf>,
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

/// `[policies]`: which policies may decide, and limits of checking them.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PoliciesConfig {
    /// The policy that is active before any was promoted.
    pub default: String,
    /// Public ed25519 keys that may sign policies. Without any key, signatures are not required.
    pub trusted_keys: Vec<String>,
    /// Built-in policies that may decide without a signature where signatures are required.
    pub trust_built_in: Vec<String>,
    /// How many of the latest tasks a policy must decide again before it becomes active.
    #[serde(deserialize_with = "replay")]
    pub replay: u32,
    /// After this number of its own faults in a row, a new policy is rolled back to the previous one.
    #[serde(deserialize_with = "units::positive")]
    pub traps: NonZeroU32,
    /// Limit of processor time to compile or check one policy.
    #[serde(deserialize_with = "worker_time")]
    pub worker_time: Duration,
    /// Limit of memory to compile or check one policy, in bytes.
    #[serde(deserialize_with = "worker_memory")]
    pub worker_memory: usize,
    /// Maximum number of policies that are compiled or checked at once.
    #[serde(deserialize_with = "units::positive")]
    pub workers: NonZeroUsize,
}

impl Default for PoliciesConfig {
    fn default() -> Self {
        Self {
            default: "standard".to_owned(),
            trusted_keys: Vec::new(),
            trust_built_in: vec!["standard".to_owned()],
            replay: 1_000,
            traps: const { NonZeroU32::new(3).unwrap() },
            worker_time: WorkerLimits::default().time,
            worker_memory: WorkerLimits::default().memory,
            workers: WorkerLimits::default().at_once,
        }
    }
}

impl PoliciesConfig {
    /// The limits of the worker processes that compile and check policies.
    #[must_use]
    pub fn worker(&self) -> WorkerLimits {
        WorkerLimits { time: self.worker_time, memory: self.worker_memory, at_once: self.workers }
    }
}

/// Even the built-in policies need at least this much to be compiled and checked.
const LEAST_TIME: Duration = Duration::from_secs(1);
const LEAST_MEMORY: usize = 64 << 20;

fn worker_time<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    let time = units::duration(from)?;
    if time >= LEAST_TIME { Ok(time) } else { Err(serde::de::Error::custom("it must be at least \"1s\"")) }
}

fn worker_memory<'de, D: Deserializer<'de>>(from: D) -> Result<usize, D::Error> {
    let bytes = units::size(from)?;
    if bytes >= LEAST_MEMORY { Ok(bytes) } else { Err(serde::de::Error::custom("it must be at least \"64MiB\"")) }
}

/// A promotion waits for all records, and they are in memory at the same time.
const MOST_REPLAYED: u32 = 100_000;

fn replay<'de, D: Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
    let records = units::integer_within(from, 0..=MOST_REPLAYED.into())?;
    Ok(u32::try_from(records).unwrap_or(MOST_REPLAYED))
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
    #[serde(deserialize_with = "filter")]
    pub filter: String,
}

impl Default for LogConfig {
    fn default() -> Self {
        Self { format: LogFormat::Text, filter: "info".to_owned() }
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

fn filter<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let text = String::deserialize(from)?;
    match EnvFilter::builder().parse(&text) {
        Ok(_) => Ok(text),
        Err(error) => Err(serde::de::Error::custom(format!("{text:?} is not a filter such as \"info\": {error}"))),
    }
}

/// `[traces]`: export of traces.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TracesConfig {
    /// The URL of an OpenTelemetry collector that accepts OTLP over HTTP.
    #[serde(deserialize_with = "units::url")]
    pub otlp: Option<Url>,
}
