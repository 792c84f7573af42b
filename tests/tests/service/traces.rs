//! Traces reach an OpenTelemetry collector: one span a task, with its exchanges.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::routing::post;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;

use super::placement_fixture::PlacementFixture;
use super::serve::Serve;
use super::tasks::{new, swap};

type Spans = Arc<Mutex<Vec<Span>>>;

/// A collector's HTTP endpoint, which receives a protobuf message for each batch.
async fn take(State(spans): State<Spans>, body: Bytes) {
    let request = ExportTraceServiceRequest::decode(body).unwrap();
    let scopes = request.resource_spans.into_iter().flat_map(|resource| resource.scope_spans);
    spans.lock().unwrap().extend(scopes.flat_map(|scope| scope.spans));
}

fn attribute(span: &Span, name: &str) -> Option<String> {
    let attribute = span.attributes.iter().find(|attribute| attribute.key == name)?;
    match attribute.value.as_ref()?.value.as_ref()? {
        Value::StringValue(text) => Some(text.clone()),
        other => Some(format!("{other:?}")),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_span_a_task_with_its_exchanges() {
    let spans = Spans::default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let collector = format!("[traces]\notlp = \"http://{}\"\n", listener.local_addr().unwrap());
    let routes = Router::new().route("/v1/traces", post(take)).with_state(spans.clone());
    tokio::spawn(axum::serve(listener, routes).into_future());
    let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
    let serve = Serve::start_with(folder.path(), &placement.proxy.url(), &collector);
    let moved = serve.post("/v1/tasks?wait=30", &swap(&placement.holder().await, &new())).await;
    let nothing = serve.post("/v1/tasks?wait=30", &swap(&new(), &new())).await;
    assert_eq!((moved.end().1, nothing.end().1), ("moved", "nothing-to-move"));
    // The remaining spans are sent at the stop.
    assert_eq!(serve.process().stop(), Some(0));

    let spans = spans.lock().unwrap().clone();
    let tasks: Vec<&Span> = spans.iter().filter(|span| span.name == "task").collect();
    assert_eq!(tasks.len(), 2, "{spans:?}");
    for (answer, exchanges) in [(&moved, 2), (&nothing, 6)] {
        let of_task = |span: &&&Span| attribute(span, "id").as_deref() == Some(answer.text("/id"));
        let span = tasks.iter().find(of_task).unwrap();
        assert_eq!(attribute(span, "kind").as_deref(), Some("move"));
        assert_eq!(attribute(span, "policy").as_deref(), Some("standard"));
        assert_eq!(attribute(span, "request_id").as_deref(), Some(answer.text("/request_id")));
        assert!(span.end_time_unix_nano > span.start_time_unix_nano);
        let seen = span.events.iter().filter(|event| event.name == "exchange").count();
        let history = answer.body["history"].as_array().map(Vec::len);
        assert_eq!((seen, history), (exchanges, Some(exchanges)), "{:?}", span.events);
    }
}
