//! A proxy between a client and Placement that injects faults into chosen requests. Every request has its own
//! connection, so a closed or refused connection affects only that request, unless the proxy keeps connections.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderValue, RETRY_AFTER, TRANSFER_ENCODING};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use swaparoo_placement::Method;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::plain_http::plain_client;
use crate::rule::{Act, Canned, Rule};
use crate::seen::Seen;

/// A running proxy. It ends when this value is dropped.
pub struct Proxy {
    address: SocketAddr,
    inner: Arc<Inner>,
    listening: Mutex<Option<JoinHandle<()>>>,
}

struct Inner {
    target: String,
    keep_alive: bool,
    http: reqwest::Client,
    rules: Mutex<Vec<Rule>>,
    seen: Mutex<Vec<Seen>>,
}

/// Why a connection ends without an answer.
#[derive(Debug, thiserror::Error)]
enum Broken {
    #[error("dropped on purpose")]
    Dropped,
    #[error(transparent)]
    Read(#[from] hyper::Error),
    #[error(transparent)]
    Forward(#[from] reqwest::Error),
    #[error(transparent)]
    Made(#[from] hyper::http::Error),
}

impl Proxy {
    /// Starts a proxy in front of the Placement at that URL. Without rules it passes everything on.
    ///
    /// # Errors
    /// If there is no free port.
    pub async fn start(target: &str) -> io::Result<Self> {
        Self::begin(target, false).await
    }

    /// The same, but connections stay open for any number of requests.
    ///
    /// # Errors
    /// If there is no free port.
    pub async fn start_keeping_alive(target: &str) -> io::Result<Self> {
        Self::begin(target, true).await
    }

    async fn begin(target: &str, keep_alive: bool) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let inner = Inner {
            target: target.to_owned(),
            keep_alive,
            http: plain_client(),
            rules: Mutex::default(),
            seen: Mutex::default(),
        };
        let (address, inner) = (listener.local_addr()?, Arc::new(inner));
        let listening = Mutex::new(Some(listen(listener, inner.clone())));
        Ok(Self { address, inner, listening })
    }

    /// `http://127.0.0.1:PORT`
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Applies a fault to the `nth` request of that method from now, counted from 1.
    pub fn on(&self, method: Method, nth: usize, act: Act) {
        self.on_path(method, "/", nth, act);
    }

    /// Applies a fault to the `nth` request of that method with this path prefix from now, counted from 1.
    pub fn on_path(&self, method: Method, path: &str, nth: usize, act: Act) {
        lock(&self.inner.rules).push(Rule { method, path: path.to_owned(), nth: Some(nth), versions: false, act });
    }

    /// Applies a fault to every request of that method from now.
    pub fn every(&self, method: Method, act: Act) {
        lock(&self.inner.rules).push(Rule { method, path: "/".to_owned(), nth: None, versions: false, act });
    }

    /// Applies a fault to every request for the versions from now, as the start of a service and `/readyz` send it.
    pub fn versions(&self, act: Act) {
        let (method, path) = (Method::Get, "/".to_owned());
        lock(&self.inner.rules).push(Rule { method, path, nth: None, versions: true, act });
    }

    /// Removes all faults.
    pub fn forget(&self) {
        lock(&self.inner.rules).clear();
    }

    /// All received requests, as `METHOD PATH`.
    #[must_use]
    pub fn seen(&self) -> Vec<String> {
        self.requests().iter().map(Seen::to_string).collect()
    }

    /// The same with their headers and connections.
    #[must_use]
    pub fn requests(&self) -> Vec<Seen> {
        lock(&self.inner.seen).clone()
    }

    /// Refuses connections from now on.
    pub async fn close(&self) {
        let listening = lock(&self.listening).take();
        if let Some(listening) = listening {
            listening.abort();
            let _ = listening.await;
        }
    }

    /// Accepts connections again, on the same port.
    ///
    /// # Errors
    /// If the port is taken.
    pub async fn open(&self) -> io::Result<()> {
        self.close().await;
        let listener = TcpListener::bind(self.address).await?;
        *lock(&self.listening) = Some(listen(listener, self.inner.clone()));
        Ok(())
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        if let Some(listening) = lock(&self.listening).take() {
            listening.abort();
        }
    }
}

fn listen(listener: TcpListener, inner: Arc<Inner>) -> JoinHandle<()> {
    tokio::spawn(async move {
        while let Ok((stream, from)) = listener.accept().await {
            tokio::spawn(serve(stream, from, inner.clone()));
        }
    })
}

/// Serves one connection. If the service function fails, hyper closes the connection and writes nothing.
async fn serve(stream: TcpStream, from: SocketAddr, inner: Arc<Inner>) {
    let mut http = http1::Builder::new();
    http.keep_alive(inner.keep_alive);
    let service = service_fn(move |request| pass(inner.clone(), from, request));
    let _ = http.serve_connection(TokioIo::new(stream), service).await;
}

async fn pass(
    inner: Arc<Inner>,
    from: SocketAddr,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Broken> {
    let seen = Seen::of(&request, from);
    let Seen { method, path, .. } = seen.clone();
    lock(&inner.seen).push(seen);
    // Every rule counts the request, and the first matching one applies.
    let acts = lock(&inner.rules).iter_mut().map(|rule| rule.take(&method, &path)).collect::<Vec<_>>();
    let act = acts.into_iter().flatten().next();
    match act {
        None => forward(&inner.http, &inner.target, request, &path).await,
        Some(Act::DropRequest) => Err(Broken::Dropped),
        Some(Act::DropAnswer) => forward(&inner.http, &inner.target, request, &path).await.and(Err(Broken::Dropped)),
        Some(Act::HoldAnswer) => {
            forward(&inner.http, &inner.target, request, &path).await?;
            std::future::pending().await
        }
        Some(Act::Keep(kept)) => {
            kept.keep(copy(&inner.http, &inner.target, request, &path).await?);
            Err(Broken::Dropped)
        }
        Some(Act::Answer(canned)) => made_up(canned),
        Some(Act::Limit(retry_after)) => {
            let mut limited = made_up(Canned { status: 429, ..Canned::unavailable() })?;
            limited.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static(retry_after));
            Ok(limited)
        }
        Some(Act::Elsewhere(target)) => forward(&inner.http, &target, request, &path).await,
        Some(Act::Instead(hook)) => {
            hook().await;
            Err(Broken::Dropped)
        }
        Some(Act::Then(hook)) => {
            let answer = forward(&inner.http, &inner.target, request, &path).await;
            hook().await;
            answer
        }
        Some(Act::First(hook)) => {
            hook().await;
            forward(&inner.http, &inner.target, request, &path).await
        }
    }
}

async fn forward(
    http: &reqwest::Client,
    target: &str,
    request: Request<Incoming>,
    path: &str,
) -> Result<Response<Full<Bytes>>, Broken> {
    let reply = copy(http, target, request, path).await?.send().await?;
    let mut response = Response::builder().status(reply.status());
    for (name, value) in reply.headers().iter().filter(|(name, _)| *name != CONNECTION && *name != TRANSFER_ENCODING) {
        response = response.header(name, value);
    }
    Ok(response.body(Full::new(reply.bytes().await?))?)
}

/// The same request to that Placement.
async fn copy(
    http: &reqwest::Client,
    target: &str,
    request: Request<Incoming>,
    path: &str,
) -> Result<reqwest::RequestBuilder, Broken> {
    let (head, body) = request.into_parts();
    let mut headers = head.headers;
    for name in [HOST, CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING] {
        headers.remove(name);
    }
    let copy = http.request(head.method, format!("{target}{path}")).headers(headers);
    Ok(copy.body(body.collect().await?.to_bytes()))
}

fn made_up(canned: Canned) -> Result<Response<Full<Bytes>>, Broken> {
    let response = Response::builder().status(canned.status).header(CONTENT_TYPE, canned.content_type);
    Ok(response.body(Full::new(Bytes::from(canned.body)))?)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
