//! The host's HTTP client of Placement, with the model behind a proxy: which requests are sent and how often, and which
//! answers count as lost.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use swaparoo::clients::placement::{Auth, Http, Placement};
use swaparoo::contract::{DeleteAllocations, Effect, GetAllocations, NewHolding, PostAllocations, Reply, ServerState};
use swaparoo::executor::{LiveExecutor, NovaSource};
use swaparoo_placement::Method::{Get, Post, Put};
use swaparoo_placement::{Consumer, Inventory, Provider, http};
use swaparoo_real_placement::{Act, Canned, Proxy};
use tokio::net::TcpListener;
use tokio::sync::Barrier;
use uuid::Uuid;

const NODE: &str = "5a1d0000-0000-0000-0000-000000000001";
const SERVER: &str = "c0ffee00-0000-0000-0000-000000000001";
const MIGRATION: &str = "c0ffee00-0000-0000-0000-000000000002";
/// Long enough for every answer.
const LONG: Duration = Duration::from_secs(60);

/// The server holds 2 VCPU of the node.
async fn model() -> String {
    let mut model = swaparoo_placement::Placement::default();
    model.add_provider(NODE, Provider::named("node").with("VCPU", Inventory::of(16))).unwrap();
    model.add_consumer(SERVER, Consumer::of("project", "user").holding(NODE, "VCPU", 2)).unwrap();
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(http::serve(listener, Arc::new(model.into())));
    url
}

async fn proxy() -> Proxy {
    Proxy::start(&model().await).await.unwrap()
}

/// A world whose Placement is behind the proxy, with this timeout for an answer.
fn executor(proxy: &Proxy, answer_within: Duration) -> LiveExecutor {
    let http = Http::new(&proxy.url().parse().unwrap(), Auth::Token("admin".into())).unwrap();
    let placement = Placement::Http(http.answer_within(answer_within));
    LiveExecutor { placement, nova: NovaSource::Reported(ServerState::Unknown), caller: None }
}

fn get(consumer: &str) -> Effect {
    Effect::GetAllocations(GetAllocations { consumer: consumer.into() })
}

fn delete() -> Effect {
    let [consumer, project, user] = [SERVER, "project", "user"].map(String::from);
    Effect::DeleteAllocations(DeleteAllocations { consumer, project, user, generation: 1 })
}

/// A write that empties the server, as the first half of a move.
fn post() -> Effect {
    let [consumer, project, user] = [SERVER, "project", "user"].map(String::from);
    let entry = NewHolding { consumer, project, user, generation: Some(1), allocations: Vec::new() };
    Effect::PostAllocations(PostAllocations { consumers: vec![entry] })
}

/// Whether the server still has its allocations, read by a separate client.
async fn holds(proxy: &Proxy) -> bool {
    match executor(proxy, LONG).perform(&get(SERVER)).await {
        Reply::Holding(holding) => !holding.allocations.is_empty(),
        reply => panic!("{reply:?}"),
    }
}

/// The proxy passes on each request only when the other one has arrived, so sequential requests would block for ever.
#[tokio::test]
async fn the_reads_of_one_step_are_sent_concurrently() {
    let proxy = proxy().await;
    let both = Arc::new(Barrier::new(2));
    for nth in [1, 2] {
        let both = both.clone();
        proxy.on(
            Get,
            nth,
            Act::first(move || {
                let both = both.clone();
                async move {
                    both.wait().await;
                }
            }),
        );
    }
    let reads = [get(SERVER), get(MIGRATION)];
    let replies = executor(&proxy, LONG).perform_all(&reads).await;
    let held: Vec<_> = replies
        .into_iter()
        .map(|reply| match reply {
            Reply::Holding(holding) => (holding.consumer, holding.allocations.len()),
            reply => panic!("{reply:?}"),
        })
        .collect();
    assert_eq!(held, [(SERVER.to_owned(), 1), (MIGRATION.to_owned(), 0)], "the replies are in the order of the reads");
    assert_eq!(proxy.seen().len(), 2);
}

#[tokio::test]
async fn a_read_that_fails_in_transit_is_sent_again_and_an_error_is_not() {
    for (spoilt, sent, answered) in [(0, 1, true), (1, 2, true), (2, 3, true), (3, 3, false)] {
        for act in [Act::DropRequest, Act::DropAnswer] {
            let proxy = proxy().await;
            (1..=spoilt).for_each(|nth| proxy.on(Get, nth, act.clone()));
            let reply = executor(&proxy, LONG).perform(&get(SERVER)).await;
            assert_eq!(proxy.seen().len(), sent, "{spoilt} of them failed");
            assert_eq!(matches!(reply, Reply::Holding(_)), answered, "{reply:?}");
            assert_eq!(matches!(reply, Reply::Unreachable(_)), !answered, "{reply:?}");
        }
    }
    // A proxy whose service is away for a moment, and a deadlock in Placement's database.
    for (spoilt, sent, answered) in [(1, 2, true), (2, 3, true), (3, 3, false)] {
        for canned in [Canned::unavailable(), Canned::internal_error()] {
            let proxy = proxy().await;
            (1..=spoilt).for_each(|nth| proxy.on(Get, nth, Act::Answer(canned.clone())));
            let reply = executor(&proxy, LONG).perform(&get(SERVER)).await;
            assert_eq!(proxy.seen().len(), sent, "{spoilt} of them failed");
            assert_eq!(matches!(reply, Reply::Holding(_)), answered, "{reply:?}");
            assert_eq!(matches!(reply, Reply::Foreign(_) | Reply::Refused(_)), !answered, "{reply:?}");
        }
    }
    for canned in [Canned::unauthorized(), Canned::garbage()] {
        let proxy = proxy().await;
        proxy.on(Get, 1, Act::Answer(canned));
        let reply = executor(&proxy, LONG).perform(&get(SERVER)).await;
        assert!(matches!(reply, Reply::Refused(_) | Reply::Foreign(_)), "{reply:?}");
        assert_eq!(proxy.seen().len(), 1);
    }
}

/// A front end answers 429 instead of passing the request on, so it may be sent again.
#[tokio::test]
async fn a_request_beyond_a_front_ends_limit_is_sent_again_after_its_time() {
    for (method, effect) in [(Get, get(SERVER)), (Put, delete()), (Post, post())] {
        for (limits, sent, done) in
            [(&["0"][..], 2, true), (&["0", "1"], 3, true), (&["0"; 3], 3, false), (&["31"], 1, false)]
        {
            let proxy = proxy().await;
            limits.iter().zip(1..).for_each(|(retry_after, nth)| proxy.on(method, nth, Act::Limit(retry_after)));
            let reply = executor(&proxy, LONG).perform(&effect).await;
            assert_eq!(proxy.seen().len(), sent, "{method} {limits:?}");
            assert_eq!(matches!(reply, Reply::Holding(_) | Reply::Written), done, "{method} {limits:?}: {reply:?}");
            assert_eq!(matches!(reply, Reply::Foreign(_)), !done, "{method} {limits:?}: {reply:?}");
            assert_eq!(holds(&proxy).await, method == Get || !done, "{method} {limits:?}");
        }
    }
}

#[tokio::test]
async fn a_write_is_sent_once_and_is_lost_without_an_answer() {
    for (act, done) in [(Act::DropRequest, false), (Act::DropAnswer, true)] {
        for (method, write) in [(Put, delete()), (Post, post())] {
            let proxy = proxy().await;
            proxy.on(method, 1, act.clone());
            let reply = executor(&proxy, LONG).perform(&write).await;
            assert!(matches!(reply, Reply::Lost(_)), "{reply:?}");
            assert_eq!(proxy.seen().len(), 1);
            assert_eq!(!holds(&proxy).await, done);
        }
    }
}

#[tokio::test]
async fn a_write_that_finds_no_connection_was_not_sent() {
    let proxy = proxy().await;
    proxy.close().await;
    for write in [delete(), post()] {
        let reply = executor(&proxy, LONG).perform(&write).await;
        assert!(matches!(reply, Reply::Unreachable(_)), "{reply:?}");
    }
    proxy.open().await.unwrap();
    assert!(holds(&proxy).await);
}

/// The connection stays open, so only the client's own timeout ends the request.
#[tokio::test]
async fn an_answer_that_takes_too_long_is_lost() {
    for (method, write) in [(Put, delete()), (Post, post())] {
        let proxy = proxy().await;
        proxy.on(method, 1, Act::HoldAnswer);
        let reply = executor(&proxy, Duration::from_secs(3)).perform(&write).await;
        assert!(matches!(reply, Reply::Lost(_)), "{reply:?}");
        assert_eq!(proxy.seen().len(), 1, "a write is sent once");
        assert!(!holds(&proxy).await, "it was done nevertheless");
    }
    let proxy = proxy().await;
    (1..=3).for_each(|nth| proxy.on(Get, nth, Act::HoldAnswer));
    let reply = executor(&proxy, Duration::from_millis(300)).perform(&get(SERVER)).await;
    assert!(matches!(reply, Reply::Unreachable(_)), "{reply:?}");
    assert_eq!(proxy.seen().len(), 3, "a read is sent again");
}

#[tokio::test]
async fn connections_are_kept() {
    let proxy = Proxy::start_keeping_alive(&model().await).await.unwrap();
    let executor = executor(&proxy, LONG);
    for _ in 0..5 {
        assert!(matches!(executor.perform(&get(SERVER)).await, Reply::Holding(_)));
    }
    assert!(matches!(executor.perform(&delete()).await, Reply::Written));
    let requests = proxy.requests();
    let connections: BTreeSet<_> = requests.iter().map(|request| request.connection).collect();
    assert_eq!((requests.len(), connections.len()), (6, 1), "{requests:?}");
    executor.perform_all(&[get(SERVER), get(MIGRATION)]).await;
    let connections: BTreeSet<_> = proxy.requests().iter().map(|request| request.connection).collect();
    assert!(connections.len() <= 2, "two at once need no more than two: {connections:?}");
}

#[tokio::test]
async fn every_request_names_its_client_and_request_id() {
    let proxy = proxy().await;
    proxy.on(Get, 1, Act::DropRequest);
    let executor = executor(&proxy, LONG);
    executor.perform(&get(SERVER)).await;
    executor.perform(&post()).await;
    let requests = proxy.requests();
    assert_eq!(
        json!(proxy.seen()),
        json!([format!("GET /allocations/{SERVER}"), format!("GET /allocations/{SERVER}"), "POST /allocations"])
    );
    let mut ids = BTreeSet::new();
    for request in &requests {
        let header = |name| request.header(name);
        let id = header("x-openstack-request-id").unwrap();
        let uuid = id.strip_prefix("req-").unwrap_or_else(|| panic!("{id} does not begin with req-"));
        assert_eq!(uuid.parse::<Uuid>().unwrap().to_string(), uuid, "in lower case with dashes");
        ids.insert(id);
        assert_eq!(header("x-auth-token"), Some("admin"));
        assert_eq!(header("openstack-api-version"), Some("placement 1.28"));
        assert_eq!(header("accept"), Some("application/json"));
        assert_eq!(header("accept-encoding"), Some("identity"));
        assert_eq!(header("user-agent"), Some(concat!("swaparoo/", env!("CARGO_PKG_VERSION"))));
        let content = (request.method == "POST").then_some("application/json");
        assert_eq!(header("content-type"), content);
    }
    assert_eq!(ids.len(), requests.len(), "each request has a new id, also a repeated read");
}

#[tokio::test]
async fn requests_for_a_caller_have_the_callers_request_id() {
    let proxy = proxy().await;
    proxy.on(Get, 1, Act::DropRequest);
    let LiveExecutor { placement, nova, caller } = executor(&proxy, LONG);
    let asked = format!("req-{}", Uuid::new_v4());
    let executor = LiveExecutor { placement: placement.on_behalf_of(&asked), nova, caller };
    executor.perform(&get(SERVER)).await;
    executor.perform(&post()).await;
    let requests = proxy.requests();
    let ids: Vec<_> = requests.iter().map(|request| request.header("x-openstack-request-id")).collect();
    assert_eq!(ids, [Some(asked.as_str()); 3]);
}
