//! The contract's table of effects and replies says what the code does.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    missing_docs,
    reason = "a failing unwrap shows its line; clippy.toml allows this in tests, and this line in their helpers"
)]

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};
use swaparoo_contract::{Effect, Reply};

/// An effect of this name, from the fields of all effects.
fn effect(name: &str) -> Effect {
    let host_node = json!({ "host": "h", "node": "n" });
    let holding = json!({ "consumer": "c", "project": "p", "user": "u", "generation": 1, "allocations": [] });
    let spec = json!({
        "project": null, "user": null, "in_group": false, "force_hosts": [], "force_nodes": [], "ignore_hosts": [],
        "requested_destination": null, "retry": null, "requested_resources": [],
    });
    let fields: Value = json!({
        "kind": name, "consumer": "c", "consumers": [], "project": "p", "user": "u", "generation": 1, "server": "s",
        "up_to_ms": 1, "holding": holding, "mappings": [], "version": "1.28", "provider": "p", "migration": "m",
        "host": "h", "migration_type": "resize", "status": "error", "old_flavor": "1", "new_flavor": "2",
        "request_spec": spec, "destination": host_node, "availability_zone": null, "host_list": [],
        "source_host": "h", "check": "hypervisor",
    });
    serde_json::from_value(fields).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The names in a cell of the table.
fn names(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

/// The replies to each effect, in the table's order.
fn table(text: &str) -> BTreeMap<&str, Vec<&str>> {
    let rows = text.lines().skip_while(|line| !line.contains("| effects | answer |")).skip(2);
    let rows = rows.map_while(|line| line.trim().strip_prefix("/// |"));
    let mut table = BTreeMap::new();
    for row in rows {
        let (effects, replies) = row.split_once('|').unwrap();
        for effect in names(effects) {
            assert!(table.insert(effect, names(replies)).is_none(), "{effect} is listed twice");
        }
    }
    table
}

#[test]
fn the_table_lists_the_replies_to_every_effect() {
    let wit = Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("wit").join("types.wit");
    let text = std::fs::read_to_string(wit).unwrap();
    let table = table(&text);
    assert_eq!(table.len(), Effect::NAMES.len());
    let mut answers = Vec::new();
    for name in Effect::NAMES {
        assert_eq!(table.get(name), Some(&effect(name).replies()), "{name}");
        answers.extend(effect(name).replies());
    }
    let unused: Vec<&str> = Reply::NAMES.into_iter().filter(|reply| !answers.contains(reply)).collect();
    assert_eq!(unused, [""; 0], "no effect is answered by these");
}
