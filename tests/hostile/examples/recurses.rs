//! Calls itself without end. It uses no linear memory, so the stack of compiled code overflows.
#![cfg(target_family = "wasm")]

use swaparoo_hostile::harmless;
use swaparoo_plugin::contract::{Exchange, Step, Task};

swaparoo_hostile::policy!(next_step);

fn next_step(task: &Task, history: &[Exchange]) -> Step {
    match deeper(history.len() as u64 | 1) {
        0 => harmless(task, &[]),
        _ => harmless(task, history),
    }
}

/// An odd number stays odd, so this never ends; using the result prevents the compiler from making it a loop.
#[inline(never)]
fn deeper(odd: u64) -> u64 {
    if odd == 0 { 0 } else { deeper(odd.wrapping_mul(3)).rotate_left(7).wrapping_sub(odd) }
}
