//! The debugger's page: its files and their encodings, and that it needs no token and can be turned off.

use std::os::unix::fs::PermissionsExt;

use reqwest::header::{HeaderMap, HeaderValue};
use reqwest::{Client, Method, Response, StatusCode};
use swaparoo_real_placement::plain_http;
use tempfile::TempDir;

use super::serve::Serve;

const PAGE: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; \
    connect-src 'self'; worker-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/// Requests for the page do not reach Placement.
const NOWHERE: &str = "http://127.0.0.1:1";

struct Browser {
    serve: Serve,
    http: Client,
    _folder: TempDir,
}

impl Browser {
    fn of(more: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let tokens = folder.path().join("tokens");
        std::fs::write(&tokens, "tasks the-token-of-the-one\n").unwrap();
        std::fs::set_permissions(&tokens, std::fs::Permissions::from_mode(0o600)).unwrap();
        let more = more.replace("TOKENS", tokens.to_str().unwrap());
        let serve = Serve::start_with(folder.path(), NOWHERE, &more);
        Self { serve, http: plain_http().build().unwrap(), _folder: folder }
    }

    async fn asks(&self, method: Method, path: &str, headers: &[(&'static str, &str)]) -> Response {
        let request = self.http.request(method, format!("{}{path}", self.serve.url()));
        headers.iter().fold(request, |request, (name, value)| request.header(*name, *value)).send().await.unwrap()
    }

    async fn gets(&self, path: &str, headers: &[(&'static str, &str)]) -> Response {
        self.asks(Method::GET, path, headers).await
    }

    /// The address of the largest script of the page's first load: a very small one has no compressed form.
    async fn script(&self) -> String {
        let page = self.gets("/", &[]).await.text().await.unwrap();
        let files = page.split("\"./assets/").skip(1).filter_map(|rest| rest.split_once('"').map(|(name, _)| name));
        let (mut largest, mut bytes) = (String::new(), 0);
        for name in files.filter(|name| name.ends_with(".js")) {
            let path = format!("/assets/{name}");
            let length = self.gets(&path, &[]).await.bytes().await.unwrap().len();
            if length > bytes {
                (largest, bytes) = (path, length);
            }
        }
        largest
    }
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).map_or("", |value: &HeaderValue| value.to_str().unwrap())
}

#[track_caller]
fn has(answer: &Response, expected: &[(&str, &str)]) {
    for (name, value) in expected {
        assert_eq!(header(answer.headers(), name), *value, "{name} of {}", answer.url());
    }
}

const ALWAYS: [(&str, &str); 6] = [
    ("content-security-policy", PAGE),
    ("vary", "accept-encoding"),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_needs_no_token_but_its_requests_do() {
    let browser = Browser::of("[auth]\ntokens = \"TOKENS\"\n");
    let page = browser.gets("/", &[]).await;
    has(&page, &ALWAYS);
    has(&page, &[("content-type", "text/html; charset=utf-8"), ("cache-control", "no-cache")]);
    assert!(page.text().await.unwrap().contains("<title>Swaparoo debugger</title>"));
    let script = browser.gets(&browser.script().await, &[]).await;
    has(&script, &ALWAYS);
    let immutable = "public, max-age=31536000, immutable";
    has(&script, &[("content-type", "text/javascript; charset=utf-8"), ("cache-control", immutable)]);
    let icon = browser.gets("/icon.svg", &[]).await;
    has(&icon, &[("content-type", "image/svg+xml"), ("cache-control", "no-cache")]);
    for path in ["/v1/tasks", "/openapi.json", "/index.htm", "/%69ndex.html", "//", "/assets/", "/assets/a/b"] {
        assert_eq!(browser.gets(path, &[]).await.status(), StatusCode::UNAUTHORIZED, "{path}");
    }
    assert_eq!(browser.gets("/v1/tasks", &[("x-auth-token", "the-token-of-the-one")]).await.status(), StatusCode::OK);
    for path in ["/assets/none.js", "/assets/%2e%2e%2findex.html", "/assets/index.html"] {
        let gone = browser.serve.get(path).await;
        assert_eq!(gone.code(), (404, "swaparoo.not_found"), "{path}: {}", gone.body);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_comes_in_the_form_that_the_browser_takes() {
    let browser = Browser::of("");
    let script = browser.script().await;
    let form = async |accepts: &str| {
        let answer = browser.gets(&script, &[("accept-encoding", accepts)]).await;
        let [coding, tag] = ["content-encoding", "etag"].map(|name| header(answer.headers(), name).to_owned());
        (coding, tag, answer.bytes().await.unwrap())
    };
    let (plain, brotli, gzip) = (form("").await, form("gzip, deflate, br").await, form("gzip;q=1, br;q=0.5").await);
    assert_eq!([&plain.0, &brotli.0, &gzip.0], ["", "br", "gzip"]);
    assert!(brotli.2.len() < gzip.2.len() && gzip.2.len() < plain.2.len());
    assert_eq!(gzip.2[..2], [0x1f, 0x8b], "the content matches the name");
    assert!(plain.1 != brotli.1 && brotli.1 != gzip.1 && plain.1 != gzip.1, "other bytes have another name");
    assert_eq!(form("br;q=0, zstd").await.0, "");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cached_file_is_not_sent_again() {
    let browser = Browser::of("");
    let first = browser.gets("/", &[]).await;
    let tag = header(first.headers(), "etag").to_owned();
    let weak = format!("\"other\", W/{tag}");
    for known in [tag.as_str(), &weak, "*"] {
        let again = browser.gets("/", &[("if-none-match", known)]).await;
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED, "{known}");
        has(&again, &ALWAYS);
        has(&again, &[("etag", &tag), ("cache-control", "no-cache"), ("content-type", "")]);
        assert_eq!(again.bytes().await.unwrap().len(), 0);
    }
    assert_eq!(browser.gets("/", &[("if-none-match", "\"other\"")]).await.status(), StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_only_read() {
    let browser = Browser::of("");
    let whole = browser.gets("/index.html", &[]).await;
    let head = browser.asks(Method::HEAD, "/", &[]).await;
    has(&head, &ALWAYS);
    for name in ["etag", "content-type", "content-length", "cache-control"] {
        assert_eq!(head.headers()[name], whole.headers()[name], "{name}");
    }
    assert_eq!(head.bytes().await.unwrap().len(), 0);
    for method in [Method::POST, Method::PUT, Method::DELETE] {
        let refused = browser.asks(method.clone(), "/", &[]).await;
        assert_eq!(refused.status(), StatusCode::METHOD_NOT_ALLOWED, "{method}");
        has(&refused, &[("allow", "GET,HEAD")]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_can_be_turned_off() {
    let browser = Browser::of("[debugger]\nenabled = false\n");
    for path in ["/", "/index.html", "/icon.svg", "/assets/none.js"] {
        let gone = browser.serve.get(path).await;
        assert_eq!(gone.code(), (404, "swaparoo.not_found"), "{path}: {}", gone.body);
    }
    assert_eq!(browser.serve.get("/v1/tasks").await.status, 200);
}
