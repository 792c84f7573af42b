//! The contract's table of effects and replies says what the code does.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    missing_docs,
    reason = "a failing unwrap shows its line; clippy.toml allows this in tests, and this line in their helpers"
)]

mod samples;

use std::collections::BTreeMap;
use std::path::Path;

use samples::sample;
use swaparoo_contract::{Effect, Reply, moves};

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

/// The table in the text of `interface` has a row for every effect of `effects`, and uses every reply of `replies`.
fn check(interface: &str, effects: &[&str], replies: &[&str]) {
    let wit = Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("wit").join(interface).with_extension("wit");
    let text = std::fs::read_to_string(wit).unwrap();
    let table = table(&text);
    assert_eq!(table.len(), effects.len());
    let mut answers = Vec::new();
    for name in effects {
        let effect: Effect = sample(name);
        assert_eq!(table.get(name), Some(&effect.replies()), "{name}");
        answers.extend(effect.replies());
    }
    let unused: Vec<_> = replies.iter().filter(|reply| !answers.contains(reply)).collect();
    assert!(unused.is_empty(), "no effect is answered by {unused:?}");
    let unknown: Vec<_> = answers.iter().filter(|answer| !replies.contains(answer)).collect();
    assert!(unknown.is_empty(), "{interface} does not have the replies {unknown:?}");
}

#[test]
fn the_table_lists_the_replies_to_every_effect() {
    check("migrations", &Effect::NAMES, &Reply::NAMES);
}

#[test]
fn the_table_of_moves_lists_the_replies_to_each_of_its_effects() {
    check("moves", &moves::Effect::NAMES, &moves::Reply::NAMES);
}
