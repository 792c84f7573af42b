//! Tasks to ask for, and components to send.

use std::path::Path;

use serde_json::{Value, json};
use uuid::Uuid;

use super::serve::Serve;

/// A component that the build made, from the folder that this variable names.
pub fn component(folder: &str, name: &str) -> Vec<u8> {
    let folder = std::env::var(folder).unwrap_or_else(|_| panic!("{folder} is not set; run `cargo xtask test`"));
    std::fs::read(Path::new(&folder).join(name).with_extension("wasm")).unwrap()
}

/// Sends a policy that the build made, and gives its digest and what makes it the active one whatever the gate finds in
/// the scenarios.
pub async fn pushed(serve: &Serve, name: &str) -> (String, Value) {
    let digest = serve.push(component("SWAPAROO_POLICIES", name)).await.text("/digest").to_owned();
    let report = serve.post(&format!("/v1/policies/{digest}/replays"), &json!({})).await;
    let failed = report.body["conformance"]["failed"].as_array().unwrap();
    let failed: Vec<&Value> = failed.iter().map(|scenario| &scenario["name"]).collect();
    (digest.clone(), json!({ "policy": digest, "accept_failed": failed }))
}

/// A consumer that nobody knows yet.
pub fn new() -> String {
    Uuid::new_v4().to_string()
}

/// What the source holds goes to a target that is new.
pub fn swap(source: &str, target: &str) -> Value {
    json!({ "kind": "move", "source": source, "target": target, "target_is_new": true })
}

/// What the migration holds goes back to its server, of which the caller says this much.
pub fn revert(server: &str, migration: &str, state: Option<&str>) -> Value {
    json!({ "kind": "revert", "server": server, "migration": migration, "server_state": state })
}
