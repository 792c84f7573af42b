//! Allocates memory without end.
#![cfg(target_family = "wasm")]

use std::hint::black_box;

use swaparoo_plugin::contract::{Exchange, Step, Task};

swaparoo_hostile::policy!(next_step);

fn next_step(_: &Task, _: &[Exchange]) -> Step {
    let mut taken = Vec::new();
    loop {
        taken.push(black_box(vec![1_u8; 1 << 16]));
    }
}
