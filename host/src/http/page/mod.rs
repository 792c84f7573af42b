//! The debugger: a static page that the build embeds into the program.
//!
//! The page is the same for all clients and contains nothing about this service, so it needs no token. The requests
//! that the page then sends to other routes need one, as from any client.

mod coding;
mod files;

use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header::{
    CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, REFERRER_POLICY, VARY,
    X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri};

use super::codes::Code;
use super::error::{self, ApiError};
use super::etag::is_current;
use files::{FILES, File};

/// The file that `/` returns.
const INDEX: &str = "index.html";
/// One route for all files that the build names after their content, because the names change with each build.
const ASSETS: &str = "/assets/{file}";

/// Error detail if the program was compiled without the page.
const NOT_BUILT: &str = "the debugger's page is not in this program: build the program with `cargo xtask build`";

/// Content security policy of the page: it loads, runs and requests only what this service serves, and cannot be
/// embedded.
const PAGE: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; \
    connect-src 'self'; worker-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";
/// Content security policy of the worker that runs a component, which it first turns into a script. A worker's own
/// policy applies to it, not the page's.
const COMPONENT: &str = "default-src 'none'; script-src 'self' blob: 'wasm-unsafe-eval'; connect-src 'self'";

const ALWAYS: [(HeaderName, &str); 5] = [
    (VARY, "accept-encoding"),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// The page's routes.
pub(super) fn routes() -> Router {
    let named = FILES.iter().filter(|file| !file.is_immutable());
    let routes = Router::new().route("/", get(show)).route(ASSETS, get(show));
    named.fold(routes, |routes, file| routes.route(&format!("/{}", file.path), get(show)))
}

/// Whether a route belongs to the page.
pub(super) fn has(route: &str) -> bool {
    route == "/" || route == ASSETS || route.strip_prefix('/').is_some_and(|path| File::at(path).is_some())
}

/// The debugger's page, for a browser. Its other files, under `/assets/`, have different names in each version of the
/// program. If `debugger.enabled` is false, the response is 404.
#[utoipa::path(
    get, path = "/", tag = "service", operation_id = "debugger",
    responses((status = 200, description = "the page", body = String, content_type = "text/html"), ApiError)
)]
pub(super) async fn show(uri: Uri, headers: HeaderMap) -> Result<Response, ApiError> {
    let path = uri.path().trim_start_matches('/');
    match File::at(if path.is_empty() { INDEX } else { path }) {
        Some(file) => Ok(answer(file, &headers)),
        None if FILES.is_empty() => Err(ApiError::new(Code::NotFound, NOT_BUILT)),
        None => Err(error::not_found(uri).await),
    }
}

fn answer(file: &File, asked: &HeaderMap) -> Response {
    let (coding, bytes) = file.best(asked);
    let tag = file.etag(coding);
    let mut answer = if is_current(asked, &tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let mut whole = bytes.into_response();
        whole.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(file.kind));
        coding.name().map(|name| whole.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static(name)));
        whole
    };
    let headers = answer.headers_mut();
    headers.extend(ALWAYS.map(|(name, value)| (name, HeaderValue::from_static(value))));
    headers.extend(HeaderValue::try_from(tag).map(|tag| (ETAG, tag)));
    let keep = if file.is_immutable() { "public, max-age=31536000, immutable" } else { "no-cache" };
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(keep));
    let policy = if file.runs_components() { COMPONENT } else { PAGE };
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(path: &'static str) -> HeaderValue {
        let file = File { path, kind: "text/javascript", plain: b"", brotli: None, gzip: None, tag: "1" };
        answer(&file, &HeaderMap::new()).headers()[CONTENT_SECURITY_POLICY].clone()
    }

    #[test]
    fn only_the_component_worker_may_create_scripts() {
        assert_eq!(policy("assets/component-1a2b.js"), COMPONENT);
        for path in ["assets/index-1a2b.js", "assets/my-component-1.js", "component-1.js", "index.html"] {
            assert_eq!(policy(path), PAGE, "{path}");
        }
    }

    #[test]
    fn its_routes_are_open_and_no_others() {
        for route in ["/", "/index.html", "/assets/{file}"] {
            assert!(has(route), "{route}");
        }
        for route in ["", "/assets", "/v1/tasks", "/metrics", "/openapi.json", "index.html"] {
            assert!(!has(route), "{route}");
        }
    }
}
