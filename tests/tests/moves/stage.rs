//! A stage: two providers and two consumers of its own on a real Placement, with a proxy before it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};

use serde_json::{Value, json};
use swaparoo::contract::{MoveTask, ReplaceTask, ServerState, Task};
use swaparoo::drive::{Run, drive};
use swaparoo::placement::{Auth, Http, Placement};
use swaparoo::policy::{Cache, Engine, Limits, Policy};
use swaparoo::world::{Nova, World};
use swaparoo_placement::Request;
use swaparoo_real_placement::{Client, Options, Proxy, RealPlacement};
use tokio::sync::{Mutex, OwnedMutexGuard};
use uuid::Uuid;

use super::row::{Asked, Is, Row};

static PLACEMENT: LazyLock<RealPlacement> = LazyLock::new(|| RealPlacement::start().unwrap());
/// A Placement, and a second server on its database that never tries again by itself.
static CONFLICTING: LazyLock<[RealPlacement; 2]> = LazyLock::new(|| {
    let plain = RealPlacement::start().unwrap();
    let beside = plain.start_beside(Options { conflict_retries: 0, ..Options::default() }).unwrap();
    [plain, beside]
});
/// Two servers that write to one sqlite file at once lock each other out, so their stages are set one by one.
static ONE_BY_ONE: LazyLock<Arc<Mutex<()>>> = LazyLock::new(Arc::default);
static POLICIES: LazyLock<[Policy; 3]> = LazyLock::new(|| {
    let engine = Engine::new(Limits::default(), Cache::off()).unwrap();
    ["standard", "seed", "nova-34"].map(|name| engine.resolve(name).unwrap())
});

pub struct Stage {
    pub proxy: Proxy,
    /// Straight to Placement.
    pub client: Client,
    pub node: String,
    pub other: String,
    pub source: String,
    pub target: String,
    _alone: Option<OwnedMutexGuard<()>>,
}

impl Stage {
    /// Sets the row's stage, runs its task under `policy`, and says how it ended and who holds what, as
    /// `END SOURCE TARGET`: `2` is 2 VCPU of the node, `3*` 3 of the other, `-` nothing.
    pub async fn play(row: &Row, policy: &str) -> String {
        let stage = Arc::new(Self::set(row).await);
        for spoil in &row.spoils {
            spoil(stage.clone()).await;
        }
        let run = stage.run(row, policy).await;
        let end = match &run.end {
            Ok(outcome) => serde_json::to_value(outcome).unwrap()["kind"].as_str().unwrap().to_owned(),
            Err(failure) => failure.code(),
        };
        format!("{end} {} {}", stage.holds(&stage.source).await, stage.holds(&stage.target).await)
    }

    async fn set(row: &Row) -> Self {
        let alone = if row.conflicting { Some(ONE_BY_ONE.clone().lock_owned().await) } else { None };
        let servers = if row.conflicting {
            || CONFLICTING.each_ref().map(|server| server.url())
        } else {
            || [PLACEMENT.url(), PLACEMENT.url()]
        };
        let [url, asked] = tokio::task::spawn_blocking(servers).await.unwrap();
        let [node, other, source, target] = std::array::from_fn(|_| Uuid::new_v4().to_string());
        let proxy = Proxy::start(asked).await.unwrap();
        let stage = Self { proxy, client: Client::new(url), node, other, source, target, _alone: alone };
        stage.provider(&stage.node, json!({ "total": 16 })).await;
        stage.provider(&stage.other, json!({ "total": 16 })).await;
        stage.begin(&stage.source, row.source).await;
        stage.begin(&stage.target, row.target).await;
        stage
    }

    async fn provider(&self, uuid: &str, vcpu: Value) {
        self.done(Request::post("/resource_providers", json!({ "uuid": uuid, "name": uuid }))).await;
        self.inventory(uuid, vcpu).await;
    }

    /// Gives the provider another inventory of VCPU.
    pub async fn inventory(&self, provider: &str, vcpu: Value) {
        let path = format!("/resource_providers/{provider}/inventories");
        let now = self.client.send(&Request::get(&path)).await.unwrap().body;
        let body = json!({
            "resource_provider_generation": now["resource_provider_generation"],
            "inventories": { "VCPU": vcpu },
        });
        self.done(Request::put(&path, body)).await;
    }

    async fn begin(&self, consumer: &str, is: Is) {
        match is {
            Is::Unknown => {}
            Is::Orphan => self.write(consumer, json!({})).await,
            Is::Holding => self.give(consumer, &self.node, 2).await,
            Is::Claiming => self.give(consumer, &self.other, 3).await,
        }
    }

    /// Lets a consumer hold this, and nothing else, at whatever generation it is.
    pub async fn give(&self, consumer: &str, provider: &str, vcpu: u32) {
        self.write(consumer, json!({ provider: { "resources": { "VCPU": vcpu } } })).await;
    }

    async fn write(&self, consumer: &str, allocations: Value) {
        let path = format!("/allocations/{consumer}");
        let now = self.client.send(&Request::get(&path)).await.unwrap().body;
        let body = json!({
            "allocations": allocations,
            "project_id": "project",
            "user_id": "user",
            "consumer_generation": now.get("consumer_generation"),
        });
        self.done(Request::put(&path, body)).await;
    }

    /// Takes away what a consumer holds.
    pub async fn delete(&self, consumer: &str) {
        self.done(Request::delete(&format!("/allocations/{consumer}"))).await;
    }

    async fn done(&self, request: Request) {
        let answer = self.client.send(&request).await.unwrap();
        assert!(answer.is_success(), "{} {}: {}", request.method, request.path, answer.body);
    }

    async fn run(&self, row: &Row, policy: &str) -> Run {
        let asked = AtomicUsize::new(0);
        let says = row.server;
        let nova = Nova::Caller(Arc::new(move |_| {
            let nth = asked.fetch_add(1, Ordering::Relaxed);
            says.get(nth).or(says.last()).copied().unwrap_or(ServerState::Unknown)
        }));
        let http = Http::new(&self.proxy.url().parse().unwrap(), Auth::Token("admin".into())).unwrap();
        let world = World { placement: Placement::Http(http), nova };
        let policy = POLICIES.iter().find(|one| one.description().name == policy).unwrap();
        drive(policy, &self.task(row.asked), &world, &mut ()).await
    }

    fn task(&self, asked: Asked) -> Task {
        let (source, target) = (self.source.clone(), self.target.clone());
        let replace = |node: &String| ReplaceTask {
            server: source.clone(),
            migration: target.clone(),
            source_node: Some(node.clone()),
        };
        match asked {
            Asked::Swap => Task::Move(MoveTask { source, target, target_is_new: true }),
            Asked::Back => Task::Move(MoveTask { source, target, target_is_new: false }),
            Asked::ToItself => Task::Move(MoveTask { target: source.clone(), source, target_is_new: false }),
            Asked::Replace => Task::Replace(replace(&self.node)),
            Asked::ReplaceElsewhere => Task::Replace(replace(&self.other)),
        }
    }

    async fn holds(&self, consumer: &str) -> String {
        let shown = self.client.send(&Request::get(&format!("/allocations/{consumer}"))).await.unwrap().body;
        let mut held = String::new();
        for (provider, mark) in [(&self.node, ""), (&self.other, "*")] {
            if let Some(amount) = shown["allocations"][provider]["resources"]["VCPU"].as_u64() {
                held.push_str(&format!("{amount}{mark}"));
            }
        }
        if held.is_empty() { "-".to_owned() } else { held }
    }
}
