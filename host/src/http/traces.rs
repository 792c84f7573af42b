//! Exports spans to an OpenTelemetry collector, by OTLP over HTTP.

use std::time::Duration;

use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::{ExporterBuildError, Protocol, SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use reqwest::Url;
use tracing::Subscriber;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::registry::LookupSpan;

/// The longest time that a stop waits for the collector, which may be gone.
const END: Duration = Duration::from_secs(5);

/// Sends spans to the collector in batches, from a separate thread.
pub(super) fn provider(collector: &Url) -> Result<SdkTracerProvider, ExporterBuildError> {
    let exporter = SpanExporter::builder()
        .with_http()
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(endpoint(collector))
        .build()?;
    let resource = Resource::builder().with_service_name("swaparoo").build();
    Ok(SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource).build())
}

/// Exports only the service's own spans: spans of the exporter's HTTP client would create new spans to export.
pub(super) fn layer<S>(provider: &SdkTracerProvider) -> impl Layer<S> + use<S>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    tracing_opentelemetry::layer()
        .with_tracer(provider.tracer("swaparoo"))
        .with_filter(Targets::new().with_target("swaparoo", LevelFilter::DEBUG))
}

/// Sends the remaining spans.
pub(super) fn end(provider: &SdkTracerProvider) {
    if let Err(error) = provider.shutdown_with_timeout(END) {
        tracing::warn!(%error, "the last spans were not sent");
    }
}

/// Adds the usual path of collectors if the URL has no path.
fn endpoint(collector: &Url) -> String {
    let mut url = collector.clone();
    if url.path() == "/" {
        url.set_path("/v1/traces");
    }
    url.into()
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Bytes;
    use axum::routing::post;
    use tokio::net::TcpListener;
    use tokio::sync::mpsc;
    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    #[test]
    fn without_a_path_the_default_path_is_used() {
        let at = |text: &str| endpoint(&text.parse().unwrap());
        assert_eq!(at("http://c:4318"), "http://c:4318/v1/traces");
        assert_eq!(at("https://c/otlp"), "https://c/otlp");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn a_span_reaches_the_collector() {
        let (sent, mut received) = mpsc::unbounded_channel();
        let take = post(move |body: Bytes| async move { sent.send(body).unwrap_or_default() });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let collector = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        let served = tokio::spawn(axum::serve(listener, Router::new().route("/v1/traces", take)).into_future());
        let traces = provider(&collector).unwrap();
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer(&traces)), || {
            tracing::info_span!("a move").in_scope(|| ());
            tracing::info_span!(target: "reqwest", "a stranger").in_scope(|| ());
        });
        tokio::task::spawn_blocking(move || end(&traces)).await.unwrap();
        let body = received.recv().await.unwrap();
        let has = |text: &[u8]| body.windows(text.len()).any(|window| window == text);
        assert!(has(b"a move") && has(b"service.name") && !has(b"a stranger"), "{body:?}");
        served.abort();
    }
}
