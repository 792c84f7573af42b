//! The timeouts of a connection: for the next request, for a complete head, and for the client to read the response.

use std::time::Duration;

/// The timeouts of a connection.
#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    /// For a complete request head, from its first byte; on a new connection, from the start.
    pub head: Duration,
    /// For the next request on a kept-alive connection.
    pub idle: Duration,
    /// For the client to read any part of a response.
    pub taken: Duration,
    /// For a refused client to finish sending: if the connection is closed before, the client may lose the response.
    pub refused: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            head: Duration::from_secs(10),
            // Longer than the minute after which most clients and proxies close an idle connection. The side that may
            // send next should close first.
            idle: Duration::from_secs(75),
            taken: Duration::from_secs(30),
            refused: Duration::from_secs(1),
        }
    }
}
