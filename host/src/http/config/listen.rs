//! The section `[listen]`.

use std::env;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use serde::Deserialize;
use serde::de::{Deserializer, Error};

use super::units;

/// `[listen]`: addresses and limits of connections.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ListenConfig {
    /// The Unix socket; a process that may open it may do everything. An empty path in the file means no socket.
    #[serde(deserialize_with = "socket")]
    pub socket: Option<PathBuf>,
    /// The TCP address and port.
    #[serde(deserialize_with = "address")]
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
    /// While this file exists, `/healthcheck` says that the service is disabled.
    pub disable_by_file: Option<PathBuf>,
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
            disable_by_file: None,
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

pub(super) fn address<'de, D: Deserializer<'de>>(from: D) -> Result<Option<SocketAddr>, D::Error> {
    let text = String::deserialize(from)?;
    let address = text.parse().map_err(|_| {
        D::Error::custom(format!("{text:?} is not an address and a port, such as \"127.0.0.1:8778\" or \"[::1]:8778\""))
    });
    address.map(Some)
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
