//! Placement's errors. Codes are only added, because clients decide by them.

use serde_json::{Map, Value, json};

use crate::{Microversion, Response};

/// The error codes of placement/errors.py that this model uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorCode {
    /// All errors without a code of their own, including capacity and constraints.
    Undefined,
    /// A generation of a consumer or a provider was not the one expected.
    ConcurrentUpdate,
    /// A name or uuid exists already.
    DuplicateName,
    /// An inventory cannot be deleted while something is allocated from it.
    InventoryInUse,
    /// A provider cannot be deleted while something is allocated from it.
    ProviderInUse,
    /// A provider cannot be deleted before its children.
    CannotDeleteParent,
    /// A provider named in a reshape does not exist.
    ProviderNotFound,
}

impl ErrorCode {
    /// The code's text in an answer.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Undefined => "placement.undefined_code",
            Self::ConcurrentUpdate => "placement.concurrent_update",
            Self::DuplicateName => "placement.duplicate_name",
            Self::InventoryInUse => "placement.inventory.inuse",
            Self::ProviderInUse => "placement.resource_provider.inuse",
            Self::CannotDeleteParent => "placement.resource_provider.cannot_delete_parent",
            Self::ProviderNotFound => "placement.resource_provider.not_found",
        }
    }
}

/// An error answer to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ErrorResponse {
    pub(crate) status: u16,
    pub(crate) code: ErrorCode,
    pub(crate) text: String,
    pub(crate) allow: Option<String>,
}

impl ErrorResponse {
    fn new(status: u16, text: impl Into<String>) -> Self {
        Self { status, code: ErrorCode::Undefined, text: text.into(), allow: None }
    }

    pub(crate) fn bad_request(text: impl Into<String>) -> Self {
        Self::new(400, text)
    }

    pub(crate) fn not_found(text: impl Into<String>) -> Self {
        Self::new(404, text)
    }

    pub(crate) fn not_allowed(text: impl Into<String>, allow: Option<String>) -> Self {
        Self { allow, ..Self::new(405, text) }
    }

    pub(crate) fn not_acceptable(text: impl Into<String>) -> Self {
        Self::new(406, text)
    }

    pub(crate) fn conflict(text: impl Into<String>) -> Self {
        Self::new(409, text)
    }

    pub(crate) fn unsupported_media_type(text: impl Into<String>) -> Self {
        Self::new(415, text)
    }

    #[cfg(feature = "http")]
    pub(crate) fn forbidden(text: impl Into<String>) -> Self {
        Self::new(403, text)
    }

    pub(crate) fn code(self, code: ErrorCode) -> Self {
        Self { code, ..self }
    }

    /// The error document. It contains the code from microversion 1.23 on. If the request's version could not be read,
    /// it contains the supported versions (placement util.py, json_error_formatter).
    pub(crate) fn into_response(self, version: Option<Microversion>, request_id: &str) -> Response {
        let mut error = Map::new();
        error.insert("status".to_owned(), json!(self.status));
        error.insert("title".to_owned(), json!(title(self.status)));
        error.insert("detail".to_owned(), json!(format!("{}.\n\n {}", title(self.status), self.text)));
        if version.is_some_and(|version| version.since(23)) {
            error.insert("code".to_owned(), json!(self.code.as_str()));
        }
        error.insert("request_id".to_owned(), json!(request_id));
        if version.is_none() && self.status == 406 {
            error.insert("max_version".to_owned(), json!(Microversion::MAX.to_string()));
            error.insert("min_version".to_owned(), json!(Microversion::MIN.to_string()));
        }
        let headers = self.allow.map(|methods| ("allow", methods)).into_iter().collect();
        Response { status: self.status, headers, body: json!({ "errors": [Value::Object(error)] }) }
    }
}

fn title(status: u16) -> &'static str {
    match status {
        400 => "Bad Request",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        406 => "Not Acceptable",
        409 => "Conflict",
        415 => "Unsupported Media Type",
        _ => "Internal Server Error",
    }
}
