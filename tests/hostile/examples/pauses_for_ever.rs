//! Always asks for one more pause: each call is valid, but the task never ends.
#![cfg(target_family = "wasm")]

use swaparoo_hostile::perform;
use swaparoo_plugin::contract::{Effect, Exchange, Pause, Step, Task};

swaparoo_hostile::policy!(next_step);

fn next_step(_: &Task, _: &[Exchange]) -> Step {
    perform(vec![Effect::Pause(Pause { up_to_ms: 0 })])
}
