//! The cloud that is audited: its Placement, and nova's data.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use swaparoo_placement::Request;
use swaparoo_real_placement::{Client, RealPlacement};
use uuid::Uuid;

use crate::cli::program::{Program, Ran};

pub const ADMIN: &[(&str, &str)] = &[("SWAPAROO_TOKEN", "admin")];

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
        known["flavor"] = json!({ "VCPU": vcpu });
        uuid
    }

    pub fn migration(&mut self, server: &str, status: &str) -> String {
        let uuid = Uuid::new_v4().to_string();
        let known = json!({
            "uuid": uuid, "server": server, "type": "resize", "status": status, "updated_at": "2026-11-25T10:00:00",
        });
        self.facts["migrations"].as_array_mut().unwrap().push(known);
        uuid
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
