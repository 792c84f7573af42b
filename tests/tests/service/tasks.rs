//! Bodies of tasks, and components to push.

use std::path::Path;

use serde_json::{Value, json};
use uuid::Uuid;

use super::serve::{Answer, Serve};

/// A built component, from the folder that this variable names.
pub fn component(folder: &str, name: &str) -> Vec<u8> {
    let folder = std::env::var(folder).unwrap_or_else(|_| panic!("{folder} is not set; run `cargo xtask test`"));
    std::fs::read(Path::new(&folder).join(name).with_extension("wasm")).unwrap()
}

/// The name of [`renamed_standard`].
pub const RENAMED: &str = "renamed1";

/// `standard` under another name of the same length: its own name is reserved for the built-in component.
pub fn renamed_standard() -> Vec<u8> {
    let (mut policy, name) = (component("SWAPAROO_POLICIES", "standard"), b"standard");
    let places: Vec<usize> = (0..policy.len()).filter(|at| policy[*at..].starts_with(name)).collect();
    let [at] = places[..] else { panic!("the name is in the component {} times", places.len()) };
    policy[at..at + name.len()].copy_from_slice(RENAMED.as_bytes());
    policy
}

/// Pushes a built policy; returns its digest, and the request that makes it active whatever the promotion
/// check finds.
pub async fn pushed(serve: &Serve, name: &str) -> (String, Value) {
    let digest = serve.push(component("SWAPAROO_POLICIES", name)).await.text("/digest").to_owned();
    let report = serve.post(&format!("/v1/policies/{digest}/replays"), &json!({})).await;
    let failed = report.body["conformance"]["failed"].as_array().unwrap();
    let failed: Vec<&Value> = failed.iter().map(|scenario| &scenario["name"]).collect();
    let wrong = wrong_scenes(&report);
    (digest.clone(), json!({ "policy": digest, "accept_failed": failed, "accept_counterexamples": wrong }))
}

/// The scenes in whose search the promotion check has found something.
pub fn wrong_scenes(report: &Answer) -> Vec<&Value> {
    let failed = report.body["search"]["failed"].as_array().unwrap_or_else(|| panic!("{}", report.body));
    failed.iter().map(|scene| &scene["name"]).collect()
}

/// A new consumer.
pub fn new() -> String {
    Uuid::new_v4().to_string()
}

/// Moves the source's allocations to a new target.
pub fn swap(source: &str, target: &str) -> Value {
    json!({ "kind": "move", "source": source, "target": target, "target_is_new": true })
}

/// Restores the migration's allocations to its server, with the caller's statement about the server.
pub fn revert(server: &str, migration: &str, state: Option<&str>) -> Value {
    json!({ "kind": "revert", "server": server, "migration": migration, "server_state": state })
}
