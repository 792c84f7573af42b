//! A transport that answers when the test allows it, and writes over it.

use std::num::NonZeroUsize;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, join_all};
use serde_json::Value;
use swaparoo_placement::{Body, Method, Request};
use tokio::sync::{Semaphore, watch};

use super::super::{Batched, Transport};
use crate::clients::placement::HttpOutcome;
use crate::contract::{Allocation, NewHolding, PostAllocations, Reply, ResourceAmount};

type Answering = dyn Fn(&[&str], &Request) -> HttpOutcome + Send + Sync;

/// A transport on which each request waits until the test lets it pass.
#[derive(Clone)]
struct Fake {
    seen: Arc<watch::Sender<Vec<String>>>,
    gate: Arc<Semaphore>,
    answer: Arc<Answering>,
    id: String,
}

impl std::fmt::Debug for Fake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Fake")
    }
}

impl Transport for Fake {
    fn send<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, HttpOutcome> {
        let Body::Json(Value::Object(body)) = &request.body else { panic!("{request:?}") };
        assert_eq!((request.method, request.path.as_str()), (Method::Post, "/allocations"));
        let mut consumers: Vec<&str> = body.keys().map(String::as_str).collect();
        consumers.sort_unstable();
        self.seen.send_modify(|seen| seen.push(format!("{}{}", self.id, consumers.join(" "))));
        let answer = (self.answer)(&consumers, request);
        async move {
            self.gate.acquire().await.unwrap().forget();
            answer
        }
        .boxed()
    }

    fn on_behalf_of(&self, request_id: &str) -> Arc<dyn Transport> {
        Arc::new(Self { id: format!("{request_id}: "), ..self.clone() })
    }
}

/// A Placement with given answers, which records all requests.
pub struct Stage {
    fake: Fake,
    pub batched: Batched,
}

impl Stage {
    pub fn most(most: usize, answer: impl Fn(&[&str], &Request) -> HttpOutcome + Send + Sync + 'static) -> Self {
        let (gate, answer) = (Arc::new(Semaphore::new(0)), Arc::new(answer));
        let fake = Fake { seen: Arc::default(), gate, answer, id: String::new() };
        let batched = Batched::new(Arc::new(fake.clone()), NonZeroUsize::new(most).unwrap());
        Self { fake, batched }
    }

    /// Starts writes for these consumers in this order; on return the first one has been sent.
    pub async fn begin<'a>(
        &self,
        writes: &'a [PostAllocations],
    ) -> Vec<Pin<Box<dyn Future<Output = Reply> + Send + 'a>>> {
        let mut begun = Vec::new();
        for post in writes {
            let batched = self.batched.clone();
            let mut one: Pin<Box<dyn Future<Output = Reply> + Send>> =
                Box::pin(async move { batched.post(post).await });
            assert_eq!((&mut one).now_or_never(), None);
            begun.push(one);
        }
        self.seen(1).await;
        begun
    }

    /// Waits until `count` requests have arrived, and returns all of them.
    pub async fn seen(&self, count: usize) -> Vec<String> {
        let mut seen = self.fake.seen.subscribe();
        let come = tokio::time::timeout(Duration::from_secs(30), seen.wait_for(|seen| seen.len() >= count)).await;
        assert!(come.is_ok(), "{count} requests were expected, but these arrived: {:?}", self.fake.seen.borrow());
        self.fake.seen.borrow().clone()
    }

    /// Lets all requests pass from now on.
    pub fn open(&self) {
        self.fake.gate.add_permits(1_000);
    }

    /// Writes for each of these consumers concurrently; returns the replies and the requests.
    pub async fn all(&self, consumers: &str) -> (Vec<Reply>, Vec<String>) {
        let writes: Vec<_> = consumers.split(' ').map(write).collect();
        let begun = self.begin(&writes).await;
        self.open();
        (join_all(begun).await, self.seen(1).await)
    }
}

/// Gives this new consumer an allocation of the node.
pub fn write(consumer: &str) -> PostAllocations {
    of_node(consumer, "node", None)
}

pub fn of_node(consumer: &str, node: &str, generation: Option<u32>) -> PostAllocations {
    let resources = vec![ResourceAmount { class: "VCPU".into(), amount: 1 }];
    let allocations = vec![Allocation { provider: node.into(), resources }];
    let [consumer, project, user] = [consumer, "project", "user"].map(str::to_owned);
    PostAllocations { consumers: vec![NewHolding { consumer, project, user, generation, allocations }] }
}
