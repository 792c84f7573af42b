//! Panics, which is a trap.
#![cfg(target_family = "wasm")]

use swaparoo_plugin::contract::{Exchange, Step, Task};

swaparoo_hostile::policy!(next_step);

// The panic is the purpose of this policy.
#[allow(clippy::panic)]
fn next_step(_: &Task, _: &[Exchange]) -> Step {
    panic!("no policy today")
}
