//! Tests of the frame without a socket, with several kinds of routes.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::OnceLock;

use axum::body::Body;
use axum::routing::{delete, post};
use http::header::{ALLOW, CACHE_CONTROL, HOST, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use tower::ServiceExt;

use super::error::read;
use super::*;

const TCP: Peer = Peer::Tcp(std::net::SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 1));

/// A process can have only one metrics recorder.
fn metrics() -> Metrics {
    static METRICS: OnceLock<Metrics> = OnceLock::new();
    METRICS.get_or_init(|| Metrics::install().unwrap()).clone()
}

fn frame(tokens: Option<&str>) -> Frame {
    let tokens = tokens.map(|text| {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::set_permissions(file.path(), fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(file.path(), text).unwrap();
        Arc::new(Tokens::read(file.path()).unwrap())
    });
    let quota = Arc::new(Quota::new(&config::AuthConfig::default()));
    Frame {
        tokens,
        keystone: None,
        quota,
        metrics: metrics(),
        largest_body: LargestBody { bytes: 64, ..LargestBody::default() },
        page: false,
        disable_by_file: None,
    }
}

/// Routes similar to a real service: tasks, policies with larger bodies, and faulty handlers.
pub fn routes() -> Router {
    let tasks = Router::new().route("/v1/tasks", post(|Json(task): Json<u8>| async move { Json(task) }));
    let tasks = tasks.route("/v1/tasks/{id}", get(|Path(id): Path<String>| async move { id }));
    let policies = Router::new()
        .route("/v1/policies", post(|RawBody(bytes): RawBody| async move { bytes.len().to_string() }))
        .layer(Extension(LargestBody { bytes: 128, ..LargestBody::default() }));
    let wrong = Router::new()
        .route("/panics", get(async || -> () { panic!("a mistake") }))
        .route("/hangs", delete(std::future::pending::<()>));
    require(&[Role::Tasks], tasks).merge(require(&[Role::Policies], policies)).merge(wrong)
}

async fn answer(frame: &Frame, peer: Peer, request: http::request::Builder, body: &str) -> Response {
    let mut request = request.body(Body::from(body.to_owned())).unwrap();
    request.headers_mut().entry(HOST).or_insert(HeaderValue::from_static("localhost"));
    frame.around(routes()).layer(Extension(peer)).oneshot(request).await.unwrap()
}

async fn refused(response: Response, code: Code) -> HeaderMap {
    let (status, headers, error) = read(response).await;
    assert_eq!((status, error.code.as_str()), (code.status(), code.as_str()), "{error:?}");
    assert_eq!(headers["x-openstack-request-id"].to_str().unwrap(), error.request_id);
    assert!(error.request_id.starts_with("req-"));
    headers
}

#[tokio::test]
async fn a_request_keeps_its_id() {
    let id = "req-8b1f6f2e-7d8c-4c53-8fb4-5f3a3b1d9c11";
    let request = |path: &str| Request::get(path).header(REQUEST_ID, id);
    let response = answer(&frame(None), Peer::Unix, request("/v1/tasks/7"), "").await;
    assert_eq!((response.status(), response.headers()[REQUEST_ID].as_bytes()), (StatusCode::OK, id.as_bytes()));
    let response = answer(&frame(None), Peer::Unix, request("/v1/none"), "").await;
    assert_eq!(refused(response, Code::NotFound).await[REQUEST_ID], id);
}

#[tokio::test]
async fn unknown_paths_and_methods() {
    let frame = frame(None);
    for path in ["/", "/v1/../v1/tasks/7", "//v1/tasks/7", "/v1//tasks/7", "/v1/tasks/", "/V1/tasks/7", "/v1/tasks%2F7"]
    {
        refused(answer(&frame, Peer::Unix, Request::get(path), "").await, Code::NotFound).await;
    }
    let headers =
        refused(answer(&frame, Peer::Unix, Request::put("/v1/tasks/7"), "").await, Code::MethodNotAllowed).await;
    assert_eq!(headers[ALLOW], "GET,HEAD");
    refused(
        answer(&frame, Peer::Unix, Request::builder().method("BREW").uri("/v1/tasks"), "").await,
        Code::MethodNotAllowed,
    )
    .await;
    // An encoded dot is part of the name, never a path segment to go up.
    let response = answer(&frame, Peer::Unix, Request::get("/v1/tasks/%2e%2e"), "").await;
    assert_eq!(axum::body::to_bytes(response.into_body(), 9).await.unwrap(), "..");
}

#[tokio::test]
async fn tokens_and_roles() {
    let frame = frame(Some("tasks token-number-one\npolicies token-number-two"));
    let with = |token: &str, path: &str| Request::post(path).header("x-auth-token", token);
    let json = |token: &str| with(token, "/v1/tasks").header("content-type", "application/json");
    assert_eq!(answer(&frame, TCP, json("token-number-one"), "1").await.status(), StatusCode::OK);
    assert_eq!(answer(&frame, Peer::Unix, json("token-number-three"), "1").await.status(), StatusCode::OK);
    refused(answer(&frame, TCP, with("token-number-two", "/v1/tasks"), "1").await, Code::Forbidden).await;
    refused(answer(&frame, TCP, with("token-number-one", "/v1/policies"), "1").await, Code::Forbidden).await;
    let headers =
        refused(answer(&frame, TCP, with("token-number-three", "/v1/tasks"), "1").await, Code::Unauthorized).await;
    assert_eq!(headers["www-authenticate"], "Bearer realm=\"swaparoo\"");
    for path in ["/metrics", "/v1/tasks/1", "/none", "/healthz/", "/./healthz", "//healthz"] {
        refused(answer(&frame, TCP, Request::get(path), "").await, Code::Unauthorized).await;
    }
    assert_eq!(answer(&frame, TCP, Request::get("/healthz"), "").await.status(), StatusCode::OK);
    assert_eq!(
        answer(&frame, TCP, Request::get("/metrics").header("authorization", "Bearer token-number-two"), "")
            .await
            .status(),
        200
    );
}

#[tokio::test]
async fn bodies_are_bounded_by_route() {
    let frame = frame(None);
    let json = || Request::post("/v1/tasks").header("content-type", "application/json");
    refused(answer(&frame, Peer::Unix, json(), &" ".repeat(65)).await, Code::RequestTooLarge).await;
    assert_eq!(answer(&frame, Peer::Unix, Request::post("/v1/policies"), &"x".repeat(128)).await.status(), 200);
    refused(answer(&frame, Peer::Unix, Request::post("/v1/policies"), &"x".repeat(129)).await, Code::RequestTooLarge)
        .await;
}

#[tokio::test]
async fn a_panic_is_an_answer() {
    refused(answer(&frame(None), Peer::Unix, Request::get("/panics"), "").await, Code::Internal).await;
}

#[tokio::test(start_paused = true)]
async fn a_request_that_hangs_times_out() {
    refused(answer(&frame(None), Peer::Unix, Request::delete("/hangs"), "").await, Code::Unanswered).await;
}

#[tokio::test]
async fn health_and_metrics() {
    let frame = frame(None);
    let response = answer(&frame, TCP, Request::get("/healthz"), "").await;
    assert_eq!(axum::body::to_bytes(response.into_body(), 99).await.unwrap(), "{\"status\":\"ok\"}");
    let response = answer(&frame, TCP, Request::get("/metrics"), "").await;
    assert_eq!(response.headers()["content-type"], "text/plain; version=0.0.4; charset=utf-8");
    let text = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
    let text = String::from_utf8(text.to_vec()).unwrap();
    assert!(text.contains("swaparoo_http_requests_total{method=\"GET\",route=\"/healthz\",status=\"200\"}"), "{text}");
}

#[tokio::test]
async fn a_stranger_is_answered_before_its_body_comes_and_the_connection_ends() {
    let frame = frame(Some("tasks the-token-of-the-one"));
    let never = Body::from_stream(futures_util::stream::pending::<Result<&'static str, std::io::Error>>());
    let request = Request::post("/v1/tasks").header(HOST, "localhost").header("content-length", "4000000");
    let request = request.body(never).unwrap();
    let answer = frame.around(routes()).layer(Extension(TCP)).oneshot(request);
    let answer = tokio::time::timeout(Duration::from_secs(5), answer).await.expect("the body is not waited for");
    let headers = refused(answer.unwrap(), Code::Unauthorized).await;
    assert_eq!(headers["connection"], "close");
}

#[tokio::test]
async fn one_host_that_is_a_host() {
    let frame = frame(None);
    let get =
        |uri: &str, hosts: &[&str]| hosts.iter().fold(Request::get(uri), |request, host| request.header(HOST, *host));
    for (uri, hosts) in [
        ("/v1/tasks/1", &["127.0.0.1", "127.0.0.1"][..]),
        ("/v1/tasks/1", &["127.0.0.1", "evil.example"]),
        ("/v1/tasks/1", &["x@127.0.0.1"]),
        ("/v1/tasks/1", &["127.0.0.1:x:y"]),
        ("/v1/tasks/1", &["a b"]),
        ("http://evil.example/v1/tasks/1", &["127.0.0.1"]),
        ("http://x@127.0.0.1/v1/tasks/1", &["127.0.0.1"]),
    ] {
        let headers = refused(answer(&frame, TCP, get(uri, hosts), "").await, Code::BadRequest).await;
        assert_eq!(headers["connection"], "close", "{uri} {hosts:?}");
    }
    for uri in ["/v1/tasks/1", "http://LocalHost:1/v1/tasks/1"] {
        assert_eq!(answer(&frame, TCP, get(uri, &["localhost:1"]), "").await.status(), StatusCode::OK, "{uri}");
    }
    for host in ["", "swaparoo", "%2Frun%2Fswaparoo.sock"] {
        assert_eq!(answer(&frame, Peer::Unix, get("/v1/tasks/1", &[host]), "").await.status(), StatusCode::OK);
    }
    refused(answer(&frame, Peer::Unix, get("/v1/tasks/1", &["a", "a"]), "").await, Code::BadRequest).await;
}

/// Browsers request an image in another site's page without `Origin`.
#[tokio::test]
async fn requests_of_other_sites_are_refused() {
    for frame in
        [Frame { page: true, ..frame(None) }, Frame { page: true, ..frame(Some("tasks the-token-of-the-one")) }]
    {
        let from = |site: &str, path: &str| {
            let request = Request::get(path).header("sec-fetch-site", site).header("sec-fetch-mode", "no-cors");
            request.header("x-auth-token", "the-token-of-the-one")
        };
        for site in ["cross-site", "same-site"] {
            for path in ["/v1/tasks/1", "/metrics", "/none"] {
                refused(answer(&frame, TCP, from(site, path), "").await, Code::Forbidden).await;
            }
            let page = answer(&frame, TCP, from(site, "/"), "").await;
            assert_ne!(page.status(), StatusCode::FORBIDDEN, "links to the page are allowed");
        }
        for site in ["same-origin", "none"] {
            assert_eq!(answer(&frame, TCP, from(site, "/v1/tasks/1"), "").await.status(), StatusCode::OK, "{site}");
        }
    }
}

#[tokio::test]
async fn responses_are_not_cached_and_not_readable_by_other_pages() {
    let frame = frame(None);
    for path in ["/v1/tasks/1", "/none", "/metrics", "/panics"] {
        let answer = answer(&frame, Peer::Unix, Request::get(path), "").await;
        for (name, value) in [
            (X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (CACHE_CONTROL, "no-store"),
            (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        ] {
            assert_eq!(answer.headers()[&name], value, "{path}: {name}");
        }
    }
}
