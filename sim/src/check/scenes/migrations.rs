//! Whole migrations, and the tasks that end one.

use swaparoo_placement::Invalid;

use super::{Actor, DeletionOrder, Scene, claimed, deletion, migrate, migrating, migration, one};
use crate::SimCloud;
use crate::contract::{MigrationType, Task};
use crate::fixture::{MIGRATION, live_migration};

pub fn scenes() -> Result<Vec<Scene>, Invalid> {
    Ok([begun()?, ended()?].concat())
}

fn begun() -> Result<Vec<Scene>, Invalid> {
    let resize = || one(Task::Migrate(migrate()));
    let cold = Scene::new(
        "migrate",
        "a resize up to its cast, and compute services that finish or fail it",
        SimCloud::with_a_server()?,
        vec![resize(), Actor::Compute],
    );
    let deleted = Scene::new(
        "migrate-deleted",
        "the same, and a user may delete the server",
        SimCloud::with_a_server()?,
        vec![resize(), Actor::Compute, deletion(DeletionOrder::Compute)],
    );
    let late = Scene::new(
        "late-scheduler",
        "a resize whose scheduler may claim after the conductor gave up waiting for it",
        SimCloud::with_a_server()?,
        vec![resize(), Actor::Compute],
    );
    let live = Scene::new(
        "live-migrate",
        "a live migration up to its cast, and compute services that finish or fail it",
        migrating(MigrationType::LiveMigration, "accepted")?,
        vec![one(Task::LiveMigrate(live_migration(None))), Actor::Compute],
    );
    Ok(vec![cold, deleted, late.with_a_late_scheduler(), live])
}

fn ended() -> Result<Vec<Scene>, Invalid> {
    let mut arrived = migrating(MigrationType::Resize, "finished")?.swapped(true)?;
    arrived.arrive(MIGRATION);
    let confirm = Scene::new(
        "confirm",
        "a resize is confirmed, and a user may delete the server",
        arrived.settled("confirming"),
        vec![one(Task::Confirm(migration())), deletion(DeletionOrder::Compute)],
    );
    let revert = Scene::new(
        "revert-resize",
        "a resize is reverted, and a user may delete the server",
        claimed("reverting")?,
        vec![one(Task::RevertResize(migration())), deletion(DeletionOrder::Compute)],
    );
    Ok(vec![confirm, revert])
}
