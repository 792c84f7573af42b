//! Asks for the same read again, and uses most of its fuel for each step: it breaks no limit, but judging it takes as
//! long as the time limit allows.
#![cfg(target_family = "wasm")]

use swaparoo_plugin::contract::{Exchange, Step, Task};

swaparoo_hostile::policy!(next_step);

fn next_step(task: &Task, history: &[Exchange]) -> Step {
    let _ = (0..500_000_u32).map(std::hint::black_box).max();
    swaparoo_hostile::harmless(task, history)
}
