//! An answer that is an error, in the form that OpenStack's services share.

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
    /// One, as a rule.
    pub errors: Vec<ErrorBody>,
}

/// One error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ErrorBody {
    /// The HTTP status.
    #[schema(example = 404)]
    pub status: u16,
    /// The status in words.
    #[schema(example = "Not Found")]
    pub title: String,
    /// What programs tell errors apart by.
    #[schema(example = "swaparoo.not_found")]
    pub code: String,
    /// What is wrong, and what would be right, for people.
    pub detail: String,
    /// The request's, as the header `x-openstack-request-id` has it.
    #[schema(example = "req-8b1f6f2e-7d8c-4c53-8fb4-5f3a3b1d9c11")]
    pub request_id: String,
}

/// A request that is refused or has failed.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{}: {detail}", code.as_str())]
pub struct ApiError {
    /// Why.
    pub code: Code,
    /// The same with its values, for people.
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

    /// With the advice to come again; a part of a second is a whole one there.
    #[must_use]
    pub fn retry_after(self, pause: Duration) -> Self {
        let seconds = pause.as_millis().div_ceil(1_000).try_into().unwrap_or(u64::MAX);
        self.with(RETRY_AFTER, HeaderValue::from(seconds))
    }

    /// What remains of the request's body is not read, so nothing can follow it on its connection.
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

/// The error travels with its answer, so that whoever knows the request's id can name it.
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

/// What every route may answer as well.
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
            .description("refused, or failed")
            .content("application/json", Content::new(Some(Ref::from_schema_name("Errors"))))
            .header(HEADER.as_str(), header("the request's id"))
            .header(RETRY_AFTER.as_str(), header("after how many seconds to come again, where that helps"));
        ("Error", response.build().into())
    }
}

/// Writes the request's id into an answer that is an [`ApiError`].
pub(super) fn name_request(response: Response, request_id: &str) -> Response {
    let (mut parts, body) = response.into_parts();
    match parts.extensions.remove::<ApiError>() {
        Some(error) => {
            parts.headers.remove(http::header::CONTENT_LENGTH);
            Response::from_parts(parts, error.body(request_id).into())
        }
        None => Response::from_parts(parts, body),
    }
}

/// The answer to what no route takes.
pub(super) async fn not_found(uri: http::Uri) -> ApiError {
    ApiError::new(Code::NotFound, format!("there is nothing at {}; /openapi.json lists what there is", uri.path()))
}

/// The answer to a method that the route does not take; the header `Allow` is axum's.
pub(super) async fn method_not_allowed(method: http::Method, uri: http::Uri) -> ApiError {
    ApiError::new(Code::MethodNotAllowed, format!("{} does not take {method}; the header Allow says what", uri.path()))
}

/// The answer when a handler panicked.
pub(super) fn panicked(panic: Box<dyn std::any::Any + Send>) -> Response {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
    tracing::error!(panic = text, "a handler panicked");
    ApiError::new(Code::Internal, "a mistake of the service's own; its log has more under this request's id")
        .into_response()
}

/// For tests of what is in front of the routes.
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
    async fn an_answer_that_is_none_stays_as_it_is() {
        let response = name_request((http::StatusCode::CONFLICT, "mine").into_response(), "req-1");
        assert_eq!(axum::body::to_bytes(response.into_body(), 10).await.unwrap(), "mine");
    }
}
