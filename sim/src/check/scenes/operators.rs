//! What operators and `audit --repair` do, also while a migration is under way.

use swaparoo_placement::Invalid;

use super::{Actor, After, DeletionOrder, Scene, both, cast, claimed, deletion, migrate, migrating, migration, one};
use crate::SimCloud;
use crate::check::OtherAction;
use crate::contract::{MigrationTask, MigrationType, ReleaseTask, Task};
use crate::fixture::{MIGRATION, OLD_MIGRATION, SERVER};

pub fn scenes() -> Result<Vec<Scene>, Invalid> {
    Ok([aborts()?, releases()?, of_an_old_record()?, without_a_flavor()?, after_a_failed_finish()?].concat())
}

fn aborts() -> Result<Vec<Scene>, Invalid> {
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
    let prompt = Scene::new(
        "abort-cast-arrives",
        "the same, and the cast arrives within the pauses of the abort",
        claimed("pre-migrating")?,
        vec![one(abort()), Actor::Compute],
    );
    let prompt = prompt.with_in_flight(cast()).with_prompt_casts().with_refusals();
    Ok(vec![failed, deleted, sent.with_in_flight(cast()), prompt, after])
}

fn releases() -> Result<Vec<Scene>, Invalid> {
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
    Ok(vec![failed, beside.with_refusals(), of_a_claim()?.with_refused_requests()])
}

/// The scheduler has claimed the destination after the rollback had ended.
fn of_a_claim() -> Result<Scene, Invalid> {
    let resizing = SimCloud::with_a_server()?.with_a_migration(MigrationType::Resize, "pre-migrating");
    let mut cloud = resizing.with_shared_disks()?;
    let mut scheduler = Actor::SCHEDULER;
    scheduler.act(&mut cloud, OtherAction::Claims);
    let server = SERVER.to_owned();
    Ok(Scene::new(
        "release-claim",
        "the release of a host that the scheduler claimed for a server too late; its disks are on shared storage",
        cloud.settled("error"),
        vec![one(Task::Release(ReleaseTask { consumer: server.clone(), server }))],
    ))
}

/// A record that an earlier migration has left with allocations is repaired after the task of a new one has ended, while
/// its cast is on its way. Until then the service's consumer locks make the repair wait.
fn of_an_old_record() -> Result<Vec<Scene>, Invalid> {
    let old = MigrationTask { migration: OLD_MIGRATION.into(), ..migration() };
    let beside = |name, about, task| -> Result<Scene, Invalid> {
        let cloud = claimed("pre-migrating")?.with_an_old_migration()?;
        Ok(Scene::new(name, about, cloud, vec![one(task), Actor::Compute]).with_in_flight(cast()).with_refusals())
    };
    let aborted = beside(
        "abort-old-beside-migration",
        "the abort of an old failed migration whose record holds allocations, while a new resize is under way",
        Task::Abort(old),
    )?;
    let released = beside(
        "release-old-beside-migration",
        "the release of an old failed migration's record, while a new resize is under way",
        Task::Release(ReleaseTask { consumer: OLD_MIGRATION.into(), server: SERVER.into() }),
    )?;
    Ok(vec![aborted, released])
}

/// An earlier resize failed, and `heal_allocations` has given the server what the record still holds. nova shows no flavor.
fn without_a_flavor() -> Result<Vec<Scene>, Invalid> {
    let mut cloud = SimCloud::with_a_server()?.with_an_old_migration()?;
    cloud.shows_flavors = false;
    let same = Scene::new(
        "release-without-flavor",
        "the release of a failed migration's record that holds the same as the server, whose flavor nova does not show",
        cloud,
        vec![one(Task::Release(ReleaseTask { consumer: OLD_MIGRATION.into(), server: SERVER.into() }))],
    );
    Ok(vec![same])
}

/// `finish_resize` failed, and so did nova's deletion of what the record holds: the server is on the destination.
fn after_a_failed_finish() -> Result<Vec<Scene>, Invalid> {
    let mut cloud = migrating(MigrationType::Resize, "finished")?.swapped(true)?;
    cloud.arrive(MIGRATION);
    let cloud = cloud.settled("error");
    let aborted = Scene::new(
        "abort-failed-finish",
        "the abort of a resize that failed in finish_resize",
        cloud.clone(),
        vec![one(abort())],
    );
    let released = Scene::new(
        "release-failed-finish",
        "the release of the record of a resize that failed in finish_resize, and a user may delete the server",
        cloud,
        vec![one(release()), deletion(DeletionOrder::Compute)],
    );
    Ok(vec![aborted.with_refusals(), released])
}

fn abort() -> Task {
    Task::Abort(migration())
}

fn release() -> Task {
    Task::Release(ReleaseTask { consumer: MIGRATION.into(), server: SERVER.into() })
}
