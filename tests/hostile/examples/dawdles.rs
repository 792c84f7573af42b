//! Asks for the same read again, and uses most of its fuel for each of these steps: it breaks no limit, and judging it
//! takes as long as it is let to.
#![cfg(target_family = "wasm")]

use swaparoo_plugin::contract::{Exchange, Step, Task};

swaparoo_hostile::policy!(next_step);

fn next_step(task: &Task, history: &[Exchange]) -> Step {
    let _ = (0..500_000_u32).map(std::hint::black_box).max();
    swaparoo_hostile::harmless(task, history)
}
