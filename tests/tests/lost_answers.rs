//! The state after an answer of Placement is lost in a resize that finds no host. nova 34's own `MigrationTask` and the
//! rules each run with the real Placement behind a proxy that drops the same answers.

use std::process::Stdio;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use swaparoo::clients::placement::{Auth, Http, Placement};
use swaparoo::contract::{
    CellAnswer, ComputeNodeAnswer, Effect, MigrateTask, MigrationAnswer, MigrationRecord, NovaError, PortRequests,
    ProjectAndUser, Reply, RequestSpec, ServerState, Task,
};
use swaparoo::drive::drive;
use swaparoo::engine::{Cache, Engine, Limits};
use swaparoo::executor::{Caller, LiveExecutor, NovaSource};
use swaparoo_placement::{Method, Request};
use swaparoo_real_placement::{Act, Client, Proxy, RealPlacement};
use tokio::process::Command;
use uuid::Uuid;

/// One server on one node, with its own proxy.
struct Fixture {
    proxy: Proxy,
    client: Client,
    node: String,
    server: String,
    migration: String,
}

/// The answers that the proxy drops.
#[derive(Clone, Copy)]
enum DroppedAnswers {
    /// The swap is done, and its answer is lost (facts 8.1, case 1).
    SwapAnswerLost,
    /// The swap is answered; then Placement is unreachable for the next two writes (case 2).
    RestoreNotSent,
    /// The restore is done, and its answer is lost.
    RestoreAnswerLost,
}

impl DroppedAnswers {
    const ALL: [(&'static str, Self); 3] = [
        ("swap done, answer lost", Self::SwapAnswerLost),
        ("restore not sent", Self::RestoreNotSent),
        ("restore done, answer lost", Self::RestoreAnswerLost),
    ];

    fn arrange(self, proxy: &Proxy) {
        match self {
            Self::SwapAnswerLost => proxy.on(Method::Post, 1, Act::DropAnswer),
            Self::RestoreNotSent => [2, 3].into_iter().for_each(|nth| proxy.on(Method::Post, nth, Act::DropRequest)),
            Self::RestoreAnswerLost => proxy.on(Method::Post, 2, Act::DropAnswer),
        }
    }
}

impl Fixture {
    async fn start(placement: &RealPlacement, dropped: DroppedAnswers) -> Self {
        let proxy = Proxy::start(placement.url()).await.unwrap();
        let client = Client::new(placement.url());
        let [node, server, migration] = std::array::from_fn(|_| Uuid::new_v4().to_string());
        let inventories = json!({ "VCPU": { "total": 16 }, "MEMORY_MB": { "total": 32_768 } });
        let allocations = json!({ &node: { "resources": { "VCPU": 2, "MEMORY_MB": 2_048 } } });
        for request in [
            Request::post("/resource_providers", json!({ "uuid": node, "name": node })),
            Request::put(
                &format!("/resource_providers/{node}/inventories"),
                json!({ "resource_provider_generation": 0, "inventories": inventories }),
            ),
            Request::put(
                &format!("/allocations/{server}"),
                json!({ "allocations": allocations, "project_id": "p", "user_id": "u", "consumer_generation": null }),
            ),
        ] {
            let answer = client.send(&request).await.unwrap();
            assert!(answer.status < 300, "{request:?}: {answer:?}");
        }
        dropped.arrange(&proxy);
        Self { proxy, client, node, server, migration }
    }

    /// The consumers that hold allocations: `server`, `migration`, both, or `neither`.
    async fn holders(&self) -> String {
        let mut holders = Vec::new();
        for (name, consumer) in [("server", &self.server), ("migration", &self.migration)] {
            let answer = self.client.send(&Request::get(&format!("/allocations/{consumer}"))).await.unwrap();
            if answer.body["allocations"].as_object().is_some_and(|held| !held.is_empty()) {
                holders.push(name);
            }
        }
        if holders.is_empty() { "neither".to_owned() } else { holders.join(" and ") }
    }

    /// Runs nova's own code; returns the exception.
    async fn nova_34(&self) -> String {
        let python = std::env::var("SWAPAROO_PLACEMENT_PYTHON").expect("set by `cargo xtask test`");
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/nova/migration_task.py");
        let mut nova = Command::new(python);
        nova.args(["-W", "ignore", script, &self.proxy.url(), "admin", &self.node, &self.server, &self.migration]);
        let output = nova.stdin(Stdio::null()).output().await.unwrap();
        let said: Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
        assert_eq!(said["status"], "error");
        said["raised"].as_str().unwrap().to_owned()
    }

    /// Runs the rules of `standard`; returns the failure's code.
    async fn standard(&self) -> String {
        let policy = Engine::new(Limits::default(), Cache::off()).unwrap().resolve("standard").unwrap();
        let http = Http::new(&self.proxy.url().parse().unwrap(), Auth::Token("admin".into())).unwrap();
        let conductor = Conductor { node: self.node.clone(), migration: self.record() };
        let nova = NovaSource::Reported(ServerState::Present);
        let executor = LiveExecutor { placement: Placement::Http(http), nova, caller: Some(Arc::new(conductor)) };
        let task = Task::Migrate(MigrateTask {
            server: self.server.clone(),
            old_flavor: "1".into(),
            new_flavor: "2".into(),
            request_spec: request_spec(),
            host_list: None,
            max_attempts: 3,
        });
        let run = drive(&policy, &task, &executor, &mut ()).await;
        run.end.expect_err("the scheduler finds no host").code()
    }

    fn record(&self) -> MigrationRecord {
        let (migration, server) = (self.migration.clone(), self.server.clone());
        let migration_type = swaparoo::contract::MigrationType::Resize;
        MigrationRecord { migration, server, migration_type, status: "pre-migrating".into() }
    }
}

/// Answers for nova like the fakes in nova's own task: the record exists, and there is no valid host.
struct Conductor {
    node: String,
    migration: MigrationRecord,
}

impl Caller for Conductor {
    fn ask(&self, effect: &Effect) -> BoxFuture<'_, Reply> {
        let reply = match effect {
            Effect::GetPortRequests(_) => Reply::PortRequests(PortRequests { requests: Vec::new() }),
            Effect::FindCell(_) => Reply::Cell(CellAnswer { cell: Some("cell".into()) }),
            Effect::FindComputeNode(_) => Reply::ComputeNode(ComputeNodeAnswer { node: Some(self.node.clone()) }),
            Effect::FindMigration(_) => Reply::Migration(MigrationAnswer { migration: Some(self.migration.clone()) }),
            Effect::EnsureProjectAndUser(_) => {
                Reply::ProjectAndUser(ProjectAndUser { project: "p".into(), user: "u".into() })
            }
            Effect::EnsureNetworkMetadata(_) | Effect::HealIsBfv(_) | Effect::SaveMigration(_) => Reply::Done,
            Effect::SelectDestinations(_) => {
                Reply::NovaError(NovaError { error: "NoValidHost".into(), detail: String::new() })
            }
            other => panic!("unexpected effect {other:?}"),
        };
        Box::pin(std::future::ready(reply))
    }
}

fn request_spec() -> RequestSpec {
    RequestSpec {
        project: None,
        user: None,
        in_group: false,
        force_hosts: Vec::new(),
        force_nodes: Vec::new(),
        ignore_hosts: Vec::new(),
        requested_destination: None,
        retry: None,
        requested_resources: Vec::new(),
    }
}

/// The migration has failed and the server still runs, so at the end the server should have its allocations.
#[tokio::test(flavor = "multi_thread")]
async fn nova_34_leaves_a_leak_where_the_rules_look_again() {
    let placement = RealPlacement::start().unwrap();
    let mut table = vec![format!("{:<28}{:<38}{}", "", "nova 34", "standard")];
    for (name, dropped) in DroppedAnswers::ALL {
        let fixture = Fixture::start(&placement, dropped).await;
        let nova = format!("{}, {} holds", fixture.nova_34().await, fixture.holders().await);
        let fixture = Fixture::start(&placement, dropped).await;
        let ours = format!("{}, {} holds", fixture.standard().await, fixture.holders().await);
        table.push(format!("{name:<28}{nova:<38}{ours}"));
    }
    println!("{}", table.join("\n"));
    let expected = [
        "                            nova 34                               standard",
        "swap done, answer lost      NoValidHost, migration holds          no-valid-host, server holds",
        "restore not sent            NoValidHost, migration holds          no-valid-host, server holds",
        "restore done, answer lost   NoValidHost, server holds             no-valid-host, server holds",
    ];
    assert_eq!(table, expected);
}
