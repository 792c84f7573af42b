//! Far more tasks than Placement may be asked at once, with slow answers: all of them end correctly, and the number of
//! requests at once never exceeds the limit, also after a kill and a restart.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use swaparoo_placement::Method;
use swaparoo_real_placement::Act;

use super::many_connections::with_descriptors;
use super::placement_fixture::PlacementFixture;
use super::serve::{Serve, configure};
use super::tasks::{new, swap};

/// At night, the maximum of open tasks.
fn tasks() -> usize {
    if std::env::var_os("SWAPAROO_NIGHTLY").is_some() { 10_000 } else { 800 }
}

/// The requests that a slow Placement is processing.
#[derive(Clone, Default)]
struct Slow(Arc<Counts>);

#[derive(Default)]
struct Counts {
    now: AtomicUsize,
    most: AtomicUsize,
}

impl Slow {
    fn before(placement: &PlacementFixture, answer: Duration) -> Self {
        let slow = Self::default();
        for method in [Method::Get, Method::Post, Method::Put] {
            let slow = slow.clone();
            placement.proxy.every(method, Act::first(move || slow.clone().pass(answer)));
        }
        slow
    }

    async fn pass(self, answer: Duration) {
        let now = self.0.now.fetch_add(1, Ordering::Relaxed) + 1;
        self.0.most.fetch_max(now, Ordering::Relaxed);
        tokio::time::sleep(answer).await;
        self.0.now.fetch_sub(1, Ordering::Relaxed);
    }

    /// The maximum at once since the last call.
    fn most(&self) -> usize {
        self.0.most.swap(0, Ordering::Relaxed)
    }
}

/// The number of tasks in this state.
async fn count(serve: &Serve, which: &str) -> usize {
    let (mut count, mut next) = (0, Some(format!("/v1/tasks?limit=1000&{which}")));
    while let Some(path) = next {
        let page = serve.get(&path).await;
        count += page.body["tasks"].as_array().unwrap_or_else(|| panic!("{}", page.body)).len();
        next = page.body["next"].as_str().map(str::to_owned);
    }
    count
}

async fn all_have_ended(serve: &Serve) {
    let (began, mut left, mut moved) = (Instant::now(), usize::MAX, Instant::now());
    while left > 0 {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let now = count(serve, "state=open").await;
        moved = if now < left { Instant::now() } else { moved };
        left = now;
        assert!(moved.elapsed() < Duration::from_secs(60), "{left} are open after {:?}", began.elapsed());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_tasks_on_a_slow_placement_end_correctly_with_few_descriptors() {
    const DESCRIPTORS: usize = 160;
    let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
    let mut sources = Vec::with_capacity(tasks());
    for _ in 0..tasks() {
        sources.push(placement.holder().await);
    }
    configure(folder.path(), &placement.proxy.url(), "");
    let serve = Serve::run(folder.path(), with_descriptors(folder.path(), DESCRIPTORS));
    let slow = Slow::before(&placement, Duration::from_millis(200));
    for some in sources.chunks(16) {
        let asked = join_all(some.iter().map(async |source| serve.post("/v1/tasks", &swap(source, &new())).await));
        for answer in asked.await {
            assert_eq!(answer.status, 201, "{}", answer.body);
        }
    }
    let most = slow.most();
    assert!((4..=64).contains(&most), "{most} requests at once");
    // The service is killed during all of them.
    serve.process().kill();
    tokio::time::sleep(Duration::from_millis(500)).await;
    slow.most();
    let serve = Serve::run(folder.path(), with_descriptors(folder.path(), DESCRIPTORS));
    all_have_ended(&serve).await;
    let most = slow.most();
    assert!((4..=64).contains(&most), "{most} requests at once after the start");
    let ends = [count(&serve, "outcome=moved").await, count(&serve, "outcome=already-moved").await];
    assert_eq!(ends.iter().sum::<usize>(), sources.len(), "moved, and done already before the kill: {ends:?}");
    assert_eq!(count(&serve, "outcome=unreachable").await, 0);
    for source in sources.iter().step_by(sources.len() / 20) {
        assert_eq!(placement.holds(source).await, 0);
    }
}
