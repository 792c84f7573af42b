//! One parsed HTTP request.

use std::fmt;

use serde_json::Value;

use crate::Microversion;

/// The methods of Placement's routes, and those that it answers with 405.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "they are HTTP's own")]
pub enum Method {
    Get,
    Post,
    Put,
    Delete,
    Patch,
    Head,
    Options,
}

impl Method {
    const ALL: [(Self, &str); 7] = [
        (Self::Get, "GET"),
        (Self::Post, "POST"),
        (Self::Put, "PUT"),
        (Self::Delete, "DELETE"),
        (Self::Patch, "PATCH"),
        (Self::Head, "HEAD"),
        (Self::Options, "OPTIONS"),
    ];

    /// The method with this name, in capital letters.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(method, _)| *method)
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Self::ALL.iter().find(|(method, _)| method == self).map_or("", |(_, name)| name);
        f.write_str(name)
    }
}

/// The content of a request.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// No content.
    Empty,
    /// A parsed JSON document. It keeps the order of its keys.
    Json(Value),
    /// Content that is not parsed yet and may not be JSON.
    Text(String),
}

/// One request to Placement.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The HTTP method.
    pub method: Method,
    /// The path with its query, such as `/usages?project_id=p`.
    pub path: String,
    /// The microversion in the header `openstack-api-version`.
    pub microversion: Microversion,
    /// The content type without parameters; the constructors set JSON for every body.
    pub content_type: Option<String>,
    /// The content.
    pub body: Body,
}

impl Request {
    /// A request without content, at [`Microversion::NOVA`].
    #[must_use]
    pub fn new(method: Method, path: &str) -> Self {
        Self { method, path: path.to_owned(), microversion: Microversion::NOVA, content_type: None, body: Body::Empty }
    }

    /// A GET.
    #[must_use]
    pub fn get(path: &str) -> Self {
        Self::new(Method::Get, path)
    }

    /// A DELETE.
    #[must_use]
    pub fn delete(path: &str) -> Self {
        Self::new(Method::Delete, path)
    }

    /// A PUT of a JSON document.
    #[must_use]
    pub fn put(path: &str, body: Value) -> Self {
        Self::new(Method::Put, path).with_json(body)
    }

    /// A POST of a JSON document.
    #[must_use]
    pub fn post(path: &str, body: Value) -> Self {
        Self::new(Method::Post, path).with_json(body)
    }

    /// Sets the microversion.
    #[must_use]
    pub fn at(mut self, microversion: Microversion) -> Self {
        self.microversion = microversion;
        self
    }

    fn with_json(mut self, body: Value) -> Self {
        self.body = Body::Json(body);
        self.content_type = Some("application/json".to_owned());
        self
    }
}
