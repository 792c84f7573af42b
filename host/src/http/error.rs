//! Error responses in the form that OpenStack services share.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::response::{IntoResponse, Response};
use http::header::{CONNECTION, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderName, HeaderValue};
use serde::{Deserialize, Serialize};
use utoipa::openapi::{self, Content, HeaderBuilder, Ref, RefOr, ResponseBuilder};
use utoipa::{IntoResponses, ToResponse, ToSchema};

use super::codes::Code;
use super::request_id::HEADER;

/// The body of every error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Errors {
    /// Usually exactly one error.
    pub errors: Vec<ErrorBody>,
}

/// One error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ErrorBody {
    /// The HTTP status code.
    #[schema(example = 404)]
    pub status: u16,
    /// The reason phrase of the status.
    #[schema(example = "Not Found")]
    pub title: String,
    /// The error code, for programs.
    #[schema(example = "swaparoo.not_found")]
    pub code: String,
    /// What is wrong and how to correct it, for people.
    pub detail: String,
    /// The request's id, as in the header `x-openstack-request-id`.
    #[schema(example = "req-8b1f6f2e-7d8c-4c53-8fb4-5f3a3b1d9c11")]
    pub request_id: String,
}

/// A request that was refused or failed.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{}: {detail}", code.as_str())]
pub struct ApiError {
    /// The error code for programs.
    pub code: Code,
    /// The message for people, with the concrete values.
    pub detail: String,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl ApiError {
    /// An error without further headers.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), headers: Vec::new() }
    }

    /// With one more header.
    #[must_use]
    pub fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Adds Retry-After, rounded up to whole seconds.
    #[must_use]
    pub fn retry_after(self, pause: Duration) -> Self {
        let seconds = pause.as_millis().div_ceil(1_000).try_into().unwrap_or(u64::MAX);
        self.with(RETRY_AFTER, HeaderValue::from(seconds))
    }

    /// Closes the connection: the rest of the request's body is not read, so no other request can follow.
    #[must_use]
    pub(super) fn closing(self) -> Self {
        self.with(CONNECTION, const { HeaderValue::from_static("close") })
    }

    fn body(&self, request_id: &str) -> String {
        let status = self.code.status();
        let body = ErrorBody {
            status: status.as_u16(),
            title: status.canonical_reason().unwrap_or_default().to_owned(),
            code: self.code.as_str().to_owned(),
            detail: self.detail.clone(),
            request_id: request_id.to_owned(),
        };
        serde_json::to_string(&Errors { errors: vec![body] }).unwrap_or_default()
    }
}

/// The error is kept in the response's extensions, so that a middleware can add the request's id later.
impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = (self.code.status(), self.body("")).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, const { HeaderValue::from_static("application/json") });
        headers.extend(self.headers.iter().cloned());
        response.extensions_mut().insert(self);
        response
    }
}

/// Error responses that every route may return.
impl IntoResponses for ApiError {
    fn responses() -> BTreeMap<String, RefOr<openapi::Response>> {
        let refused = RefOr::Ref(Ref::from_response_name(Self::response().0));
        ["4XX", "5XX"].map(|status| (status.to_owned(), refused.clone())).into()
    }
}

impl ToResponse<'static> for ApiError {
    fn response() -> (&'static str, RefOr<openapi::Response>) {
        let header = |description: &str| HeaderBuilder::new().description(Some(description)).build();
        let response = ResponseBuilder::new()
            .description("the request was refused or failed")
            .content("application/json", Content::new(Some(Ref::from_schema_name("Errors"))))
            .header(HEADER.as_str(), header("the request's id"))
            .header(RETRY_AFTER.as_str(), header("seconds to wait before a retry, if a retry can help"));
        ("Error", response.build().into())
    }
}

/// Writes the request's id into a response that is an [`ApiError`].
pub(crate) fn name_request(response: Response, request_id: &str) -> Response {
    let (mut parts, body) = response.into_parts();
    match parts.extensions.remove::<ApiError>() {
        Some(error) => {
            parts.headers.remove(http::header::CONTENT_LENGTH);
            Response::from_parts(parts, error.body(request_id).into())
        }
        None => Response::from_parts(parts, body),
    }
}

/// The response for a path without a route.
pub(super) async fn not_found(uri: http::Uri) -> ApiError {
    ApiError::new(Code::NotFound, format!("{} does not exist; /openapi.json lists all routes", uri.path()))
}

/// The response for a method that the route does not support; axum sets the header `Allow`.
pub(super) async fn method_not_allowed(method: http::Method, uri: http::Uri) -> ApiError {
    ApiError::new(Code::MethodNotAllowed, format!("{} does not support {method}; see the header Allow", uri.path()))
}

/// The response when a handler panicked.
pub(super) fn panicked(panic: Box<dyn std::any::Any + Send>) -> Response {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
    tracing::error!(panic = text, "a handler panicked");
    ApiError::new(Code::Internal, "internal error; search the service log for this request's id").into_response()
}

/// Reads an error response, for tests of the middleware.
#[cfg(test)]
pub(super) async fn read(response: Response) -> (http::StatusCode, http::HeaderMap, ErrorBody) {
    let (parts, body) = response.into_parts();
    let bytes = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    let errors: Errors = serde_json::from_slice(&bytes).unwrap_or_else(|_| panic!("{parts:?} {bytes:?}"));
    (parts.status, parts.headers, errors.errors.into_iter().next().unwrap())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_form_is_openstacks() {
        let error = ApiError::new(Code::TooManyTasks, "3 tasks are open").retry_after(Duration::from_millis(1_200));
        let (status, headers, body) = read(name_request(error.into_response(), "req-1")).await;
        assert_eq!((status.as_u16(), body.status), (503, 503));
        assert_eq!(
            (headers["retry-after"].as_bytes(), headers["content-type"].as_bytes()),
            (&b"2"[..], &b"application/json"[..])
        );
        assert_eq!((body.title.as_str(), body.code.as_str()), ("Service Unavailable", "swaparoo.too_many_tasks"));
        assert_eq!((body.detail.as_str(), body.request_id.as_str()), ("3 tasks are open", "req-1"));
    }

    #[tokio::test]
    async fn other_responses_are_not_changed() {
        let response = name_request((http::StatusCode::CONFLICT, "mine").into_response(), "req-1");
        assert_eq!(axum::body::to_bytes(response.into_body(), 10).await.unwrap(), "mine");
    }
}
