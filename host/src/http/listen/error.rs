//! Why the service cannot listen.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use crate::secret_file::SecretFileError;

/// An address that cannot be used. The service then listens on no address at all.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// Another service listens on this socket.
    #[error("the socket {} is in use: stop the other service, or set another path as listen.socket", socket.display())]
    InUse {
        /// The configured path of the socket.
        socket: PathBuf,
    },
    /// The path exists but is not a socket.
    #[error("{} exists and is not a socket: move it away, or set another path as listen.socket", socket.display())]
    NoSocket {
        /// The configured path of the socket.
        socket: PathBuf,
    },
    /// The socket cannot be created.
    #[error("the socket {} cannot be created: {why}", socket.display())]
    Socket {
        /// The configured path of the socket.
        socket: PathBuf,
        /// The system's error.
        why: io::Error,
    },
    /// Another service listens on this port.
    #[error("the port of {address} is taken: stop the other service, or set another address as listen.tcp")]
    PortTaken {
        /// The configured address.
        address: SocketAddr,
    },
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {why}")]
    Tcp {
        /// The configured address.
        address: SocketAddr,
        /// The system's error.
        why: io::Error,
    },
    /// The certificate or its key cannot be read or used.
    #[error("{key} {} cannot be used: {why}", file.display())]
    Tls {
        /// The configuration key: `listen.tls_certificate` or `listen.tls_key`.
        key: &'static str,
        /// The file that the key names.
        file: PathBuf,
        /// What is wrong with the file.
        why: String,
    },
    /// Users other than the owner have access to the private key.
    #[error(transparent)]
    Key(SecretFileError),
}
