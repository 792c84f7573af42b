//! The built-in scenes.

use swaparoo_placement::Invalid;

use super::{Actor, After, Deletion, DeletionOrder, Mover, QueuedTask, Scene};
use crate::SimCloud;
use crate::contract::{MigrationType, ReplaceTask, RevertTask, Task};
use crate::fixture::{MIGRATION, SERVER};

/// All scenes, the short ones first.
///
/// # Errors
/// The model of Placement refuses one.
pub fn scenes() -> Result<Vec<Scene>, Invalid> {
    moves()
}

/// The moves of nova's conductor, each by itself and one after the other.
fn moves() -> Result<Vec<Scene>, Invalid> {
    let deleted_in = |order| Actor::Deletion(Deletion::new(order));
    let swap_and_back = || Actor::Mover(Mover::of([queued(replace(), After::Ended), queued(revert(), After::Finished)]));
    Ok(vec![
        Scene::new(
            "swap",
            "a migration record gets the server's allocations, and a user may delete the server",
            migrating("pre-migrating")?,
            vec![one(replace()), deleted_in(DeletionOrder::Compute)],
        ),
        Scene::new(
            "give-back",
            "a migration failed; the server gets its allocations back, and a user may delete the server",
            migrating("error")?.swapped(false)?,
            vec![one(revert()), deleted_in(DeletionOrder::Compute)],
        ),
        Scene::new(
            "replace-then-revert",
            "the swap, and then the way back, with requests of the swap that arrive during the way back",
            migrating("pre-migrating")?,
            vec![swap_and_back()],
        ),
        Scene::new(
            "replace-then-revert-deleted",
            "the same, and a user may delete the server",
            migrating("pre-migrating")?,
            vec![swap_and_back(), deleted_in(DeletionOrder::Compute)],
        ),
    ])
}

fn one(task: Task) -> Actor {
    Actor::Mover(Mover::one(task))
}

fn queued(task: Task, after: After) -> QueuedTask {
    QueuedTask { task, after }
}

fn replace() -> Task {
    Task::Replace(ReplaceTask { server: SERVER.into(), migration: MIGRATION.into(), source_node: None })
}

fn revert() -> Task {
    Task::Revert(RevertTask { server: SERVER.into(), migration: MIGRATION.into() })
}

/// A server on its source, with a cold migration in this status.
fn migrating(status: &str) -> Result<SimCloud, Invalid> {
    Ok(SimCloud::with_a_server()?.with_a_migration(MigrationType::Migration, status))
}
