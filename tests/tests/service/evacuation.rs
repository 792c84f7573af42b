//! A compute node is evacuated: all its servers move at once, and all write to the same resource provider.

use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::join_all;
use serde_json::json;
use swaparoo::clients::placement::{Auth, Http, Placement};
use swaparoo::contract::{Allocation, Effect, NewHolding, PostAllocations, Refusal, Reply, ResourceAmount};
use swaparoo_placement::Method;
use swaparoo_tests::sample;

use super::conductor::{Conductor, Scheduling};
use super::held_requests::HeldRequests;
use super::placement_fixture::PlacementFixture;
use super::serve::{Serve, change, command, configure};
use super::tasks::{new, swap};

/// The requests to Placement of all tasks.
#[derive(Debug)]
struct Asked {
    posts: usize,
    /// The number of POST by the number of merged writes, from the service's metrics.
    merged: (u64, u64),
}

fn posts(placement: &PlacementFixture) -> usize {
    placement.proxy.seen().iter().filter(|request| request.starts_with("POST ")).count()
}

/// The value of a series of `/metrics`.
async fn alone(serve: &Serve, name: &str) -> u64 {
    let view = serve.get("/metrics").await;
    let lines = view.body.as_str().unwrap_or_default().lines();
    let value = lines.filter_map(|line| line.strip_prefix(name)?.strip_prefix(' ')).next();
    value.map_or(0, |value| value.parse().unwrap())
}

/// Moves this many servers at once, with this `placement.batch`. Writes are held until (nearly) all tasks have read; at
/// that moment `meanwhile` is applied to the first few servers.
async fn evacuate(placement: &PlacementFixture, servers: usize, batch: usize, meanwhile: usize) -> Asked {
    let folder = tempfile::tempdir().unwrap();
    configure(folder.path(), &placement.proxy.url(), "");
    change(folder.path(), "[placement]\n", &format!("[placement]\nbatch = {batch}\n"));
    let serve = Serve::run(folder.path(), command(folder.path()));
    let mut pairs = Vec::with_capacity(servers);
    for _ in 0..servers {
        pairs.push((placement.holder().await, new()));
    }
    let held = HeldRequests::before(&placement.proxy, Method::Post);
    let moving = pairs.iter().map(async |(server, migration)| serve.post("/v1/tasks", &swap(server, migration)).await);
    let ids: Vec<String> = join_all(moving).await.iter().map(|answer| answer.text("/id").to_owned()).collect();
    held.wait_for(1).await;
    // Two decisions for each task: to read, and to write.
    while decisions(&serve).await < 2 * servers {
        tokio::task::yield_now().await;
    }
    for (server, _) in &pairs[..meanwhile] {
        placement.rewriter(server)().await;
    }
    held.release();
    for (id, (server, migration)) in ids.iter().zip(&pairs) {
        let done = serve.get(&format!("/v1/tasks/{id}?wait=30")).await;
        assert_eq!(done.end(), ("finished", "moved"), "{}", done.body);
        assert_eq!((placement.holds(server).await, placement.holds(migration).await), (0, 2), "{}", done.body);
    }
    assert_eq!(placement.used().await, 2 * servers as u64, "nothing is held twice");
    let name = "swaparoo_placement_post_writes";
    let merged = (alone(&serve, &format!("{name}_count")).await, alone(&serve, &format!("{name}_sum")).await);
    Asked { posts: posts(placement), merged }
}

async fn decisions(serve: &Serve) -> usize {
    let view = serve.get("/metrics").await;
    let lines = view.body.as_str().unwrap_or_default().lines();
    let counts = lines.filter_map(|line| line.strip_prefix("swaparoo_step_seconds_count")?.rsplit_once(' '));
    counts.map(|(_, count)| count.parse::<usize>().unwrap()).sum()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_hundred_servers_leave_a_node_with_a_tenth_of_the_writes() {
    let asked = evacuate(&PlacementFixture::model().await, 500, 64, 0).await;
    assert_eq!(asked.merged, (asked.posts as u64, 500), "each is in one POST, and none was refused: {asked:?}");
    assert!((8..=50).contains(&asked.posts), "{asked:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_of_one_is_a_write_a_server() {
    let asked = evacuate(&PlacementFixture::model().await, 50, 1, 0).await;
    assert_eq!((asked.posts, asked.merged), (50, (0, 0)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_servers_leave_a_node_of_the_real_placement() {
    let asked = evacuate(&PlacementFixture::real().await, 60, 64, 0).await;
    assert_eq!(asked.merged, (asked.posts as u64, 60), "each is in one POST, and none was refused: {asked:?}");
    assert!((2..=30).contains(&asked.posts), "{asked:?}");
}

/// Whole migrations: a conductor answers the thirteen questions of each one, and each is swapped, claimed and cast.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hundreds_of_migrations_leave_a_node_at_once() {
    let servers = sample::size(150, 500);
    let (placement, folder) = (Arc::new(PlacementFixture::model().await), tempfile::tempdir().unwrap());
    let destination = placement.another_node().await;
    let serve = Arc::new(Serve::start(folder.path(), &placement.proxy.url()));
    let mut migrations = tokio::task::JoinSet::new();
    for nth in 0..servers {
        let (placement, destination, serve) = (placement.clone(), destination.clone(), serve.clone());
        migrations.spawn(async move {
            let mut conductor = Conductor::new(&placement, &destination, Scheduling::Found).await;
            let asked = [json!(format!("migration {nth}")), conductor.resize()];
            let view = conductor.run_to_end(&serve, asked.each_ref(), None).await.expect("an answer");
            assert_eq!((view.end().1, conductor.holds().await), ("started", [0, 3, 2]), "{:#}", view.body);
        });
    }
    assert_eq!(migrations.join_all().await.len(), servers);
    sample::say(&format!("{servers} migrations left a node at once"));
    assert_eq!(placement.used().await, 2 * servers as u64, "each is held once on the source, by its migration");
    assert_eq!(serve.get("/v1/tasks?state=open").await.body["tasks"], json!([]));
}

/// Another client writes to two of the servers after their tasks have read them: the merged write is refused, and the
/// other tasks are not affected.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_servers_leave_after_a_refused_batch() {
    for placement in [PlacementFixture::model().await, PlacementFixture::real().await] {
        let asked = evacuate(&placement, 20, 64, 2).await;
        let (merged, writes) = asked.merged;
        assert_eq!(writes, 22, "two wrote twice: {asked:?}");
        assert!(asked.posts as u64 > merged, "each refused one was sent alone: {asked:?}");
    }
}

/// If a write names an unknown provider, Placement leaves empty records for all new consumers of this write, and then
/// refuses their null generations.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unknown_provider_affects_only_its_own_task_on_the_real_placement() {
    let placement = PlacementFixture::real().await;
    let http = Http::new(&placement.proxy.url().parse().unwrap(), Auth::Token("admin".into())).unwrap();
    let client = Placement::Http(http).batching(64.try_into().unwrap());
    let held = HeldRequests::before(&placement.proxy, Method::Post);
    let (first, wrong) = (new(), new());
    let consumers = [first.clone(), new(), wrong.clone(), new()];
    let effects = consumers.clone().map(|consumer| {
        let more = (consumer == wrong).then(|| allocation(&new()));
        write(&consumer, [allocation(placement.node())].into_iter().chain(more).collect())
    });
    let mut writing: Vec<_> = effects.iter().map(|effect| client.perform(effect).boxed()).collect();
    // In this order, since the others wait for the first.
    assert!(writing.iter_mut().all(|write| write.now_or_never().is_none()));
    held.wait_for(1).await;
    held.release();
    for (consumer, reply) in consumers.iter().zip(join_all(writing).await) {
        match reply.unwrap() {
            Reply::Written if *consumer != wrong => assert_eq!(placement.holds(consumer).await, 1),
            Reply::Refused(Refusal { status: 400, detail, .. }) if *consumer == wrong => {
                assert!(detail.contains("does not exist"), "{detail}");
            }
            reply => panic!("{consumer}: {reply:?}"),
        }
    }
    assert_eq!(placement.used().await, 3);
    assert_eq!(posts(&placement), 8, "alone, together, and three alone: at null, and at the empty record's generation");
}

fn allocation(node: &str) -> Allocation {
    Allocation { provider: node.to_owned(), resources: vec![ResourceAmount { class: "VCPU".into(), amount: 1 }] }
}

fn write(consumer: &str, allocations: Vec<Allocation>) -> Effect {
    let [consumer, project, user] = [consumer, "project", "user"].map(str::to_owned);
    let new = NewHolding { consumer, project, user, generation: None, allocations };
    Effect::PostAllocations(PostAllocations { consumers: vec![new] })
}
