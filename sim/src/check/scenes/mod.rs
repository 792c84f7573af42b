//! The built-in scenes.

mod hosts;
mod migrations;
mod moves;
mod one_host;
mod operators;
mod ports;

use swaparoo_placement::Invalid;

use super::{Actor, After, Deletion, DeletionOrder, LeftOut, Mover, QueuedTask, Scene};
use crate::SimCloud;
use crate::contract::{Effect, HostNode, MigrateTask, MigrationTask, MigrationType, PrepResize, Task};
use crate::fixture::{DESTINATION, MIGRATION, SERVER, request_spec, resize};

/// Scenes with services of releases that nova 34 does not work with any more. The promotion check leaves them out, since a
/// policy for nova 34 needs no rules for them.
pub const OLD_SERVICES: [&str; 5] = [
    "resize-ports-old-host",
    "resize-ports-old-scheduler",
    "resize-ports-pinned",
    "resize-ports-no-service",
    "reschedule-ports",
];

/// Scenes in which one host after another is tried. The promotion check searches them without faults, since `migrate` and
/// `live-migrate` have most of their states with one.
pub const HOSTS: [&str; 5] =
    ["migrate-cells", "live-migrate-forced", "live-migrate-source-down", "live-migrate-unaccounted", "resize-ports"];

/// The scenes with more than 2,000 states under `standard` with one fault. The promotion check searches them without faults.
pub const LARGE: [&str; 19] = [
    "give-back",
    "give-back-local-delete",
    "replace-then-revert-deleted",
    "migrate-deleted",
    "revert-resize",
    "abort-deleted",
    "abort-cast-in-flight",
    "abort-cast-arrives",
    "migrate-then-abort",
    "reschedule",
    "reschedule-unaccounted",
    "live-migrate-unfit",
    "live-migrate-forced-unfit",
    "resize-ports-old-host",
    "resize-ports-pinned",
    "release",
    "release-beside-migration",
    "revert-on-one-host",
    "release-on-one-host",
];

/// All scenes, the short ones first.
///
/// # Errors
/// The model of Placement refuses one.
pub fn scenes() -> Result<Vec<Scene>, Invalid> {
    let migrations = [migrations::scenes()?, hosts::scenes()?, ports::scenes()?].concat();
    Ok([moves::scenes()?, migrations, operators::scenes()?, one_host::scenes()?].concat())
}

fn one(task: Task) -> Actor {
    Actor::Mover(Mover::one(task))
}

/// A task, and another one after it.
fn both(first: Task, after: After, second: Task) -> Actor {
    let queued = |task, after| QueuedTask { task, after };
    Actor::Mover(Mover::of([queued(first, After::Ended), queued(second, after)]))
}

fn deletion(order: DeletionOrder) -> Actor {
    Actor::Deletion(Deletion::new(order))
}

fn migration() -> MigrationTask {
    MigrationTask { server: SERVER.into(), migration: MIGRATION.into() }
}

fn migrate() -> MigrateTask {
    resize()
}

/// A server on its source, with a migration in this status.
fn migrating(migration_type: MigrationType, status: &str) -> Result<SimCloud, Invalid> {
    Ok(SimCloud::with_a_server()?.with_a_migration(migration_type, status))
}

/// The server's claim on the destination of a resize.
fn claimed(status: &str) -> Result<SimCloud, Invalid> {
    Ok(migrating(MigrationType::Resize, status)?.swapped(true)?.settled(status))
}

fn cast() -> Effect {
    let destination = HostNode { host: DESTINATION.into(), node: DESTINATION.into() };
    Effect::PrepResize(PrepResize {
        server: SERVER.into(),
        migration: MIGRATION.into(),
        destination,
        availability_zone: None,
        request_spec: request_spec(),
        host_list: Vec::new(),
    })
}
