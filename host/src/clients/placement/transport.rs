//! The common interface of all ways to send requests to Placement.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Instant;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, ready};
use swaparoo_placement::Request;

use super::{Embedded, Http, HttpOutcome, placement_codec};
use crate::clients::in_flight::Permit;
use crate::contract::{Effect, Reply};

/// Sends requests to Placement and returns the answers.
pub(super) trait Transport: Debug + Send + Sync {
    /// Sends one request.
    fn send<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, HttpOutcome>;

    /// Sends one request without retries.
    fn send_once<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, HttpOutcome> {
        self.send(request)
    }

    /// Waits until the limit allows another request.
    fn permit(&self) -> BoxFuture<'_, Permit> {
        ready(None).boxed()
    }

    /// The same transport, which sends this request id with all requests.
    fn on_behalf_of(&self, request_id: &str) -> Arc<dyn Transport>;

    /// The present URL of the service, without a password; `None` for a model.
    fn shown_endpoint(&self) -> Option<String> {
        None
    }
}

impl Transport for Http {
    fn send<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, HttpOutcome> {
        Self::send(self, request).boxed()
    }

    fn send_once<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, HttpOutcome> {
        Self::send_once(self, request).boxed()
    }

    fn permit(&self) -> BoxFuture<'_, Permit> {
        Self::permit(self).boxed()
    }

    fn on_behalf_of(&self, request_id: &str) -> Arc<dyn Transport> {
        Arc::new(self.clone().on_behalf_of(request_id))
    }

    fn shown_endpoint(&self) -> Option<String> {
        Some(Self::shown_endpoint(self))
    }
}

impl Transport for Embedded {
    fn send<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, HttpOutcome> {
        ready(Self::send(self, request)).boxed()
    }

    fn on_behalf_of(&self, _request_id: &str) -> Arc<dyn Transport> {
        Arc::new(self.clone())
    }
}

/// Performs an effect of Placement by one request, after waiting for a permit; `None` for other effects.
pub(super) async fn perform(transport: &dyn Transport, effect: &Effect) -> Option<Reply> {
    let _permit = transport.permit().await;
    perform_now(transport, effect).await
}

/// The same for a caller that already has a permit.
pub(super) async fn perform_now(transport: &dyn Transport, effect: &Effect) -> Option<Reply> {
    let request = placement_codec::request(effect)?;
    let answer = send_now(transport, &request).await;
    Some(placement_codec::reply(&request, effect, answer))
}

/// Waits for a permit, sends one request and counts it.
pub(super) async fn send(transport: &dyn Transport, request: &Request) -> HttpOutcome {
    let _permit = transport.permit().await;
    send_now(transport, request).await
}

async fn send_now(transport: &dyn Transport, request: &Request) -> HttpOutcome {
    let began = Instant::now();
    let answer = transport.send(request).await;
    count(request, &answer, began);
    answer
}

fn count(request: &Request, answer: &HttpOutcome, began: Instant) {
    let (status, kind) = match answer {
        HttpOutcome::Response { status, .. } => (status.to_string(), None),
        HttpOutcome::Lost(_) => ("none".to_owned(), Some("lost")),
        HttpOutcome::Unsent(_) | HttpOutcome::Untrusted(_) => ("none".to_owned(), Some("unsent")),
    };
    let method = request.method.to_string();
    metrics::histogram!("swaparoo_placement_request_seconds", "method" => method, "status" => status)
        .record(began.elapsed().as_secs_f64());
    if let Some(kind) = kind {
        metrics::counter!("swaparoo_placement_errors_total", "kind" => kind).increment(1);
    }
}
