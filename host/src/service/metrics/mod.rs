//! What the service counts, as Prometheus reads it at `GET /metrics`.

pub mod table;

use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::Method;
use http::header::CONTENT_TYPE;
use metrics::{counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};

use super::error::ApiError;
use table::{Kind, Metric};

/// From a request to a model in the process to the longest that a request may take.
const SECONDS: [f64; 15] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0, 90.0];
/// A decision takes some 20 microseconds, and ends by its fuel within a tenth of a second.
const STEP_SECONDS: [f64; 9] = [5e-6, 1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 1e-3, 1e-2, 1e-1];
/// Around what the standard rules take for a history of the usual length.
const FUEL: [f64; 8] = [1e4, 3e4, 1e5, 3e5, 1e6, 1e7, 1e8, 1e9];
/// Up to the most that `placement.batch` may say.
const WRITES: [f64; 11] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0];
/// Between two scrapes a histogram keeps single values; nobody may ever scrape, so they are folded this often.
const UPKEEP: Duration = Duration::from_secs(5);

/// What was counted so far. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Metrics(PrometheusHandle);

/// The metrics cannot be kept; the process has another recorder already.
#[derive(Debug, thiserror::Error)]
#[error("metrics cannot be counted: {0}")]
pub struct MetricsError(#[from] BuildError);

impl Metrics {
    /// Begins to count, for the whole process.
    ///
    /// # Errors
    /// Something counts already.
    pub fn install() -> Result<Self, MetricsError> {
        let handle = builder()?.install_recorder()?;
        describe();
        Ok(Self(handle))
    }

    /// Keeps the memory of what was counted bounded, for as long as it is polled.
    pub async fn upkeep(self) {
        loop {
            tokio::time::sleep(UPKEEP).await;
            self.0.run_upkeep();
        }
    }

    /// In Prometheus' text format.
    #[must_use]
    pub fn text(&self) -> String {
        self.0.render()
    }
}

fn builder() -> Result<PrometheusBuilder, BuildError> {
    PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)?
        .set_buckets_for_metric(Matcher::Full(table::STEP_SECONDS.to_owned()), &STEP_SECONDS)?
        .set_buckets_for_metric(Matcher::Suffix("_fuel".to_owned()), &FUEL)?
        .set_buckets_for_metric(Matcher::Suffix("_writes".to_owned()), &WRITES)
}

/// A series that is not told apart by labels is there from the start, at 0: an alert on it must not wait for the first
/// event.
fn describe() {
    for Metric { name, kind, unit, help, labels } in table::ALL {
        let alone = labels.is_empty();
        match kind {
            Kind::Counter => describe_counter!(*name, *unit, *help),
            Kind::Gauge => describe_gauge!(*name, *unit, *help),
            Kind::Histogram => describe_histogram!(*name, *unit, *help),
        }
        match kind {
            Kind::Counter if alone => counter!(*name).increment(0),
            Kind::Gauge if alone => gauge!(*name).set(0.0),
            _ => {}
        }
    }
}

/// What was counted so far, as Prometheus reads it.
#[utoipa::path(
    get, path = "/metrics", tag = "service", operation_id = "metrics",
    responses((status = 200, description = "Prometheus' text format", body = String, content_type = "text/plain"),
        ApiError)
)]
pub(super) async fn show(State(metrics): State<Metrics>) -> Response {
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], metrics.text()).into_response()
}

/// Counts requests by their route: an address as it came would be one series more for every id.
pub(super) async fn count(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    let method = method(request.method());
    let began = Instant::now();
    let response = next.run(request).await;
    let status = response.status().as_u16().to_string();
    counter!(table::HTTP_REQUESTS, "method" => method, "route" => route.clone(), "status" => status).increment(1);
    histogram!(table::HTTP_REQUEST_SECONDS, "method" => method, "route" => route).record(began.elapsed());
    response
}

/// A method may be any word, a label's value may not.
fn method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::HEAD => "HEAD",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Body;
    use axum::middleware;
    use axum::routing::get;
    use tower::ServiceExt;

    use super::*;

    #[tokio::test]
    async fn requests_are_counted_by_route() {
        let recorder = builder().unwrap().build_recorder();
        let _here = metrics::set_default_local_recorder(&recorder);
        describe();
        let routes = Router::new().route("/tasks/{id}", get(|| async {})).layer(middleware::from_fn(count));
        for (method, path) in [("GET", "/tasks/1"), ("GET", "/tasks/2"), ("BREW", "/tasks/1"), ("GET", "/x")] {
            let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
            routes.clone().oneshot(request).await.unwrap();
        }
        let text = Metrics(recorder.handle()).text();
        for line in [
            "# HELP swaparoo_http_requests_total Requests answered, by route and status",
            "# TYPE swaparoo_http_request_seconds histogram",
            "swaparoo_http_requests_total{method=\"GET\",route=\"/tasks/{id}\",status=\"200\"} 2",
            "swaparoo_http_requests_total{method=\"other\",route=\"/tasks/{id}\",status=\"405\"} 1",
            "swaparoo_http_requests_total{method=\"GET\",route=\"none\",status=\"404\"} 1",
            "swaparoo_http_request_seconds_bucket{method=\"GET\",route=\"/tasks/{id}\",le=\"90\"} 2",
            "swaparoo_journal_errors_total 0",
            "swaparoo_tasks_open 0",
        ] {
            assert!(text.lines().any(|has| has == line), "{line} is not in\n{text}");
        }
    }
}
