//! Resizes of a server whose port requests bandwidth and a packet rate, each of another provider of its host. The cast
//! names the providers, and compute services bind the port to them.

use swaparoo_placement::Invalid;

use super::hosts::{KEPT_JOURNALS, selections};
use super::{Actor, Scene, migrate, one};
use crate::SimCloud;
use crate::contract::{MigrateTask, MigrationType, RequestSpec, RpcVersion, Task};
use crate::fixture::{DESTINATION, SERVER, request_spec};

/// A version of nova-compute that is too old to bind such ports.
const TOO_OLD: u32 = 38;
/// A version to which the compute RPC API is pinned while such services run.
const PINNED: RpcVersion = RpcVersion { major: 5, minor: 1 };

pub fn scenes() -> Result<Vec<Scene>, Invalid> {
    let new = resize("resize-ports", "a resize of a server with a port that requests resources", cloud()?);
    let all = [vec![new], unfit_services()?, later_attempts()?].concat();
    Ok(all.into_iter().map(|scene| scene.without(KEPT_JOURNALS)).collect())
}

/// Services that are too old for such a port, or none.
fn unfit_services() -> Result<Vec<Scene>, Invalid> {
    let mut no_service = cloud()?;
    no_service.nodes.iter_mut().filter(|node| node.host == DESTINATION).for_each(|node| node.version = None);
    let mut old_scheduler = cloud()?.with_zones();
    old_scheduler.old_scheduler = true;
    let mut pinned = cloud()?;
    pinned.rpc = PINNED;
    let next = resize(
        "resize-ports-old-host",
        "a resize of such a server whose first host is too old to bind the port",
        with_an_old_host()?,
    );
    let by_traits = resize(
        "resize-ports-old-scheduler",
        "a resize of such a server whose scheduler names neither the providers of the port nor zones; reads may be refused",
        old_scheduler,
    );
    let nowhere = resize(
        "resize-ports-pinned",
        "a resize of such a server while the compute RPC API is pinned to an old version",
        pinned,
    );
    let unknown = resize(
        "resize-ports-no-service",
        "a resize of such a server to a host of which nova knows no compute service",
        no_service,
    );
    Ok(vec![next, by_traits.with_refused_requests(), nowhere.with_refusals(), unknown.with_refusals()])
}

fn later_attempts() -> Result<Vec<Scene>, Invalid> {
    let again = Scene::new(
        "reschedule-ports",
        "a resize of such a server that failed on one host tries the next ones, the first of which is too old",
        with_an_old_host()?.with_a_migration(MigrationType::Resize, "pre-migrating"),
        vec![one(Task::Migrate(rescheduled()?)), Actor::Compute],
    );
    let mut attached = rescheduled()?;
    let requests = attached.host_list.iter_mut().flatten().filter_map(|host| host.allocation_request.as_mut());
    requests.for_each(|request| drop(request.mappings.pop()));
    let unaccounted = Scene::new(
        "reschedule-unaccounted",
        "such a resize of a server of which Placement knows nothing, to which a port was attached since the first attempt",
        cloud()?.unaccounted()?.with_a_migration(MigrationType::Resize, "pre-migrating"),
        vec![one(Task::Migrate(attached)), Actor::Compute],
    );
    Ok(vec![again, unaccounted.with_refusals()])
}

/// A new resize in this cloud.
fn resize(name: &'static str, about: &'static str, cloud: SimCloud) -> Scene {
    Scene::new(name, about, cloud, vec![one(Task::Migrate(migrate())), Actor::Compute])
}

fn with_an_old_host() -> Result<SimCloud, Invalid> {
    let mut cloud = cloud()?;
    cloud.nodes.iter_mut().filter(|node| node.host == DESTINATION).for_each(|node| node.version = Some(TOO_OLD));
    Ok(cloud)
}

fn cloud() -> Result<SimCloud, Invalid> {
    SimCloud::with_a_server()?.with_a_packet_rate()
}

fn rescheduled() -> Result<MigrateTask, Invalid> {
    let cloud = cloud()?.with_a_migration(MigrationType::Resize, "pre-migrating");
    let requested_resources = cloud.servers.get(SERVER).map(|server| server.ports.clone()).unwrap_or_default();
    let host_list = Some(selections(&cloud, RequestSpec { requested_resources, ..request_spec() }));
    Ok(MigrateTask { host_list, ..migrate() })
}
