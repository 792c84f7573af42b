//! A request that a proxy has received.

use std::fmt;
use std::net::SocketAddr;

use hyper::Request;
use hyper::body::Incoming;

/// A received request. It is displayed as `METHOD PATH`.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The HTTP method.
    pub method: String,
    /// The path with its query.
    pub path: String,
    /// The headers, with names in lower case.
    pub headers: Vec<(String, String)>,
    /// The client's address of its connection.
    pub connection: SocketAddr,
}

impl Seen {
    pub(crate) fn of(request: &Request<Incoming>, connection: SocketAddr) -> Self {
        let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
        let headers = request.headers().iter();
        Self {
            method: request.method().to_string(),
            path: request.uri().path_and_query().map_or("/", |path| path.as_str()).to_owned(),
            headers: headers.map(|(name, value)| (name.to_string(), text(value.as_bytes()))).collect(),
            connection,
        }
    }

    /// A header's value.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}
