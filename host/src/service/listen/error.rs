//! Why the service cannot listen.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use crate::secret_file::SecretFileError;

/// An address that cannot be listened on. Nothing listens then.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// Another service listens on this socket.
    #[error("the socket {} is in use: stop who listens there, or name another as listen.socket", socket.display())]
    InUse {
        /// Which.
        socket: PathBuf,
    },
    /// Something is at the socket's path that is no socket.
    #[error("{} is there already and is no socket: move it away, or name another as listen.socket", socket.display())]
    NoSocket {
        /// Which.
        socket: PathBuf,
    },
    /// The socket cannot be made.
    #[error("the socket {} cannot be made: {why}", socket.display())]
    Socket {
        /// Which.
        socket: PathBuf,
        /// In the system's words.
        why: io::Error,
    },
    /// Another service listens on this port.
    #[error("the port of {address} is taken: stop who listens there, or name another as listen.tcp")]
    PortTaken {
        /// Which.
        address: SocketAddr,
    },
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {why}")]
    Tcp {
        /// Which.
        address: SocketAddr,
        /// In the system's words.
        why: io::Error,
    },
    /// The certificate, or its key, is not what it should be.
    #[error("{key} {} cannot be used: {why}", file.display())]
    Tls {
        /// Which of the two, as the configuration calls it.
        key: &'static str,
        /// Which file.
        file: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// Others than its owner have access to the certificate's key.
    #[error(transparent)]
    Key(SecretFileError),
}
