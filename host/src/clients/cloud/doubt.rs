//! Why nova gives no clear answer. Each is one line for the operator, and never contains a secret.

/// Why nova gives no clear answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Doubt {
    /// The catalogue contains no compute endpoint.
    #[error(
        "{cloud} has no compute endpoint: configure another region or interface, or set its URL as compute_endpoint_override"
    )]
    NoNova {
        /// The name of the cloud.
        cloud: String,
    },
    /// nova answers 404 to users who are neither the owner nor an administrator, and these credentials are not an
    /// administrator's.
    #[error(
        "nova does not show server {server} to these credentials, which see only their own project: use an \
         administrator's"
    )]
    NotAdministrator {
        /// The UUID of the server.
        server: String,
    },
    /// nova lists the server, but does not show it by its id.
    #[error("nova lists server {server} but does not show it to these credentials: use an administrator's")]
    Hidden {
        /// The UUID of the server.
        server: String,
    },
    /// nova shows the server without its host.
    #[error("nova does not show the host of server {server} to these credentials: use an administrator's")]
    HostHidden {
        /// The UUID of the server.
        server: String,
    },
    /// nova refuses the request to these credentials.
    #[error("nova refuses {what} to these credentials (403): use an administrator's")]
    Forbidden {
        /// The request, such as `GET /servers`.
        what: String,
    },
    /// nova's answer is not read because of its size.
    #[error("nova's answer to {what} has more than {largest} bytes, which is not read")]
    TooLarge {
        /// The request, such as `GET /servers`.
        what: String,
        /// The limit in bytes.
        largest: usize,
    },
    /// The answer cannot be read.
    #[error("the answer to {what} cannot be used: it is {cause}")]
    Unreadable {
        /// The request, such as `GET /servers`.
        what: String,
        /// What it is, and the way out.
        cause: String,
    },
    /// nova's answer gives no information.
    #[error("nova answered {status} to {what}: {body}")]
    Refused {
        /// The request, such as `GET /servers`.
        what: String,
        /// The HTTP status.
        status: u16,
        /// The beginning of the body.
        body: String,
    },
    /// The pages of nova's list cannot be followed to an empty one.
    #[error("nova's answer to {what} has a page that does not lead to the next one")]
    Unpaged {
        /// The request, such as `GET /servers`.
        what: String,
    },
    /// The certificate of nova, or of Keystone for a new token, is not accepted.
    #[error("{0}")]
    Untrusted(String),
    /// nova did not answer.
    #[error("nova did not answer {what}: {cause}")]
    NoAnswer {
        /// The request, such as `GET /servers`.
        what: String,
        /// The error of the connection, or of Keystone if it gave no token.
        cause: String,
    },
}

impl Doubt {
    /// Whether nova itself failed: the client repeats requests only after errors of the connection and of proxies, since
    /// nova answers 500 for a server in a cell that is down.
    #[must_use]
    pub fn is_novas_own(&self) -> bool {
        matches!(self, Self::Refused { status: 500, .. })
    }
}
