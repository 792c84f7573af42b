//! A proxy in front of Placement, for a cloud whose nova is not changed: all requests pass, and a write that moves all
//! allocations of one consumer to another becomes a task of the runner. Other writes to a consumer wait for its tasks.

mod aftercare;
mod answer;
mod count;
mod decide;
mod direction;
mod dry_run;
mod forward;
mod move_request;
mod observe;
mod observed_records;
mod seen_swaps;
mod swap_cases;
mod swap_history;
mod swaps_of_journal;
mod sync_body;
mod target;

use std::sync::{Arc, PoisonError, RwLock, Weak};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::Method;
use http::request::Parts;
use reqwest::Url;
use swaparoo_core::printable;

use crate::clients::outgoing::Tls;
use crate::http::config::{ProxyConfig, ProxyMode};
use crate::http::listen::{ConnectionPermit, Full};
use crate::http::{ApiError, Code, RequestId, name_request, read_body};
use crate::runner::Runner;
use forward::Forward;
use move_request::MoveRequest;
pub use observed_records::ObservedRecords;
use seen_swaps::SeenSwaps;
use swap_cases::AfterCare;
use target::Target;

/// The pause after which a client should try again.
const SOON: Duration = Duration::from_secs(1);

/// The proxy. Cheap to clone.
#[derive(Clone)]
pub struct Proxy(Arc<Inner>);

struct Inner {
    runner: Runner,
    forward: Forward,
    config: RwLock<ProxyConfig>,
    seen: SeenSwaps,
    records: Option<Arc<ObservedRecords>>,
    after_care: AfterCare,
}

/// Exists as long as the client of a request waits for the answer.
type Client = Weak<()>;

impl Proxy {
    /// A proxy in front of the Placement at `url`, whose moves this runner decides. It must be made in a runtime of tokio.
    ///
    /// # Errors
    /// The system's certificates cannot be loaded.
    pub fn new(
        runner: Runner,
        url: &Url,
        tls: &Tls,
        config: ProxyConfig,
        records: Option<ObservedRecords>,
    ) -> reqwest::Result<Self> {
        let forward = Forward::new(url, tls, config.answer)?;
        let (config, seen, records) = (RwLock::new(config), SeenSwaps::default(), records.map(Arc::new));
        let after_care = AfterCare::default();
        let proxy = Self(Arc::new(Inner { runner, forward, config, seen, records, after_care }));
        tokio::spawn(proxy.clone().look_after_swaps());
        Ok(proxy)
    }

    /// Uses another configuration from the next request on, except for its addresses and the timeout of Placement.
    pub fn configure(&self, config: ProxyConfig) {
        *self.0.config.write().unwrap_or_else(PoisonError::into_inner) = config;
    }

    /// All methods and paths.
    pub fn routes(&self) -> Router {
        Router::new().fallback(answer_request).with_state(self.clone())
    }

    fn config(&self) -> ProxyConfig {
        self.0.config.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn answer(&self, request: Request) -> Response {
        let target = Target::of(request.method(), request.uri().path(), request.headers());
        if target == Target::Other {
            let (head, body) = request.into_parts();
            return self.0.forward.stream(&head, body).await;
        }
        let (head, body) = request.into_parts();
        let mut unread = Request::new(body);
        (*unread.method_mut(), *unread.headers_mut()) = (head.method.clone(), head.headers.clone());
        match read_body(unread).await {
            Ok(body) => self.write_to_the_end(head, body, target).await,
            Err(error) => refused(&head, error),
        }
    }

    /// In a separate tokio task: if the client disconnects, the write must still be finished and its locks be kept.
    async fn write_to_the_end(&self, head: Parts, body: Bytes, target: Target) -> Response {
        let (proxy, waits) = (self.clone(), Arc::new(()));
        let client = Arc::downgrade(&waits);
        let writing = tokio::spawn(async move { proxy.write(head, body, target, &client).await });
        let answer = writing.await;
        drop(waits);
        answer.unwrap_or_else(|_| {
            ApiError::new(Code::Internal, "internal error; search the service log for this request's time")
                .into_response()
        })
    }

    async fn write(&self, head: Parts, body: Bytes, target: Target, client: &Client) -> Response {
        let config = self.config();
        if target == Target::Several
            && let Some(asked) = MoveRequest::parse(&head.headers, &body)
        {
            return match config.mode {
                ProxyMode::Observe => self.observe(head, body, asked).await,
                ProxyMode::Decide => self.decide(head, body, asked, &config, client).await,
            };
        }
        if config.mode == ProxyMode::Observe {
            return self.0.forward.send(&head, body).await;
        }
        self.write_in_turn(head, body, target, &config).await
    }

    /// A write that is no move waits until no task uses its consumers, and passes after a time.
    async fn write_in_turn(&self, head: Parts, body: Bytes, target: Target, config: &ProxyConfig) -> Response {
        let reservation = self.0.runner.reserve(target.consumers(&body));
        let locked = tokio::time::timeout(config.wait, reservation.locked()).await;
        if locked.is_err() {
            let task = reservation.blocked_by().unwrap_or_default();
            tracing::warn!(task, "a write of another client passes, after {:?} behind this task", config.wait);
        }
        // A write that did not get its turn must not hold others up.
        let _locks = locked.is_ok().then_some(reservation);
        let answer = self.0.forward.send(&head, body).await;
        if let Target::Consumer(consumer) = target
            && head.method == Method::DELETE
            && answer.status().is_success()
        {
            // nova does this at the end of a server.
            self.0.after_care.wake(&consumer, config.release_after);
        }
        answer
    }
}

async fn answer_request(State(proxy): State<Proxy>, request: Request) -> Response {
    let method = request.method().clone();
    let answer = match request.extensions().get::<ConnectionPermit>().map(ConnectionPermit::admit) {
        Some(Err(Full::All | Full::OfPeer)) => {
            let full = "all connections of the proxy are in use (proxy.connections): try again";
            ApiError::new(Code::TooManyConnections, full).retry_after(SOON).into_response()
        }
        _ => proxy.answer(request).await,
    };
    count::request(&method, answer.status());
    answer
}

/// The answer of an error of the proxy itself, in the form that Placement's errors have too.
fn refused(head: &Parts, error: ApiError) -> Response {
    tracing::warn!(
        method = %head.method, path = &*printable::line(head.uri.path()), "the proxy answers {}: {}",
        error.code.as_str(), printable::line(&error.detail)
    );
    let id = RequestId::of(&head.headers).unwrap_or_else(RequestId::new);
    name_request(error.into_response(), &id.0)
}
