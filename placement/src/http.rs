//! Serves the model over HTTP, with the parts of the real service around its API. Tokens are checked like in its
//! `noauth2` strategy: `admin` may do everything, other tokens nothing, and a request without a token gets 401.

use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Body as Content;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method as Verb, StatusCode, Uri, header};
use axum::response::Response as Reply;
use serde_json::json;
use tokio::net::TcpListener;

use crate::errors::ErrorResponse;
use crate::placement::request_id;
use crate::{Body, Method, Microversion, Placement, Request, Response};

/// A Placement that several tasks share.
pub type SharedModel = Arc<Mutex<Placement>>;

const VERSION: HeaderName = HeaderName::from_static("openstack-api-version");

/// Answers requests until the listener fails.
///
/// # Errors
/// The error of the listener.
pub async fn serve(listener: TcpListener, placement: SharedModel) -> std::io::Result<()> {
    axum::serve(listener, router(placement)).await
}

/// A router for all paths of Placement.
pub fn router(placement: SharedModel) -> Router {
    Router::new().fallback(answer).with_state(placement)
}

async fn answer(
    State(placement): State<SharedModel>,
    verb: Verb,
    uri: Uri,
    headers: HeaderMap,
    content: String,
) -> Reply {
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let token = text(&headers, "x-auth-token");
    if token.is_none() && uri.path() != "/" {
        let body = json!({ "code": "401 Unauthorized", "title": "Unauthorized", "message": "a token is needed" });
        return reply(Response { status: 401, headers: Vec::new(), body }, None, path);
    }
    let version = match Microversion::of_header(text(&headers, VERSION.as_str())) {
        Ok(version) => version,
        Err(response) => return reply(response, None, path),
    };
    let response = read(&verb, path, &headers, content, version)
        .and_then(|request| permit(token, request))
        .map(|request| placement.lock().unwrap_or_else(PoisonError::into_inner).handle(&request))
        .unwrap_or_else(|refusal| refusal.into_response(Some(version), &request_id(path)));
    reply(response, Some(version), path)
}

fn read(
    verb: &Verb,
    path: &str,
    headers: &HeaderMap,
    content: String,
    version: Microversion,
) -> Result<Request, ErrorResponse> {
    let method = Method::named(verb.as_str());
    let method = method.ok_or_else(|| ErrorResponse::not_allowed(format!("method {verb}"), None))?;
    let content_type = text(headers, header::CONTENT_TYPE.as_str());
    let content_type = content_type.map(|full| full.split(';').next().unwrap_or(full).trim().to_owned());
    if !content.is_empty() && content_type.is_none() {
        return Err(ErrorResponse::bad_request("content-type header required when content-length > 0"));
    }
    let body = if content.is_empty() { Body::Empty } else { Body::Text(content) };
    Ok(Request { method, path: path.to_owned(), microversion: version, content_type, body })
}

fn permit(token: Option<&str>, request: Request) -> Result<Request, ErrorResponse> {
    let user = token.map(|token| token.split(':').next().unwrap_or(token));
    if request.path == "/" || user == Some("admin") {
        return Ok(request);
    }
    Err(ErrorResponse::forbidden(format!("Policy does not allow {} {} to be performed.", request.method, request.path)))
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn reply(response: Response, version: Option<Microversion>, path: &str) -> Reply {
    let empty = response.body.is_null();
    let mut reply = Reply::new(if empty { Content::empty() } else { Content::from(response.body.to_string()) });
    *reply.status_mut() = StatusCode::from_u16(response.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = reply.headers_mut();
    let mut set = |name: HeaderName, value: String| {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(name, value);
        }
    };
    if !empty {
        set(header::CONTENT_TYPE, "application/json".to_owned());
    }
    if let Some(version) = version {
        set(VERSION, format!("placement {version}"));
        set(header::VARY, VERSION.to_string());
    }
    set(HeaderName::from_static("x-openstack-request-id"), request_id(path));
    for (name, value) in response.headers {
        set(HeaderName::from_static(name), value);
    }
    reply
}
