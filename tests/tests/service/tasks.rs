//! Tasks to ask for, and components to send.

use std::path::Path;

use serde_json::{Value, json};
use uuid::Uuid;

/// A component that the build made, from the folder that this variable names.
pub fn component(folder: &str, name: &str) -> Vec<u8> {
    let folder = std::env::var(folder).unwrap_or_else(|_| panic!("{folder} is not set; run `cargo xtask test`"));
    std::fs::read(Path::new(&folder).join(name).with_extension("wasm")).unwrap()
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
