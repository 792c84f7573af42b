//! The proxy applies its faults to the right requests only.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a failing unwrap shows its line")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use swaparoo_placement::{Inventory, Method, Placement, Provider, Request, http};
use swaparoo_real_placement::{Act, Canned, Client, Proxy};
use tokio::net::TcpListener;

const HOST: &str = "5a1d0000-0000-0000-0000-000000000001";
const SERVER: &str = "/allocations/c0ffee00-0000-0000-0000-000000000001";

/// A proxy in front of the model, which has one provider.
async fn world() -> (Proxy, Client) {
    let mut placement = Placement::default();
    placement.add_provider(HOST, Provider::named("host").with("VCPU", Inventory::of(8))).unwrap();
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(http::serve(listener, Arc::new(placement.into())));
    let proxy = Proxy::start(&url).await.unwrap();
    let client = Client::new(&proxy.url());
    (proxy, client)
}

fn claim() -> Request {
    Request::put(
        SERVER,
        json!({
            "allocations": { HOST: { "resources": { "VCPU": 1 } } },
            "project_id": "p", "user_id": "u", "consumer_generation": null,
        }),
    )
}

async fn generation(client: &Client) -> Value {
    client.send(&Request::get(SERVER)).await.unwrap().body["consumer_generation"].clone()
}

#[tokio::test]
async fn a_dropped_request_is_not_done_and_a_dropped_answer_is() {
    let (proxy, client) = world().await;
    proxy.on(Method::Put, 1, Act::DropRequest);
    assert!(client.send(&claim()).await.is_err());
    assert_eq!(generation(&client).await, Value::Null);
    proxy.on(Method::Put, 1, Act::DropAnswer);
    assert!(client.send(&claim()).await.is_err());
    assert_eq!(generation(&client).await, 1);
    let (get, put) = (format!("GET {SERVER}"), format!("PUT {SERVER}"));
    assert_eq!(proxy.seen(), [&*put, &get, &put, &get], "clients do not retry");
}

#[tokio::test]
async fn made_up_answers_never_reach_placement() {
    let (proxy, client) = world().await;
    for (canned, status) in [(Canned::internal_error(), 500), (Canned::unavailable(), 503), (Canned::garbage(), 200)] {
        proxy.on(Method::Put, 1, Act::Answer(canned));
        assert_eq!(client.send(&claim()).await.unwrap().status, status);
        assert_eq!(generation(&client).await, Value::Null);
    }
}

#[tokio::test]
async fn only_the_nth_request_of_the_method_is_meant() {
    let (proxy, client) = world().await;
    proxy.on(Method::Get, 2, Act::DropRequest);
    assert_eq!(client.send(&claim()).await.unwrap().status, 204);
    assert_eq!(generation(&client).await, 1);
    assert!(client.send(&Request::get(SERVER)).await.is_err());
    assert_eq!(generation(&client).await, 1);
}

#[tokio::test]
async fn a_hook_runs_before_the_request_is_passed_on() {
    let (proxy, client) = world().await;
    let (count, behind) = (Arc::new(AtomicUsize::new(0)), client.clone());
    let counter = count.clone();
    let other_writer = move || {
        let (counter, behind) = (counter.clone(), behind.clone());
        async move {
            counter.fetch_add(1, Ordering::SeqCst);
            assert_eq!(behind.send(&claim()).await.unwrap().status, 204);
        }
    };
    proxy.on(Method::Put, 1, Act::first(other_writer));
    let response = client.send(&claim()).await.unwrap();
    assert_eq!((response.status, response.code()), (409, Some("placement.concurrent_update")));
    assert_eq!(count.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_closed_proxy_refuses_connections_until_it_opens() {
    let (proxy, client) = world().await;
    proxy.close().await;
    assert!(client.send(&claim()).await.unwrap_err().is_connect());
    proxy.open().await.unwrap();
    assert_eq!(client.send(&claim()).await.unwrap().status, 204);
}
