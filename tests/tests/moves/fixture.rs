//! Two providers and two consumers on a real Placement, with a proxy in front of it.

use std::sync::{Arc, LazyLock};

use serde_json::{Value, json};
use swaparoo::clients::placement::{Auth, Http, Placement};
use swaparoo::contract::{Exchange, ServerState, Task};
use swaparoo::drive::{Run, go_on};
use swaparoo::engine::{Cache, Engine, Limits, Policy};
use swaparoo::executor::{LiveExecutor, NovaSource};
use swaparoo::simulation::Party;
use swaparoo::simulation::scenario::{ConsumerState, Scenario};
use swaparoo::task_clock::TaskClock;
use swaparoo_placement::{Method, Request};
use swaparoo_real_placement::{Act, Client, Options, Proxy, RealPlacement};
use tokio::sync::{Mutex, OwnedMutexGuard};

use super::random_ids::RandomIds;
use super::reported_end;
use super::request_event::{self, Conflicts};

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
    task: Task,
    /// The history that the task continues from.
    history: Vec<Exchange>,
    /// For each question to nova: the number of requests before it.
    nova_asked: std::sync::Mutex<Vec<usize>>,
    _alone: Option<OwnedMutexGuard<()>>,
}

impl Fixture {
    /// Prepares the scenario's fixture, runs its task under `policy`, and returns `END SOURCE TARGET REQUESTS`. An end has
    /// its status or index in the history, and `?` if it does not know the allocations. `2` means 2 VCPU of
    /// the node, `3*` 3 of the other node, `-` nothing. `t` means that the target's project and user own them, and `@2`
    /// the consumer generation 2; the source's owner and generation 1 are not shown. The requests are in order: `G`et,
    /// `P`ost, p`U`t, and nova a`S`ked.
    pub async fn play(scenario: &Scenario, policy: &str) -> String {
        let fixture = Arc::new(Self::set(scenario).await);
        request_event::arrange(&fixture, scenario).await;
        let run = fixture.run(scenario, policy).await;
        let (end, source, target) =
            (reported_end::end(&run), fixture.holds(&fixture.source).await, fixture.holds(&fixture.target).await);
        let false_claims = reported_end::false_claims(&run, &fixture).await;
        format!("{end} {source} {target} {}{false_claims}", fixture.requests())
    }

    async fn set(scenario: &Scenario) -> Self {
        let conflicts = Conflicts::of(scenario);
        let alone = if conflicts == Conflicts::Never { None } else { Some(ONE_BY_ONE.clone().lock_owned().await) };
        let servers = if conflicts == Conflicts::Never {
            || [PLACEMENT.url(), PLACEMENT.url()]
        } else {
            || CONFLICTING.each_ref().map(|server| server.url())
        };
        let [plain, beside] = tokio::task::spawn_blocking(servers).await.unwrap();
        let ids = RandomIds::of(scenario);
        let (task, history) = (ids.put_into(&scenario.task), ids.put_into(&scenario.history));
        let RandomIds { node, other, server, migration, .. } = ids;
        let source_is_server = Party::Source.of(&task) == server;
        let (source, target) = if source_is_server { (server, migration) } else { (migration, server) };
        let proxy = Proxy::start(if conflicts == Conflicts::Always { beside } else { plain }).await.unwrap();
        if conflicts == Conflicts::Once {
            proxy.on(Method::Post, 1, Act::Elsewhere(beside.to_owned()));
        }
        let (nova_asked, client) = (std::sync::Mutex::default(), Client::new(plain));
        let fixture = Self { proxy, client, node, other, source, target, task, history, nova_asked, _alone: alone };
        fixture.provider(&fixture.node).await;
        fixture.provider(&fixture.other).await;
        let [of_server, of_migration] = scenario.holds.expect("the states of both consumers");
        let (source, target) = if source_is_server { (of_server, of_migration) } else { (of_migration, of_server) };
        fixture.begin(&fixture.source, source).await;
        fixture.begin(&fixture.target, target).await;
        if let Some(inventory) = scenario.inventory {
            fixture.inventory(&fixture.node, json!(inventory)).await;
        }
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

    async fn begin(&self, consumer: &str, state: ConsumerState) {
        match state {
            ConsumerState::Unknown => {}
            ConsumerState::Orphan => self.write(consumer, json!({})).await,
            ConsumerState::Holding => self.give(consumer, &self.node, 2).await,
            ConsumerState::Claiming => self.give(consumer, &self.other, 3).await,
            ConsumerState::HoldingTooMuch => panic!("give the inventory instead"),
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

    async fn run(self: &Arc<Self>, scenario: &Scenario, policy: &str) -> Run {
        let (fixture, says) = (self.clone(), scenario.server_states.clone());
        let nova = NovaSource::Caller(Arc::new(move |_| {
            let mut asked = fixture.nova_asked.lock().unwrap();
            asked.push(fixture.proxy.seen().len());
            says.get(asked.len() - 1).or(says.last()).copied().unwrap_or(ServerState::Present)
        }));
        let auth = Auth::Token(request_event::token(scenario).into());
        let http = Http::new(&self.proxy.url().parse().unwrap(), auth).unwrap();
        let executor = LiveExecutor { placement: Placement::Http(http), nova, caller: None };
        let policy = POLICIES.iter().find(|one| one.description().name == policy).unwrap();
        go_on(policy, &self.task, self.history.clone(), TaskClock::Off, &executor, &mut ()).await
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
