//! The service's metrics, served at `GET /metrics` in Prometheus' format.

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
use table::{Metric, MetricKind};

/// Buckets from a request to the in-process simulated Placement up to the longest possible request.
const SECONDS: [f64; 15] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0, 90.0];
/// Buckets around a decision, which takes about 20 microseconds and is limited by fuel to a tenth of a second.
const STEP_SECONDS: [f64; 9] = [5e-6, 1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 1e-3, 1e-2, 1e-1];
/// Buckets around the fuel of the `standard` policy for a history of usual length.
const FUEL: [f64; 8] = [1e4, 3e4, 1e5, 3e5, 1e6, 1e7, 1e8, 1e9];
/// Buckets up to the largest value of `placement.batch`.
const WRITES: [f64; 11] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0];
/// Interval at which histograms are folded. They keep single values until a scrape, which may never happen.
const UPKEEP: Duration = Duration::from_secs(5);

/// Access to the current metrics. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Metrics(PrometheusHandle);

/// The recorder cannot be installed, because the process already has one.
#[derive(Debug, thiserror::Error)]
#[error("metrics cannot be counted: {0}")]
pub struct MetricsError(#[from] BuildError);

impl Metrics {
    /// Installs the recorder for the whole process.
    ///
    /// # Errors
    /// The process already has a recorder.
    pub fn install() -> Result<Self, MetricsError> {
        let handle = builder()?.install_recorder()?;
        describe();
        Ok(Self(handle))
    }

    /// Limits the memory of histograms while this future is polled.
    pub async fn upkeep(self) {
        loop {
            tokio::time::sleep(UPKEEP).await;
            self.0.run_upkeep();
        }
    }

    /// The metrics in Prometheus' text format.
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

/// A series without labels is created at 0 on start, so that an alert on it works before the first event.
fn describe() {
    for Metric { name, kind, unit, help, labels } in table::ALL {
        let alone = labels.is_empty();
        match kind {
            MetricKind::Counter => describe_counter!(*name, *unit, *help),
            MetricKind::Gauge => describe_gauge!(*name, *unit, *help),
            MetricKind::Histogram => describe_histogram!(*name, *unit, *help),
        }
        match kind {
            MetricKind::Counter if alone => counter!(*name).increment(0),
            MetricKind::Gauge if alone => gauge!(*name).set(0.0),
            _ => {}
        }
    }
}

/// The current metrics, in Prometheus' text format.
#[utoipa::path(
    get, path = "/metrics", tag = "service", operation_id = "metrics",
    responses((status = 200, description = "Prometheus' text format", body = String, content_type = "text/plain"),
        ApiError)
)]
pub(super) async fn show(State(metrics): State<Metrics>) -> Response {
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], metrics.text()).into_response()
}

/// Counts requests by route: by path, every id would create another series.
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

/// A client can send any method, so unknown ones share one label value.
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
