//! Remembers that it was called before, and then gives another answer.
#![cfg(target_family = "wasm")]

use std::sync::atomic::{AtomicU32, Ordering};

use swaparoo_hostile::{harmless, perform};
use swaparoo_plugin::contract::{Effect, Exchange, Pause, Step, Task};

static ASKED: AtomicU32 = AtomicU32::new(0);

swaparoo_hostile::policy!(next_step);

fn next_step(task: &Task, history: &[Exchange]) -> Step {
    match ASKED.fetch_add(1, Ordering::Relaxed) {
        0 => harmless(task, history),
        before => perform(vec![Effect::Pause(Pause { up_to_ms: before })]),
    }
}
