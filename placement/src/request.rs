//! What a client asks: one HTTP request, already taken apart.

use std::fmt;

use serde_json::Value;

use crate::Microversion;

/// The methods that Placement's routes know, and those it answers with 405.
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

    /// The method of that name, in HTTP's capital letters.
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

/// What came with a request.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// No content at all.
    Empty,
    /// A JSON document, already read. The order of its keys is kept.
    Json(Value),
    /// Whatever was sent, not read yet, and perhaps not JSON.
    Text(String),
}

/// One request to Placement.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The HTTP method.
    pub method: Method,
    /// The path with its query, as in `/usages?project_id=p`.
    pub path: String,
    /// The microversion of the header `openstack-api-version`.
    pub microversion: Microversion,
    /// The content type without parameters; the constructors give JSON to every body.
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

    /// The same request at another microversion.
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
