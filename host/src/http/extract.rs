//! Extractors for handlers; a mismatch becomes an [`ApiError`] that names the wrong field.

use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::body;
use super::codes::Code;
use super::error::ApiError;

/// A JSON body of a request or response.
#[derive(Debug, Clone, Copy)]
pub struct Json<T>(pub T);

/// The query string, after `?`.
#[derive(Debug, Clone, Copy)]
pub struct Query<T>(pub T);

/// The parameter in the route's path.
#[derive(Debug, Clone, Copy)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        content_type(request.headers(), "application/json")?;
        let bytes = body::read_body(request).await?;
        json(&bytes).map(Self)
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let query = axum::extract::Query::from_request_parts(parts, state).await;
        query.map(|query| Self(query.0)).map_err(|rejection: QueryRejection| refused(&rejection.body_text()))
    }
}

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let path = axum::extract::Path::from_request_parts(parts, state).await;
        path.map(|path| Self(path.0)).map_err(|rejection: PathRejection| refused(&rejection.body_text()))
    }
}

fn refused(text: &str) -> ApiError {
    ApiError::new(Code::BadRequest, text)
}

/// Checks that Content-Type is this media type; parameters such as a charset are ignored.
///
/// # Errors
/// `Code::UnsupportedMediaType` if Content-Type is missing or another type.
pub fn content_type(headers: &HeaderMap, wanted: &str) -> Result<(), ApiError> {
    let said = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = said.split(';').next().unwrap_or_default().trim();
    if kind.eq_ignore_ascii_case(wanted) {
        return Ok(());
    }
    let said = if said.is_empty() { "none" } else { said };
    Err(ApiError::new(Code::UnsupportedMediaType, format!("the body's Content-Type must be {wanted}, but is {said}")))
}

/// Parses a JSON body.
///
/// # Errors
/// `Code::BadRequest` with the path of the wrong field, if the body is not JSON or has the wrong fields or types.
pub fn json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    let mut from = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut from).map_err(|error| {
        let path = error.path().to_string();
        let field = if path == "." { String::new() } else { format!("{path}: ") };
        ApiError::new(Code::BadRequest, format!("the body is not valid: {field}{}", error.inner()))
    })?;
    from.end()
        .map_err(|error| ApiError::new(Code::BadRequest, format!("the body has something after its JSON: {error}")))?;
    Ok(value)
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::routing::{get, post};
    use axum::{Extension, Router};
    use serde::Deserialize;
    use tower::ServiceExt;

    use super::super::error::read;
    use super::*;
    use crate::http::LargestBody;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Asked {
        count: u8,
        #[serde(default)]
        of: Vec<bool>,
    }

    fn routes() -> Router {
        Router::new()
            .route(
                "/json",
                post(|Json(asked): Json<Asked>| async move { format!("{} {}", asked.count, asked.of.len()) }),
            )
            .route("/query", get(|Query(asked): Query<Asked>| async move { asked.count.to_string() }))
            .route("/path/{number}", get(|Path(number): Path<u8>| async move { number.to_string() }))
            .layer(Extension(LargestBody { bytes: 32, ..LargestBody::default() }))
    }

    async fn refuses(request: http::request::Builder, body: &str, code: Code, says: &str) {
        let response = routes().oneshot(request.body(Body::from(body.to_owned())).unwrap()).await.unwrap();
        let (status, _, error) = read(response).await;
        assert_eq!((status, error.code.as_str()), (code.status(), code.as_str()), "{body}: {error:?}");
        assert!(error.detail.contains(says), "{body}: {error:?} should say {says}");
    }

    async fn posted(body: &str, says: &str) {
        let request = Request::post("/json").header(CONTENT_TYPE, "application/json; charset=utf-8");
        refuses(request, body, Code::BadRequest, says).await;
    }

    #[tokio::test]
    async fn a_body_is_refused_with_its_place() {
        posted("{", "EOF while parsing an object at line 1 column 1").await;
        posted("", "EOF").await;
        posted("{\"count\":\n300}", "count: invalid value: integer `300`, expected u8 at line 2 column 3").await;
        posted("{\"count\":1,\"of\":[true,1]}", "of[1]: invalid type: integer `1`, expected a boolean").await;
        posted("{\"count\":1,\"size\":1}", "unknown field `size`, expected `count` or `of`").await;
        posted("{\"count\":1}x", "something after its JSON: trailing characters at line 1 column 12").await;
        posted("\u{feff}{}", "expected value").await;
    }

    #[tokio::test]
    async fn a_body_is_refused_for_its_type_and_size() {
        for kind in ["", "text/plain", "application/jsonp"] {
            let request = Request::post("/json").header(CONTENT_TYPE, kind);
            refuses(request, "{}", Code::UnsupportedMediaType, "must be application/json").await;
        }
        let request = Request::post("/json").header(CONTENT_TYPE, "Application/JSON");
        refuses(request, &" ".repeat(33), Code::RequestTooLarge, "at most 32 bytes").await;
    }

    #[tokio::test]
    async fn addresses_are_refused() {
        refuses(Request::get("/query?count=x"), "", Code::BadRequest, "count: invalid digit").await;
        refuses(Request::get("/query"), "", Code::BadRequest, "missing field `count`").await;
        refuses(Request::get("/path/x"), "", Code::BadRequest, "Cannot parse `x` to a `u8`").await;
        refuses(Request::get("/path/%ff"), "", Code::BadRequest, "Invalid UTF-8").await;
    }

    #[tokio::test]
    async fn valid_requests_pass() {
        let request = Request::post("/json").header(CONTENT_TYPE, "application/json");
        let request = request.body(Body::from("{\"count\":7,\"of\":[true]}")).unwrap();
        let response = routes().oneshot(request).await.unwrap();
        assert_eq!(axum::body::to_bytes(response.into_body(), 10).await.unwrap(), "7 1");
    }
}
