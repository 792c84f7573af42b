//! Reports that its own history is not its own (`diverged`).
#![cfg(target_family = "wasm")]

use swaparoo_hostile::{harmless, subject};
use swaparoo_plugin::contract::{Diverged, Effect, Exchange, Failed, Failure, FindServer, Step, Task};

swaparoo_hostile::policy!(next_step);

fn next_step(task: &Task, history: &[Exchange]) -> Step {
    if history.is_empty() {
        return harmless(task, history);
    }
    let asked = Some(Effect::FindServer(FindServer { server: subject(task).into() }));
    Step::Failed(Failed { failure: Failure::Diverged(Diverged { index: 0, asked }), reasons: Vec::new() })
}
