//! An answer of Placement: the status, some headers, and a JSON document or nothing.

use serde_json::Value;

/// One answer of Placement.
#[derive(Clone, Debug, PartialEq)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// `location`, `allow` and `cache-control`, if the real service sends them.
    pub headers: Vec<(&'static str, String)>,
    /// The document, or `null` for an answer without content.
    pub body: Value,
}

impl Response {
    pub(crate) fn ok(body: Value) -> Self {
        Self { status: 200, headers: Vec::new(), body }
    }

    pub(crate) fn no_content() -> Self {
        Self { status: 204, headers: Vec::new(), body: Value::Null }
    }

    pub(crate) fn created(location: String, body: Value) -> Self {
        Self { status: 201, headers: vec![("location", location)], body }
    }

    /// True if the request succeeded.
    #[must_use]
    pub fn is_success(&self) -> bool {
        self.status < 400
    }

    /// The error's code, such as `placement.concurrent_update`; errors have one from microversion 1.23 on.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.error("code")
    }

    /// The error's text.
    #[must_use]
    pub fn detail(&self) -> Option<&str> {
        self.error("detail")
    }

    fn error(&self, field: &str) -> Option<&str> {
        self.body.pointer("/errors/0")?.get(field)?.as_str()
    }
}
