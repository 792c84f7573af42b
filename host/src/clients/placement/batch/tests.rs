//! Merged writes over a transport that answers when the test allows it.

use std::pin::Pin;

use futures_util::future::{BoxFuture, join_all};
use serde_json::{Value, json};
use swaparoo_placement::{Body, Method, Placement as Model, Request};
use tokio::sync::{Semaphore, watch};

use super::*;
use crate::clients::placement::{Embedded, HttpOutcome, Placement};
use crate::contract::{Allocation, ForeignAnswer, NewHolding, Refusal, ResourceAmount};

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
struct Stage {
    fake: Fake,
    batched: Batched,
}

impl Stage {
    fn most(most: usize, answer: impl Fn(&[&str], &Request) -> HttpOutcome + Send + Sync + 'static) -> Self {
        let (gate, answer) = (Arc::new(Semaphore::new(0)), Arc::new(answer));
        let fake = Fake { seen: Arc::default(), gate, answer, id: String::new() };
        let batched = Batched::new(Arc::new(fake.clone()), NonZeroUsize::new(most).unwrap());
        Self { fake, batched }
    }

    /// Starts writes for these consumers in this order; on return the first one has been sent.
    async fn begin<'a>(&self, writes: &'a [PostAllocations]) -> Vec<Pin<Box<dyn Future<Output = Reply> + Send + 'a>>> {
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
    async fn seen(&self, count: usize) -> Vec<String> {
        let mut seen = self.fake.seen.subscribe();
        let come = tokio::time::timeout(Duration::from_secs(30), seen.wait_for(|seen| seen.len() >= count)).await;
        assert!(come.is_ok(), "{count} requests were expected, but these arrived: {:?}", self.fake.seen.borrow());
        self.fake.seen.borrow().clone()
    }

    /// Lets all requests pass from now on.
    fn open(&self) {
        self.fake.gate.add_permits(1_000);
    }

    /// Writes for each of these consumers concurrently; returns the replies and the requests.
    async fn all(&self, consumers: &str) -> (Vec<Reply>, Vec<String>) {
        let writes: Vec<_> = consumers.split(' ').map(write).collect();
        let begun = self.begin(&writes).await;
        self.open();
        (join_all(begun).await, self.seen(1).await)
    }
}

/// Gives this new consumer an allocation of the node.
fn write(consumer: &str) -> PostAllocations {
    of_node(consumer, "node", None)
}

fn of_node(consumer: &str, node: &str, generation: Option<u32>) -> PostAllocations {
    let resources = vec![ResourceAmount { class: "VCPU".into(), amount: 1 }];
    let allocations = vec![Allocation { provider: node.into(), resources }];
    let [consumer, project, user] = [consumer, "project", "user"].map(str::to_owned);
    PostAllocations { consumers: vec![NewHolding { consumer, project, user, generation, allocations }] }
}

fn answer(status: u16, body: &str) -> HttpOutcome {
    HttpOutcome::Response { status, body: body.as_bytes().to_vec() }
}

fn conflict(detail: &str) -> HttpOutcome {
    let error = json!({ "status": 409, "code": "placement.concurrent_update", "detail": detail });
    answer(409, &json!({ "errors": [error] }).to_string())
}

fn refused(detail: &str) -> Reply {
    Reply::Refused(Refusal { status: 409, code: "placement.concurrent_update".into(), detail: detail.into() })
}

#[tokio::test]
async fn writes_that_arrive_during_another_are_merged() {
    let stage = Stage::most(3, |_, _| answer(204, ""));
    let (replies, sent) = stage.all("a b c d e").await;
    assert_eq!(replies, vec![Reply::Written; 5]);
    assert_eq!(sent, ["a", "b c d", "e"]);
}

#[tokio::test]
async fn after_a_refusal_each_write_is_sent_alone_and_gets_its_own_answer() {
    let stage = Stage::most(9, |consumers, _| match consumers {
        ["c"] => conflict("c's"),
        [_] => answer(204, ""),
        _ => conflict("another's"),
    });
    let (replies, sent) = stage.all("a b c d").await;
    assert_eq!(replies, [Reply::Written, Reply::Written, refused("c's"), Reply::Written]);
    assert_eq!(sent, ["a", "b c d", "b", "c", "d"]);
}

/// Writes `a`, and `b` and `c` merged, with this answer; returns the reply to `b` and `c`, and all requests.
async fn together(answered: fn() -> HttpOutcome) -> (Reply, Vec<String>) {
    let stage = Stage::most(9, move |consumers, _| if consumers.len() > 1 { answered() } else { answer(204, "") });
    let (mut replies, sent) = stage.all("a b c").await;
    assert_eq!(replies.remove(0), Reply::Written);
    assert_eq!(replies[0], replies[1]);
    (replies.remove(0), sent)
}

#[tokio::test]
async fn a_lost_answer_is_lost_for_all_writes_and_none_is_sent_again() {
    let silence = |detail: &str| Silence { detail: detail.into() };
    let foreign = |status| Reply::Foreign(ForeignAnswer { status, body: "page".into() });
    let both = ["a", "b c"].map(str::to_owned).to_vec();
    assert_eq!(together(|| HttpOutcome::Lost("gone".into())).await, (Reply::Lost(silence("gone")), both.clone()));
    assert_eq!(
        together(|| HttpOutcome::Unsent("shut".into())).await,
        (Reply::Unreachable(silence("shut")), both.clone())
    );
    assert_eq!(together(|| answer(502, "page")).await, (foreign(502), both.clone()));
    assert_eq!(together(|| answer(200, "page")).await, (foreign(200), both.clone()));
    assert_eq!(together(|| answer(429, "page")).await, (foreign(429), both), "each alone would be too much, too");
}

#[tokio::test]
async fn writes_that_a_proxy_refuses_together_are_sent_alone() {
    let (reply, sent) = together(|| answer(413, "too large")).await;
    assert_eq!((reply, sent), (Reply::Written, ["a", "b c", "b", "c"].map(str::to_owned).to_vec()));
}

#[tokio::test]
async fn two_writes_of_a_consumer_are_two_requests_in_their_order() {
    let stage = Stage::most(9, |_, request| match &request.body {
        Body::Json(body) if body["b"]["consumer_generation"] == 1 => conflict("second"),
        _ => answer(204, ""),
    });
    let writes = [write("a"), write("b"), of_node("b", "node", Some(1)), write("c")];
    let begun = stage.begin(&writes).await;
    stage.open();
    assert_eq!(join_all(begun).await, [Reply::Written, Reply::Written, refused("second"), Reply::Written]);
    assert_eq!(stage.seen(3).await, ["a", "b c", "b"]);
}

#[tokio::test]
async fn a_dropped_write_does_not_lose_the_others_answers() {
    let stage = Stage::most(9, |_, _| answer(204, ""));
    let writes = ["a", "b", "c", "d"].map(write);
    let mut begun = stage.begin(&writes).await;
    // Drop one caller before its write is sent, and one whose write has been sent.
    drop(begun.remove(1));
    drop(begun.remove(0));
    stage.open();
    assert_eq!(join_all(begun).await, [Reply::Written, Reply::Written]);
    assert_eq!(stage.seen(2).await, ["a", "c d"]);
}

#[tokio::test]
async fn a_merged_write_has_the_first_request_id_and_single_ones_their_own() {
    let stage = Stage::most(9, |consumers, _| if consumers.len() > 1 { conflict("") } else { answer(204, "") });
    let writes = ["a", "b", "c"].map(write);
    let on_behalf = writes.iter().map(|post| {
        let batched = stage.batched.clone().on_behalf_of(&format!("req-{}", post.consumers[0].consumer));
        let mut one = async move { batched.post(post).await }.boxed();
        assert_eq!((&mut one).now_or_never(), None);
        one
    });
    let begun: Vec<_> = on_behalf.collect();
    stage.open();
    join_all(begun).await;
    assert_eq!(stage.seen(4).await, ["req-a: a", "req-b: b c", "req-b: b", "req-c: c"]);
}

#[tokio::test(start_paused = true)]
async fn a_write_without_an_answer_blocks_others_only_briefly() {
    let stage = Stage::most(9, |_, _| answer(204, ""));
    let writes = ["a", "b", "c"].map(write);
    let began = tokio::time::Instant::now();
    let begun = stage.begin(&writes).await;
    assert_eq!(stage.seen(2).await, ["a", "b c"]);
    assert!(began.elapsed() >= OVERDUE, "{:?}", began.elapsed());
    stage.open();
    assert_eq!(join_all(begun).await, vec![Reply::Written; 3]);
}

const NODE: &str = "5a1d0000-0000-4000-8000-000000000001";
const NO_NODE: &str = "5a1d0000-0000-4000-8000-000000000002";

fn consumer(number: u32) -> String {
    format!("c0ffee00-0000-4000-8000-{number:012}")
}

fn model() -> Embedded {
    let mut model = Model::default();
    let node = json!({ "uuid": NODE, "name": "node" });
    let inventories = json!({ "resource_provider_generation": 0, "inventories": { "VCPU": { "total": 100 } } });
    for request in [
        Request::post("/resource_providers", node),
        Request::put(&format!("/resource_providers/{NODE}/inventories"), inventories),
    ] {
        let response = model.handle(&request);
        assert!(response.is_success(), "{}", response.body);
    }
    Embedded::new(model)
}

/// A refused write with an unknown provider leaves empty records in Placement for all its new consumers.
#[tokio::test]
async fn an_unknown_provider_affects_only_its_own_task() {
    let model = model();
    let placement = model.clone();
    let stage = Stage::most(9, move |_, request| placement.send(request));
    let mut writes = [1, 2, 3, 4].map(|number| of_node(&consumer(number), NODE, None));
    let unknown = of_node("", NO_NODE, None).consumers.remove(0).allocations;
    writes[2].consumers[0].allocations.extend(unknown);
    let begun = stage.begin(&writes).await;
    stage.open();
    let replies = join_all(begun).await;
    for (number, reply) in replies.iter().enumerate() {
        match reply {
            Reply::Refused(refusal) if number == 2 => {
                assert_eq!(refusal.status, 400);
                assert!(refusal.detail.contains("does not exist"), "{refusal:?}");
            }
            reply => assert_eq!((number != 2, reply), (true, &Reply::Written)),
        }
    }
    // Alone, merged, and then each alone: with a null generation, and with the generation of the empty record.
    assert_eq!(stage.seen(8).await.len(), 8);
    let HttpOutcome::Response { body, .. } = model.send(&Request::get(&format!("/resource_providers/{NODE}/usages")))
    else {
        panic!("the model answers")
    };
    assert_eq!(serde_json::from_slice::<Value>(&body).unwrap()["usages"]["VCPU"], 3);
}

#[tokio::test]
async fn a_limit_of_one_merges_nothing() {
    let one = Placement::Embedded(model()).batching(NonZeroUsize::MIN);
    assert!(matches!(one, Placement::Embedded(_)), "{one:?}");
    let many = Placement::Embedded(model()).batching(NonZeroUsize::new(64).unwrap()).on_behalf_of("req-1");
    assert!(matches!(many, Placement::Batched(_)), "{many:?}");
    let effect = crate::contract::Effect::PostAllocations(of_node(&consumer(1), NODE, None));
    assert_eq!(many.perform(&effect).await, Some(Reply::Written));
}
