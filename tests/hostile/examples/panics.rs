//! Panics, which is a trap.
#![cfg(target_family = "wasm")]

use swaparoo_plugin::contract::{Exchange, Step, Task};

swaparoo_hostile::policy!(next_step);

// It is what this policy is for.
#[allow(clippy::panic)]
fn next_step(_: &Task, _: &[Exchange]) -> Step {
    panic!("no policy today")
}
