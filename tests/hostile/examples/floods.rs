//! Gives huge answers. The subject's first digit selects which: 0 one long string a thousand times, which is small in
//! its own memory and large in the reader's; 1 a million effects, which do not fit in its own memory; 2 as many effects
//! as fit.
#![cfg(target_family = "wasm")]
// Rust allows one owner for a string, but a component has no such rule.
#![allow(unsafe_code)]

use std::mem::ManuallyDrop;

use swaparoo_hostile::{get, perform, subject};
use swaparoo_plugin::contract::{Effect, Exchange, FindServer, Pause, Step, Task};

swaparoo_hostile::policy!(next_step);

fn next_step(task: &Task, _: &[Exchange]) -> Step {
    perform(match subject(task).as_bytes().first() {
        Some(b'0') => a_string_often(),
        Some(b'1') => vec![get(""); 1_000_000],
        _ => vec![Effect::Pause(Pause { up_to_ms: 1 }); 8_000],
    })
}

fn a_string_often() -> Vec<Effect> {
    let mut one = ManuallyDrop::new("a".repeat(100_000));
    // SAFETY: the string is never freed.
    let same = || unsafe { String::from_raw_parts(one.as_mut_ptr(), one.len(), one.len()) };
    std::iter::repeat_with(same).take(1_000).map(|server| Effect::FindServer(FindServer { server })).collect()
}
