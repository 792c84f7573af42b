//! Which host gets the server: alternates after a failed attempt, a host that an operator forces, hosts that are too old,
//! full or unfit, and a source that is down. Reads may be refused in most of these scenes.

use swaparoo_placement::Invalid;

use super::{Actor, LeftOut, Scene, migrate, migrating, one};
use crate::contract::{Effect, MigrateTask, MigrationType, Reply, RequestSpec, SelectDestinations, Selection, Task};
use crate::fixture::{ALTERNATE, DESTINATION, SERVER, SOURCE, live_migration, request_spec};
use crate::{EffectFault, SimCloud};

pub fn scenes() -> Result<Vec<Scene>, Invalid> {
    Ok([cold()?, live()?].concat().into_iter().map(|scene| scene.without(KEPT_JOURNALS)).collect())
}

fn cold() -> Result<Vec<Scene>, Invalid> {
    let cloud = migrating(MigrationType::Resize, "pre-migrating")?;
    let host_list = Some(selections(&cloud, request_spec()));
    // nova fills in the owner that the request spec of an old server lacks.
    let without_owner = RequestSpec { project: None, user: None, ..request_spec() };
    let reschedule = Task::Migrate(MigrateTask { host_list, request_spec: without_owner, ..migrate() });
    let reschedule = Scene::new(
        "reschedule",
        "a resize that failed on one host tries the next ones, the first of which is full by now; reads may be refused",
        cloud.with_a_full_host(DESTINATION)?,
        vec![one(reschedule), Actor::Compute],
    );
    let elsewhere = SimCloud::with_a_server()?.with_another_cell(DESTINATION).with_zones();
    let force_hosts = vec![SOURCE.to_owned()];
    let forced_once = MigrateTask { request_spec: RequestSpec { force_hosts, ..request_spec() }, ..migrate() };
    let cells = Scene::new(
        "migrate-cells",
        "a resize of a server that an operator once forced to its host, where the scheduler prefers a host of another cell",
        elsewhere,
        vec![one(Task::Migrate(forced_once)), Actor::Compute],
    );
    Ok(vec![reschedule.with_refused_requests(), cells])
}

fn live() -> Result<Vec<Scene>, Invalid> {
    let scheduled = || one(Task::LiveMigrate(live_migration(None)));
    let next = Scene::new(
        "live-migrate-unfit",
        "a live migration whose first host does not pass nova's checks; reads may be refused",
        with_unfit_hosts(&[DESTINATION])?,
        vec![scheduled(), Actor::Compute],
    );
    let mut cloud = migrating(MigrationType::LiveMigration, "accepted")?;
    cloud.nodes.iter_mut().filter(|node| node.host == SOURCE).for_each(|node| node.up = false);
    let down = Scene::new(
        "live-migrate-source-down",
        "a live migration from a host whose compute service is down",
        cloud,
        vec![scheduled(), Actor::Compute],
    );
    let unaccounted = Scene::new(
        "live-migrate-unaccounted",
        "a live migration of a server of which Placement knows nothing; no host passes nova's checks",
        with_unfit_hosts(&[DESTINATION, ALTERNATE])?.unaccounted()?,
        vec![scheduled()],
    );
    let [forced, forced_unfit] = forced()?;
    Ok(vec![next.with_refused_requests(), forced, forced_unfit, down.with_refusals(), unaccounted.with_refusals()])
}

/// An operator names the destination.
fn forced() -> Result<[Scene; 2], Invalid> {
    let actors = || vec![one(Task::LiveMigrate(live_migration(Some(DESTINATION)))), Actor::Compute];
    let fit = Scene::new(
        "live-migrate-forced",
        "a live migration to a host that an operator forces; reads may be refused",
        with_unfit_hosts(&[])?,
        actors(),
    );
    let unfit = Scene::new(
        "live-migrate-forced-unfit",
        "the same, and the host does not pass nova's checks",
        with_unfit_hosts(&[DESTINATION])?,
        actors(),
    );
    Ok([fit.with_refused_requests(), unfit.with_refusals()])
}

/// A live migration has begun, and these hosts do not pass nova's checks.
fn with_unfit_hosts(hosts: &[&str]) -> Result<SimCloud, Invalid> {
    let mut cloud = migrating(MigrationType::LiveMigration, "accepted")?;
    cloud.nodes.iter_mut().for_each(|node| node.fit = !hosts.contains(&node.host.as_str()));
    Ok(cloud)
}

/// `migrate` and `live-migrate` show what happens if a journal loses its last entries.
pub(super) const KEPT_JOURNALS: LeftOut = LeftOut { lost_journals: true, stale_reads: false };

/// The scheduler's answer to an earlier attempt.
pub(super) fn selections(cloud: &SimCloud, request_spec: RequestSpec) -> Vec<Selection> {
    let select = Effect::SelectDestinations(SelectDestinations { server: SERVER.into(), request_spec });
    match cloud.clone().answer(&select, EffectFault::Answered) {
        Reply::Selections(answer) => answer.selections,
        _ => Vec::new(),
    }
}
