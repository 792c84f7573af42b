//! A Placement with a proxy in front of it, and consumers on it.

use std::sync::{Arc, Mutex};

use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use swaparoo_placement::{Placement, Request};
use swaparoo_real_placement::{Client, Proxy, RealPlacement};
use uuid::Uuid;

pub struct PlacementFixture {
    pub proxy: Proxy,
    client: Client,
    node: String,
    _real: Option<RealPlacement>,
}

impl PlacementFixture {
    /// The model, behind a socket.
    pub async fn model() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let model = Arc::new(Mutex::new(Placement::default()));
        tokio::spawn(swaparoo_placement::http::serve(listener, model));
        Self::at(&url, None).await
    }

    /// openstack-placement.
    pub async fn real() -> Self {
        let real = tokio::task::spawn_blocking(|| RealPlacement::start().unwrap()).await.unwrap();
        let url = real.url().to_owned();
        Self::at(&url, Some(real)).await
    }

    async fn at(url: &str, real: Option<RealPlacement>) -> Self {
        let (proxy, client) = (Proxy::start(url).await.unwrap(), Client::new(url));
        let placement = Self { proxy, client, node: Uuid::new_v4().to_string(), _real: real };
        let node = json!({ "uuid": placement.node, "name": "node" });
        placement.done(Request::post("/resource_providers", node)).await;
        let inventories = json!({ "resource_provider_generation": 0, "inventories": { "VCPU": { "total": 100_000 } } });
        placement.done(Request::put(&format!("/resource_providers/{}/inventories", placement.node), inventories)).await;
        placement
    }

    pub fn node(&self) -> &str {
        &self.node
    }

    /// A new consumer that holds 2 VCPU.
    pub async fn holder(&self) -> String {
        self.holder_of(2).await
    }

    /// A new consumer that holds this many VCPU.
    pub async fn holder_of(&self, vcpu: u64) -> String {
        let consumer = Uuid::new_v4().to_string();
        if vcpu > 0 {
            self.give(&consumer, vcpu).await;
        }
        consumer
    }

    /// Gives this many VCPU to a new consumer.
    pub async fn give(&self, consumer: &str, vcpu: u64) {
        let body = json!({
            "allocations": { &self.node: { "resources": { "VCPU": vcpu } } },
            "project_id": "project", "user_id": "user", "consumer_generation": null,
        });
        self.done(Request::put(&format!("/allocations/{consumer}"), body)).await;
    }

    /// Another client writes the consumer's allocations again unchanged, so only its generation changes. If a third
    /// client was faster, nothing changes.
    pub fn rewriter(&self, consumer: &str) -> impl Fn() -> BoxFuture<'static, ()> + Send + Sync + 'static {
        let (client, path) = (self.client.clone(), format!("/allocations/{consumer}"));
        move || {
            let (client, path) = (client.clone(), path.clone());
            Box::pin(async move {
                let held = client.send(&Request::get(&path)).await.unwrap().body;
                if held["allocations"].as_object().is_some_and(|held| !held.is_empty()) {
                    client.send(&Request::put(&path, held)).await.unwrap();
                }
            })
        }
    }

    /// One more compute node.
    pub async fn another_node(&self) -> String {
        let node = Uuid::new_v4().to_string();
        self.done(Request::post("/resource_providers", json!({ "uuid": node, "name": node }))).await;
        let inventories = json!({ "resource_provider_generation": 0, "inventories": { "VCPU": { "total": 100_000 } } });
        self.done(Request::put(&format!("/resource_providers/{node}/inventories"), inventories)).await;
        node
    }

    /// The scheduler claims this many VCPU on that node for a server without allocations.
    pub async fn claim(&self, server: &str, node: &str, vcpu: u64) {
        let body = json!({
            "allocations": { node: { "resources": { "VCPU": vcpu } } },
            "project_id": "project", "user_id": "user", "consumer_generation": null,
        });
        self.done(Request::put(&format!("/allocations/{server}"), body)).await;
    }

    /// nova deletes the server and its allocations.
    pub async fn delete(&self, server: &str) {
        self.client.send(&Request::delete(&format!("/allocations/{server}"))).await.unwrap();
    }

    /// The VCPU that it holds.
    pub async fn holds(&self, consumer: &str) -> u64 {
        self.holds_of(consumer, &self.node).await
    }

    /// The VCPU that it holds on that node.
    pub async fn holds_of(&self, consumer: &str, node: &str) -> u64 {
        let answer = self.client.send(&Request::get(&format!("/allocations/{consumer}"))).await.unwrap();
        let held = answer.body["allocations"].get(node).cloned().unwrap_or_default();
        held.pointer("/resources/VCPU").and_then(Value::as_u64).unwrap_or_default()
    }

    /// The VCPU on the node that all consumers hold together.
    pub async fn used(&self) -> u64 {
        let usages = Request::get(&format!("/resource_providers/{}/usages", self.node));
        self.client.send(&usages).await.unwrap().body["usages"]["VCPU"].as_u64().unwrap()
    }

    async fn done(&self, request: Request) {
        let answer = self.client.send(&request).await.unwrap();
        assert!(answer.is_success(), "{} {}: {}", request.method, request.path, answer.body);
    }
}
