//! Two providers and two consumers on a real Placement, with a proxy in front of it.

use std::sync::{Arc, LazyLock};

use serde_json::{Value, json};
use swaparoo::clients::placement::{Auth, Http, Placement};
use swaparoo::contract::{
    ComputeNodeAnswer, Effect, Exchange, FindComputeNode, MoveTask, ReplaceTask, Reply, RevertTask, ServerState, Task,
};
use swaparoo::drive::{Run, go_on};
use swaparoo::engine::{Cache, Engine, Limits, Policy};
use swaparoo::executor::{LiveExecutor, NovaSource};
use swaparoo::task_clock::TaskClock;
use swaparoo_placement::{Method, Request};
use swaparoo_real_placement::{Act, Client, Options, Proxy, RealPlacement};
use tokio::sync::{Mutex, OwnedMutexGuard};
use uuid::Uuid;

use super::reported_end;
use super::row::{Conflicts, InitialState, Row, TaskKind};

static PLACEMENT: LazyLock<RealPlacement> = LazyLock::new(|| RealPlacement::start().unwrap());
/// A Placement, and a second server on its database that does not retry conflicts.
static CONFLICTING: LazyLock<[RealPlacement; 2]> = LazyLock::new(|| {
    let plain = RealPlacement::start().unwrap();
    let beside = plain.start_beside(Options { conflict_retries: 0, ..Options::default() }).unwrap();
    [plain, beside]
});
/// Two servers that write to one sqlite file at the same time lock each other out, so their fixtures are prepared one
/// by one.
static ONE_BY_ONE: LazyLock<Arc<Mutex<()>>> = LazyLock::new(Arc::default);
static POLICIES: LazyLock<[Policy; 3]> = LazyLock::new(|| {
    let engine = Engine::new(Limits::default(), Cache::off()).unwrap();
    ["standard", "seed", "nova-34"].map(|name| engine.resolve(name).unwrap())
});

pub struct Fixture {
    pub proxy: Proxy,
    /// Direct access to Placement, without the proxy.
    pub client: Client,
    pub node: String,
    pub other: String,
    pub source: String,
    pub target: String,
    /// For each question to nova: the number of requests before it.
    nova_asked: std::sync::Mutex<Vec<usize>>,
    _alone: Option<OwnedMutexGuard<()>>,
}

impl Fixture {
    /// Prepares the row's fixture, runs its task under `policy`, and returns `END SOURCE TARGET REQUESTS`. An end has
    /// its status or index in the history, and `?` if it does not know the allocations. `2` means 2 VCPU of
    /// the node, `3*` 3 of the other node, `-` nothing. `t` means that the target's project and user own them, and `@2`
    /// the consumer generation 2; the source's owner and generation 1 are not shown. The requests are in order: `G`et,
    /// `P`ost, p`U`t, and nova a`S`ked.
    pub async fn play(row: &Row, policy: &str) -> String {
        let fixture = Arc::new(Self::set(row).await);
        for prepare in &row.preparations {
            prepare(fixture.clone()).await;
        }
        let run = fixture.run(row, policy).await;
        let (end, source, target) =
            (reported_end::end(&run), fixture.holds(&fixture.source).await, fixture.holds(&fixture.target).await);
        let false_claims = reported_end::false_claims(&run, &fixture).await;
        format!("{end} {source} {target} {}{false_claims}", fixture.requests())
    }

    async fn set(row: &Row) -> Self {
        let alone = if row.conflicts == Conflicts::Never { None } else { Some(ONE_BY_ONE.clone().lock_owned().await) };
        let servers = if row.conflicts == Conflicts::Never {
            || [PLACEMENT.url(), PLACEMENT.url()]
        } else {
            || CONFLICTING.each_ref().map(|server| server.url())
        };
        let [plain, beside] = tokio::task::spawn_blocking(servers).await.unwrap();
        let [node, other, source, target] = std::array::from_fn(|_| Uuid::new_v4().to_string());
        let proxy = Proxy::start(if row.conflicts == Conflicts::Always { beside } else { plain }).await.unwrap();
        if row.conflicts == Conflicts::Once {
            proxy.on(Method::Post, 1, Act::Elsewhere(beside.to_owned()));
        }
        let nova_asked = std::sync::Mutex::default();
        let fixture =
            Self { proxy, client: Client::new(plain), node, other, source, target, nova_asked, _alone: alone };
        fixture.provider(&fixture.node).await;
        fixture.provider(&fixture.other).await;
        fixture.begin(&fixture.source, row.source).await;
        fixture.begin(&fixture.target, row.target).await;
        fixture
    }

    async fn provider(&self, uuid: &str) {
        self.done(Request::post("/resource_providers", json!({ "uuid": uuid, "name": uuid }))).await;
        self.inventory(uuid, json!({ "total": 16 })).await;
    }

    /// Changes the provider's inventory of VCPU.
    pub async fn inventory(&self, provider: &str, vcpu: Value) {
        let path = format!("/resource_providers/{provider}/inventories");
        let now = self.client.send(&Request::get(&path)).await.unwrap().body;
        let body = json!({
            "resource_provider_generation": now["resource_provider_generation"],
            "inventories": { "VCPU": vcpu },
        });
        self.done(Request::put(&path, body)).await;
    }

    async fn begin(&self, consumer: &str, state: InitialState) {
        match state {
            InitialState::Unknown => {}
            InitialState::Orphan => self.write(consumer, json!({})).await,
            InitialState::Holding => self.give(consumer, &self.node, 2).await,
            InitialState::Claiming => self.give(consumer, &self.other, 3).await,
        }
    }

    /// Sets a consumer's allocations, at its current generation.
    pub async fn give(&self, consumer: &str, provider: &str, vcpu: u32) {
        self.write(consumer, json!({ provider: { "resources": { "VCPU": vcpu } } })).await;
    }

    /// Writes a consumer's allocations with its own project and user.
    pub async fn write(&self, consumer: &str, allocations: Value) {
        let path = format!("/allocations/{consumer}");
        let now = self.client.send(&Request::get(&path)).await.unwrap().body;
        let [project, user] = self.owner(consumer);
        let body = json!({
            "allocations": allocations,
            "project_id": project,
            "user_id": user,
            "consumer_generation": now.get("consumer_generation"),
        });
        self.done(Request::put(&path, body)).await;
    }

    fn owner(&self, consumer: &str) -> [&'static str; 2] {
        if consumer == self.source { ["source-project", "source-user"] } else { ["target-project", "target-user"] }
    }

    /// Removes a consumer's allocations.
    pub async fn delete(&self, consumer: &str) {
        self.done(Request::delete(&format!("/allocations/{consumer}"))).await;
    }

    /// Sends a request that must succeed.
    pub async fn done(&self, request: Request) {
        let answer = self.client.send(&request).await.unwrap();
        assert!(answer.is_success(), "{} {}: {}", request.method, request.path, answer.body);
    }

    async fn run(self: &Arc<Self>, row: &Row, policy: &str) -> Run {
        let (fixture, says) = (self.clone(), row.server);
        let nova = NovaSource::Caller(Arc::new(move |_| {
            let mut asked = fixture.nova_asked.lock().unwrap();
            asked.push(fixture.proxy.seen().len());
            says.get(asked.len() - 1).or(says.last()).copied().unwrap_or(ServerState::Unknown)
        }));
        let http = Http::new(&self.proxy.url().parse().unwrap(), Auth::Token(row.token.into())).unwrap();
        let executor = LiveExecutor { placement: Placement::Http(http), nova, caller: None };
        let policy = POLICIES.iter().find(|one| one.description().name == policy).unwrap();
        go_on(policy, &self.task(row.kind), self.begun(row.kind), TaskClock::Off, &executor, &mut ()).await
    }

    fn task(&self, kind: TaskKind) -> Task {
        let (source, target) = (self.source.clone(), self.target.clone());
        let replace = |node: Option<&String>| ReplaceTask {
            server: source.clone(),
            migration: target.clone(),
            source_node: node.cloned(),
        };
        match kind {
            TaskKind::Swap => Task::Move(MoveTask { source, target, target_is_new: true }),
            TaskKind::Back => Task::Move(MoveTask { source, target, target_is_new: false }),
            TaskKind::ToItself => Task::Move(MoveTask { target: source.clone(), source, target_is_new: false }),
            TaskKind::Replace => Task::Replace(replace(Some(&self.node))),
            TaskKind::ReplaceElsewhere => Task::Replace(replace(Some(&self.other))),
            TaskKind::ReplaceUnnamed | TaskKind::ReplaceFound | TaskKind::ReplaceNotFound => {
                Task::Replace(replace(None))
            }
            TaskKind::Revert => Task::Revert(RevertTask { server: target, migration: source }),
        }
    }

    /// The history that the task continues from: nova's answer about the compute node.
    fn begun(&self, kind: TaskKind) -> Vec<Exchange> {
        let node = match kind {
            TaskKind::ReplaceFound => Some(self.node.clone()),
            TaskKind::ReplaceNotFound => None,
            _ => return Vec::new(),
        };
        let effect = Effect::FindComputeNode(FindComputeNode { server: self.source.clone() });
        vec![Exchange::new(effect, Reply::ComputeNode(ComputeNodeAnswer { node }))]
    }

    /// A consumer's state in Placement.
    pub async fn shown(&self, consumer: &str) -> Value {
        self.client.send(&Request::get(&format!("/allocations/{consumer}"))).await.unwrap().body
    }

    async fn holds(&self, consumer: &str) -> String {
        let shown = self.shown(consumer).await;
        let mut held = String::new();
        for (provider, mark) in [(&self.node, ""), (&self.other, "*")] {
            if let Some(amount) = shown["allocations"][provider]["resources"]["VCPU"].as_u64() {
                held.push_str(&format!("{amount}{mark}"));
            }
        }
        if held.is_empty() {
            return "-".to_owned();
        }
        let owner = [&shown["project_id"], &shown["user_id"]];
        if owner == self.owner(&self.target) {
            held.push('t');
        } else if owner != self.owner(&self.source) {
            held.push_str(&format!("{owner:?}"));
        }
        match &shown["consumer_generation"] {
            first if first == 1 => held,
            later => format!("{held}@{later}"),
        }
    }

    fn requests(&self) -> String {
        let mut requests: Vec<char> = self.proxy.seen().iter().map(|request| letter(request)).collect();
        for at in self.nova_asked.lock().unwrap().iter().rev() {
            requests.insert(*at, 'S');
        }
        if requests.is_empty() { "-".to_owned() } else { requests.into_iter().collect() }
    }
}

fn letter(request: &str) -> char {
    match request.split(' ').next() {
        Some("GET") => 'G',
        Some("POST") => 'P',
        Some("PUT") => 'U',
        _ => '!',
    }
}
