//! Resizes on the server's own host: the migration record holds what the old flavor requires of the compute node, and the
//! server what the new one requires.

use swaparoo_placement::Invalid;

use super::{Actor, DeletionOrder, Scene, deletion, migrate, migrating, migration, one};
use crate::SimCloud;
use crate::contract::{MigrateTask, MigrationType, ReleaseTask, RequestSpec, Task};
use crate::fixture::{LARGE, MIGRATION, SERVER, SMALL, SOURCE, request_spec};

pub fn scenes() -> Result<Vec<Scene>, Invalid> {
    Ok([begun()?, ended()?, failed()?].concat())
}

/// nova has `allow_resize_to_same_host`, and no other host is there.
fn begun() -> Result<Vec<Scene>, Invalid> {
    let mut cloud = SimCloud::with_a_server()?;
    cloud.nodes.retain(|node| node.host == SOURCE);
    let request_spec = RequestSpec { ignore_hosts: Vec::new(), ..request_spec() };
    let resize = Task::Migrate(MigrateTask { request_spec, ..migrate() });
    let begun = Scene::new(
        "migrate-on-one-host",
        "a resize on the server's own host up to its cast, and compute services that finish or fail it",
        cloud,
        vec![one(resize), Actor::Compute],
    );
    Ok(vec![begun])
}

fn ended() -> Result<Vec<Scene>, Invalid> {
    let confirm = Scene::new(
        "confirm-on-one-host",
        "a resize on the server's own host is confirmed, and a user may delete the server",
        resized("confirming", LARGE)?,
        vec![one(Task::Confirm(migration())), deletion(DeletionOrder::Compute)],
    );
    let revert = Scene::new(
        "revert-on-one-host",
        "a resize on the server's own host is reverted, and a user may delete the server",
        resized("reverting", SMALL)?,
        vec![one(Task::RevertResize(migration())), deletion(DeletionOrder::Compute)],
    );
    let release = Scene::new(
        "release-confirmed-on-one-host",
        "the release of what a confirmed resize on the server's own host has left to its record",
        resized("confirmed", LARGE)?,
        vec![one(release())],
    );
    Ok(vec![confirm, revert, release])
}

fn failed() -> Result<Vec<Scene>, Invalid> {
    let abort = Scene::new(
        "abort-on-one-host",
        "the abort of a resize on the server's own host that failed and was not rolled back",
        resized("error", SMALL)?,
        vec![one(Task::Abort(migration()))],
    );
    let released = Scene::new(
        "release-on-one-host",
        "the release of the record of such a resize, and a user may delete the server",
        resized("error", SMALL)?,
        vec![one(release()), deletion(DeletionOrder::Compute)],
    );
    let mut arrived = resized("error", LARGE)?;
    let failed_finish = Scene::new(
        "release-arrived-on-one-host",
        "the release of the record of a resize on the server's own host that failed in finish_resize",
        arrived.clone(),
        vec![one(release())],
    );
    arrived.shows_flavors = false;
    let without_flavor = Scene::new(
        "release-arrived-without-flavor",
        "the same, and nova does not show the server's flavor",
        arrived,
        vec![one(release())],
    );
    Ok(vec![abort, released, failed_finish.with_refusals(), without_flavor.with_refusals()])
}

/// The last commit was the server's claim: before it, the record held everything.
fn resized(status: &str, flavor: &str) -> Result<SimCloud, Invalid> {
    let mut cloud = SimCloud::with_a_server()?.resized_on_its_host(status, flavor)?;
    cloud.earlier = Some(migrating(MigrationType::Resize, status)?.swapped(false)?.placement);
    Ok(cloud)
}

fn release() -> Task {
    Task::Release(ReleaseTask { consumer: MIGRATION.into(), server: SERVER.into() })
}
