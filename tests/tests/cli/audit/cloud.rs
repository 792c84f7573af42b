//! The cloud that is audited: its Placement, and nova's data.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use swaparoo_placement::Request;
use swaparoo_real_placement::{Client, Proxy, RealPlacement};
use uuid::Uuid;

use super::fake_nova::FakeNova;
use crate::cli::program::{Program, Ran};
use crate::service::serve::secret;

pub const ADMIN: &[(&str, &str)] = &[("SWAPAROO_TOKEN", "admin")];

/// A time long ago.
pub const OLD: &str = "2026-01-25T10:00:00";

/// A cloud: its Placement, and nova's data.
pub struct Cloud {
    pub program: Program,
    pub placement: RealPlacement,
    client: Client,
    runtime: tokio::runtime::Runtime,
    pub source: String,
    pub destination: String,
    pub disks: String,
    pub facts: Value,
}

impl Cloud {
    pub fn begin() -> Self {
        let (program, placement) = (Program::migrating(), RealPlacement::start().unwrap());
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let client = Client::new(placement.url());
        let [source, destination, disks] = std::array::from_fn(|_| Uuid::new_v4().to_string());
        let facts = json!({ "compute_nodes": [source, destination], "servers": [], "migrations": [] });
        let cloud = Self { program, placement, client, runtime, source, destination, disks, facts };
        for (node, class) in [(&cloud.source, "VCPU"), (&cloud.destination, "VCPU"), (&cloud.disks, "DISK_GB")] {
            cloud.send(Request::post("/resource_providers", json!({ "uuid": node, "name": node })));
            let inventories = json!({ class: { "total": 1_000 } });
            let body = json!({ "resource_provider_generation": 0, "inventories": inventories });
            cloud.send(Request::put(&format!("/resource_providers/{node}/inventories"), body));
        }
        for node in [&cloud.source, &cloud.destination] {
            // As nova does.
            let body = json!({ "resource_provider_generation": 1, "traits": ["COMPUTE_NODE"] });
            cloud.send(Request::put(&format!("/resource_providers/{node}/traits"), body));
        }
        cloud
    }

    pub fn send(&self, request: Request) -> Value {
        let answer = self.runtime.block_on(self.client.send(&request)).unwrap();
        assert!(answer.status < 300, "{request:?}: {answer:?}");
        answer.body
    }

    /// Gives a consumer these amounts on each provider.
    pub fn holds(&self, consumer: &str, held: &[(&str, &str, u64)]) {
        let allocations: BTreeMap<&str, Value> =
            held.iter().map(|(node, class, amount)| (*node, json!({ "resources": { *class: amount } }))).collect();
        let body = json!({
            "allocations": allocations, "project_id": "p", "user_id": "u", "consumer_generation": null,
        });
        self.send(Request::put(&format!("/allocations/{consumer}"), body));
    }

    pub fn server(&mut self, state: &str, node: Option<&str>) -> String {
        let uuid = Uuid::new_v4().to_string();
        let known = json!({ "uuid": uuid, "state": state, "node": node });
        self.facts["servers"].as_array_mut().unwrap().push(known);
        uuid
    }

    /// A server on this node whose flavor requires so many VCPU.
    pub fn server_of(&mut self, node: &str, vcpu: u64) -> String {
        let uuid = self.server("present", Some(node));
        let known = self.facts["servers"].as_array_mut().unwrap().last_mut().unwrap();
        known["flavor"] = json!({ "vcpus": vcpu, "ram": 0, "extra_specs": {} });
        uuid
    }

    /// A record that has not changed for long.
    pub fn migration(&mut self, server: &str, status: &str) -> String {
        self.migration_of("resize", server, status, OLD)
    }

    /// A record that has changed just now.
    pub fn fresh_migration(&mut self, server: &str, status: &str) -> String {
        self.migration_of("resize", server, status, "2999-01-01T00:00:00")
    }

    pub fn migration_of(&mut self, kind: &str, server: &str, status: &str, updated_at: &str) -> String {
        let uuid = Uuid::new_v4().to_string();
        let known = json!({ "uuid": uuid, "server": server, "type": kind, "status": status, "updated_at": updated_at });
        self.facts["migrations"].as_array_mut().unwrap().push(known);
        uuid
    }

    /// Sets a field of a server in nova's data.
    pub fn set(&mut self, server: &str, field: &str, value: Value) {
        let servers = self.facts["servers"].as_array_mut().unwrap();
        servers.iter_mut().find(|known| known["uuid"] == server).unwrap()[field] = value;
    }

    /// A Keystone and a nova with both compute nodes, in front of this Placement or of the one at that URL.
    pub fn nova(&self, placement: Option<&str>) -> FakeNova {
        let nova = self.runtime.block_on(FakeNova::start(placement.unwrap_or(self.placement.url())));
        nova.add_node(&self.source, 1);
        nova.add_node(&self.destination, 2);
        secret(&self.program.path("clouds.yaml"), &nova.clouds_yaml());
        nova
    }

    /// Runs a future on the runtime of the fakes.
    pub fn run<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    /// A proxy in front of the Placement.
    pub fn proxy(&self) -> Proxy {
        self.runtime.block_on(Proxy::start(self.placement.url())).unwrap()
    }

    /// An audit with the fake nova.
    pub fn audit_live(&self, more: &str) -> Ran {
        self.program.run(&format!("audit --cloud fake {more}"))
    }

    /// The result of the same as JSON.
    pub fn live(&self) -> Value {
        let ran = self.audit_live("--json");
        serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{} {}", ran.out, ran.err))
    }

    /// The kinds of the findings of the same, by consumer.
    pub fn live_kinds(&self) -> BTreeMap<String, String> {
        let found = self.live();
        let text = |finding: &Value, field: &str| finding[field].as_str().unwrap().to_owned();
        let findings = found["findings"].as_array().unwrap().iter();
        findings.map(|it| (text(it, "consumer"), text(it, "why"))).collect()
    }

    pub fn held(&self, consumer: &str) -> Value {
        self.send(Request::get(&format!("/allocations/{consumer}")))["allocations"].clone()
    }

    pub fn audit(&self, more: &str) -> Ran {
        std::fs::write(self.program.path("nova.json"), self.facts.to_string()).unwrap();
        let asked = format!("audit --placement {} --nova nova.json {more}", self.placement.url());
        self.program.run_with(&asked, ADMIN)
    }

    /// The findings, by consumer.
    pub fn findings(&self) -> BTreeMap<String, (String, bool)> {
        let ran = self.audit("--json");
        let object: Value = serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{} {}", ran.out, ran.err));
        let text = |finding: &Value, field: &str| finding[field].as_str().unwrap().to_owned();
        let findings = object["findings"].as_array().unwrap().iter();
        findings.map(|it| (text(it, "consumer"), (text(it, "why"), it["repairable"].as_bool().unwrap()))).collect()
    }

    pub fn vcpu(&self, consumer: &str, node: &str) -> u64 {
        self.held(consumer).get(node).and_then(|held| held["resources"]["VCPU"].as_u64()).unwrap_or(0)
    }
}
