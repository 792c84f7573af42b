//! Has rules only for a move, reports this, and traps for any other task.
#![cfg(target_family = "wasm")]

use swaparoo_hostile::{description, harmless};
use swaparoo_plugin::contract::{Description, Exchange, Step, Task, TaskKind};

swaparoo_hostile::policy!(
    describe: Description { tasks: vec![TaskKind::Move], ..description() },
    next_step: next_step
);

// The trap is the purpose of this policy.
#[allow(clippy::panic)]
fn next_step(task: &Task, history: &[Exchange]) -> Step {
    match task {
        Task::Move(_) => harmless(task, history),
        _ => panic!("it was offered a task that its description does not name"),
    }
}
