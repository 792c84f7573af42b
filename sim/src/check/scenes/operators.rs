//! What operators and `audit --repair` do, also while a migration is under way.

use swaparoo_placement::Invalid;

use super::{Actor, After, DeletionOrder, Scene, both, cast, claimed, deletion, migrate, migrating, migration, one};
use crate::contract::{MigrationType, ReleaseTask, Task};
use crate::fixture::{MIGRATION, SERVER};

pub fn scenes() -> Result<Vec<Scene>, Invalid> {
    Ok([aborts()?, releases()?].concat())
}

fn aborts() -> Result<Vec<Scene>, Invalid> {
    let abort = || Task::Abort(migration());
    let failed = Scene::new(
        "abort",
        "the abort of a migration that failed and was not rolled back",
        migrating(MigrationType::Resize, "error")?.swapped(false)?,
        vec![one(abort())],
    );
    let deleted = Scene::new(
        "abort-deleted",
        "the same, and a user may delete the server",
        migrating(MigrationType::Resize, "error")?.swapped(false)?,
        vec![one(abort()), deletion(DeletionOrder::Compute)],
    );
    let sent = Scene::new(
        "abort-cast-in-flight",
        "the abort of a migration whose cast is on its way to the compute service",
        claimed("pre-migrating")?,
        vec![one(abort()), Actor::Compute],
    );
    let after = Scene::new(
        "migrate-then-abort",
        "a resize, and its abort when the task has ended in any way",
        migrating(MigrationType::Resize, "pre-migrating")?,
        vec![both(Task::Migrate(migrate()), After::Ended, abort()), Actor::Compute],
    );
    Ok(vec![failed, deleted, sent.with_in_flight(cast()), after])
}

fn releases() -> Result<Vec<Scene>, Invalid> {
    let release = || Task::Release(ReleaseTask { consumer: MIGRATION.into(), server: SERVER.into() });
    let failed = Scene::new(
        "release",
        "the release of what a failed migration's record holds, and a user may delete the server",
        migrating(MigrationType::Resize, "error")?.swapped(false)?,
        vec![one(release()), deletion(DeletionOrder::Compute)],
    );
    let beside = Scene::new(
        "release-beside-migration",
        "the release of a migration record while its resize runs, as by an audit in another process",
        migrating(MigrationType::Resize, "pre-migrating")?,
        vec![one(Task::Migrate(migrate())), one(release()), Actor::Compute],
    );
    Ok(vec![failed, beside])
}
