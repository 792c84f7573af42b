//! The sections that are values and no more.

use std::env;
use std::net::SocketAddr;
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;
use std::time::Duration;

use reqwest::Url;
use serde::{Deserialize, Deserializer};
use tracing_subscriber::EnvFilter;

use super::units;
use crate::worker::WorkerLimits;

/// `[listen]`: where.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Listen {
    /// The Unix socket; whoever may open it may do everything. An empty path in the file is none.
    #[serde(deserialize_with = "socket")]
    pub socket: Option<PathBuf>,
    /// An address and a port.
    pub tcp: Option<SocketAddr>,
    /// The certificate and what leads to its issuer, PEM.
    pub tls_certificate: Option<PathBuf>,
    /// The certificate's private key, PEM.
    pub tls_key: Option<PathBuf>,
    /// How many connections may be open at once, for the socket and for TCP each.
    #[serde(deserialize_with = "units::positive")]
    pub connections: NonZeroUsize,
    /// How many of TCP's one peer may have; without, half of them.
    #[serde(deserialize_with = "some_positive")]
    pub connections_per_peer: Option<NonZeroUsize>,
    /// How many may be open over TCP beside those, of clients that have not shown yet that they may be here; without, an
    /// eighth as many.
    #[serde(deserialize_with = "some_positive")]
    pub connections_unauthenticated: Option<NonZeroUsize>,
    /// The largest body of a request, in bytes, where a route has no bound of its own.
    #[serde(deserialize_with = "units::size")]
    pub largest_body: usize,
}

impl Default for Listen {
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

impl Listen {
    /// How many connections over TCP one peer may have.
    #[must_use]
    pub fn of_peer(&self) -> usize {
        self.connections_per_peer.map_or_else(|| self.connections.get().div_ceil(2), NonZeroUsize::get)
    }

    /// How many connections over TCP may be open of clients that have not shown yet that they may be here.
    #[must_use]
    pub fn strangers(&self) -> usize {
        self.connections_unauthenticated.map_or_else(|| self.connections.get().div_ceil(8), NonZeroUsize::get)
    }
}

fn some_positive<'de, D: Deserializer<'de>>(from: D) -> Result<Option<NonZeroUsize>, D::Error> {
    units::positive(from).map(Some)
}

/// Where the service listens, and where the command line looks for it, unless told otherwise.
#[must_use]
pub fn default_socket() -> PathBuf {
    let own = env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|folder| folder.is_absolute());
    own.map_or_else(|| PathBuf::from("/run/swaparoo/swaparoo.sock"), |folder| folder.join("swaparoo.sock"))
}

fn socket<'de, D: Deserializer<'de>>(from: D) -> Result<Option<PathBuf>, D::Error> {
    let path = PathBuf::deserialize(from)?;
    Ok(Some(path).filter(|path| !path.as_os_str().is_empty()))
}

/// `[auth]`: who.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Auth {
    /// The file of tokens, see [`Tokens`](crate::service::Tokens).
    pub tokens: Option<PathBuf>,
    /// How many requests of one token may be at work at once, those that wait left out.
    #[serde(deserialize_with = "units::positive")]
    pub requests_per_token: NonZeroUsize,
    /// How many of one token may wait for a task at once.
    #[serde(deserialize_with = "units::positive")]
    pub waits_per_token: NonZeroUsize,
}

impl Default for Auth {
    fn default() -> Self {
        Self {
            tokens: None,
            requests_per_token: const { NonZeroUsize::new(64).unwrap() },
            waits_per_token: const { NonZeroUsize::new(256).unwrap() },
        }
    }
}

/// `[tasks]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Tasks {
    /// How many may be open at once.
    #[serde(deserialize_with = "units::positive")]
    pub open: NonZeroUsize,
    /// How many bytes they and their histories may have, as JSON.
    #[serde(deserialize_with = "units::size")]
    pub open_bytes: usize,
    /// How long running ones may take to end when the service stops; then they are parked.
    #[serde(deserialize_with = "units::duration")]
    pub stop_patience: Duration,
    /// How long a task waits for an answer of its caller's, or a heartbeat, before it goes on without.
    #[serde(deserialize_with = "units::duration")]
    pub caller_patience: Duration,
    /// Threads that ask policies.
    #[serde(deserialize_with = "units::positive")]
    pub workers: NonZeroUsize,
}

impl Default for Tasks {
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

/// `[policies]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Policies {
    /// The one that is active before any was promoted.
    pub default: String,
    /// Who may sign policies: public ed25519 keys. Without any, signatures are not asked for.
    pub trusted_keys: Vec<String>,
    /// Which of the program's own policies may decide without a signature where signatures are asked for.
    pub trust_built_in: Vec<String>,
    /// How many of the last tasks a policy must decide again before it becomes active.
    #[serde(deserialize_with = "replay")]
    pub replay: u32,
    /// After so many faults of its own in a row a new policy gives way to the one before it.
    #[serde(deserialize_with = "units::positive")]
    pub traps: NonZeroU32,
    /// How much processor time compiling or judging one policy may take.
    #[serde(deserialize_with = "worker_time")]
    pub worker_time: Duration,
    /// How much memory.
    #[serde(deserialize_with = "worker_memory")]
    pub worker_memory: usize,
    /// How many may be compiled or judged at once.
    #[serde(deserialize_with = "units::positive")]
    pub workers: NonZeroUsize,
}

impl Default for Policies {
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

impl Policies {
    /// What compiling and judging may cost.
    #[must_use]
    pub fn worker(&self) -> WorkerLimits {
        WorkerLimits { time: self.worker_time, memory: self.worker_memory, at_once: self.workers }
    }
}

/// Not even the program's own policies are compiled, or judged, with less.
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

/// A promotion waits for all of them, and they are in memory at once.
const MOST_REPLAYED: u32 = 100_000;

fn replay<'de, D: Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
    let records = units::whole(from, 0..=MOST_REPLAYED.into())?;
    Ok(u32::try_from(records).unwrap_or(MOST_REPLAYED))
}

/// `[debugger]`: the page at `/`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Debugger {
    /// Whether it is served.
    pub enabled: bool,
}

impl Default for Debugger {
    fn default() -> Self {
        Self { enabled: true }
    }
}

/// `[log]`: on standard error.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    /// How a line looks.
    pub format: Format,
    /// What is said, as `RUST_LOG` has it (which wins over this).
    #[serde(deserialize_with = "filter")]
    pub filter: String,
}

impl Default for Log {
    fn default() -> Self {
        Self { format: Format::Text, filter: "info".to_owned() }
    }
}

/// How a line of the log looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

fn filter<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let text = String::deserialize(from)?;
    match EnvFilter::builder().parse(&text) {
        Ok(_) => Ok(text),
        Err(error) => Err(serde::de::Error::custom(format!("{text:?} is no filter such as \"info\": {error}"))),
    }
}

/// `[traces]`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Traces {
    /// An OpenTelemetry collector that takes OTLP over HTTP.
    #[serde(deserialize_with = "units::url")]
    pub otlp: Option<Url>,
}
