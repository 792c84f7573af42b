//! Never returns.
#![cfg(target_family = "wasm")]

use swaparoo_plugin::contract::{Exchange, Step, Task};

swaparoo_hostile::policy!(next_step);

fn next_step(_: &Task, _: &[Exchange]) -> Step {
    loop {
        std::hint::spin_loop();
    }
}
