//! The starts of migrations, and of the tasks that end or repair one.

use swaparoo_placement::Invalid;

use super::InitialState;
use crate::contract::{
    Effect, HostNode, MigrateTask, MigrationTask, MigrationType, PrepResize, ReleaseTask, Reply, RequestSpec,
    RpcVersion, SelectDestinations, Selection, Task,
};
use crate::fixture::{ALTERNATE, DESTINATION, LARGE, MIGRATION, SERVER, SMALL, live_migration, request_spec, resize};
use crate::{EffectFault, SimCloud};

/// All starts.
///
/// # Errors
/// The model of Placement refuses one.
pub fn migration_states() -> Result<Vec<InitialState>, Invalid> {
    Ok([cold()?, with_ports()?, live()?, endings()?, aborts()?, releases()?].concat())
}

fn cold() -> Result<Vec<InitialState>, Invalid> {
    let migration = MigrateTask { new_flavor: SMALL.into(), ..resize() };
    let grouped = MigrateTask { request_spec: RequestSpec { in_group: true, ..request_spec() }, ..resize() };
    let reschedule = MigrateTask { host_list: Some(alternates(server()?)), ..resize() };
    let pre_migrating = || resizing("pre-migrating");
    let all = [
        start("migration", Task::Migrate(migration), server()),
        start("resize in a server group", Task::Migrate(grouped), server()),
        start("resize, its record is there", Task::Migrate(resize()), pre_migrating()),
        start("resize, its swap is made", Task::Migrate(resize()), swapped(pre_migrating(), false)),
        start("reschedule", Task::Migrate(reschedule), server()),
    ];
    all.into_iter().collect()
}

/// The server's ports have resource requests, which only hosts with a new enough version support.
fn with_ports() -> Result<Vec<InitialState>, Invalid> {
    let task = || Task::Migrate(resize());
    let (mut pinned, mut unknown) = (with_a_port()?, with_a_port()?);
    pinned.rpc = RpcVersion { major: 5, minor: 1 };
    version(&mut unknown, DESTINATION, None);
    let reschedule = MigrateTask { host_list: Some(alternates(with_a_port()?)), ..resize() };
    let all = [
        start("resize with a port, first host too old", task(), first_too_old()),
        start("resize with a port, RPC pinned", task(), Ok(pinned)),
        start("resize with a port, no such service", task(), Ok(unknown)),
        start("reschedule with a port, first host too old", Task::Migrate(reschedule), first_too_old()),
    ];
    all.into_iter().collect()
}

fn live() -> Result<Vec<InitialState>, Invalid> {
    let cloud = || server().map(|cloud| cloud.with_a_migration(MigrationType::LiveMigration, "accepted"));
    let unfit = |hosts: &[&str]| {
        let mut cloud = cloud()?;
        cloud.nodes.iter_mut().for_each(|node| node.fit = !hosts.contains(&node.host.as_str()));
        Ok(cloud)
    };
    let scheduled = || Task::LiveMigrate(live_migration(None));
    let forced = || Task::LiveMigrate(live_migration(Some(DESTINATION)));
    let all = [
        start("live migration", scheduled(), cloud()),
        start("live migration, first host unfit", scheduled(), unfit(&[DESTINATION])),
        start("live migration, all hosts unfit", scheduled(), unfit(&[DESTINATION, ALTERNATE])),
        start("live migration, forced", forced(), cloud()),
        start("live migration, forced and unfit", forced(), unfit(&[DESTINATION])),
    ];
    all.into_iter().collect()
}

fn endings() -> Result<Vec<InitialState>, Invalid> {
    let confirm = || Task::Confirm(of_migration());
    let revert = || Task::RevertResize(of_migration());
    let returning = || swapped(resizing("reverting"), true).map(|cloud| cloud.settled("reverting"));
    let mut arrived = swapped(resizing("finished"), true)?;
    arrived.arrive(MIGRATION);
    let mut orphaned = returning()?.deleted();
    claim_late(&mut orphaned);
    let all = [
        start("confirm", confirm(), Ok(arrived.clone().settled("confirming"))),
        start("confirm, server deleted", confirm(), Ok(arrived.settled("confirming").deleted())),
        start("revert-resize", revert(), returning()),
        start("revert-resize, server deleted", revert(), returning().map(SimCloud::deleted)),
        start("revert-resize, server deleted and claimed for", revert(), Ok(orphaned)),
    ];
    all.into_iter().collect()
}

fn aborts() -> Result<Vec<InitialState>, Invalid> {
    let abort = || Task::Abort(of_migration());
    let claimed = |status: &str| swapped(resizing(status), true).map(|cloud| cloud.settled(status));
    let mut orphaned = claimed("error")?.deleted();
    claim_late(&mut orphaned);
    let mut cast = claimed("pre-migrating")?;
    cast_late(&mut cast);
    let all = [
        start("abort, the cast is on its way", abort(), Ok(cast)),
        start("abort", abort(), swapped(resizing("pre-migrating"), false)),
        start("abort, scheduler has claimed", abort(), claimed("pre-migrating")),
        start("abort of a failed migration", abort(), swapped(resizing("error"), false)),
        start("abort of one that has begun", abort(), swapped(resizing("migrating"), true)),
        start("abort of a failed resize on one host", abort(), on_one_host("error", SMALL)),
        start("abort, server deleted", abort(), swapped(resizing("error"), false).map(SimCloud::deleted)),
        start("abort, server deleted and claimed for", abort(), Ok(orphaned)),
    ];
    all.into_iter().collect()
}

fn releases() -> Result<Vec<InitialState>, Invalid> {
    let of_server = || Task::Release(ReleaseTask { consumer: SERVER.into(), server: SERVER.into() });
    let of_record = || Task::Release(ReleaseTask { consumer: MIGRATION.into(), server: SERVER.into() });
    let mut held = server()?.deleted();
    claim_late(&mut held);
    let mut arrived = swapped(resizing("finished"), true)?;
    arrived.arrive(MIGRATION);
    let mut doubled = resizing("pre-migrating")?;
    claim_late(&mut doubled);
    let doubled = doubled.settled("error");
    let all = [
        start("release of a server that a late scheduler doubled", of_server(), Ok(doubled)),
        start("release of a failed resize on one host", of_record(), on_one_host("error", SMALL)),
        start("release of a confirmed resize on one host", of_record(), on_one_host("confirmed", LARGE)),
        start("release of a deleted server", of_server(), Ok(held)),
        start("release of a live server", of_server(), server()),
        start("release of a confirmed migration", of_record(), Ok(arrived.settled("confirmed"))),
        start("release of a failed migration", of_record(), swapped(resizing("error"), false)),
        start("release of one that has begun", of_record(), swapped(resizing("migrating"), true)),
        start(
            "release of a deleted server's migration",
            of_record(),
            swapped(resizing("error"), false).map(SimCloud::deleted),
        ),
    ];
    all.into_iter().collect()
}

fn of_migration() -> MigrationTask {
    MigrationTask { server: SERVER.into(), migration: MIGRATION.into() }
}

fn server() -> Result<SimCloud, Invalid> {
    SimCloud::with_a_server()
}

fn with_a_port() -> Result<SimCloud, Invalid> {
    server()?.with_a_port()
}

fn resizing(status: &str) -> Result<SimCloud, Invalid> {
    Ok(server()?.with_a_migration(MigrationType::Resize, status))
}

fn swapped(cloud: Result<SimCloud, Invalid>, claimed: bool) -> Result<SimCloud, Invalid> {
    cloud?.swapped(claimed)
}

/// The record of an ended resize on the server's own host holds what the old flavor required, and the server what the new
/// one requires.
fn on_one_host(status: &str, flavor: &str) -> Result<SimCloud, Invalid> {
    server()?.resized_on_its_host(status, flavor)
}

fn first_too_old() -> Result<SimCloud, Invalid> {
    let mut cloud = with_a_port()?;
    version(&mut cloud, DESTINATION, Some(38));
    Ok(cloud)
}

fn version(cloud: &mut SimCloud, host: &str, version: Option<u32>) {
    if let Some(node) = cloud.node_mut(host) {
        node.version = version;
    }
}

/// The scheduler makes a claim for a server that is already deleted.
fn claim_late(cloud: &mut SimCloud) {
    let select = SelectDestinations { server: SERVER.into(), request_spec: request_spec() };
    cloud.answer(&Effect::SelectDestinations(select), EffectFault::Answered);
}

/// A cast to the destination was sent, and has not arrived.
fn cast_late(cloud: &mut SimCloud) {
    let cast = Effect::PrepResize(PrepResize {
        server: SERVER.into(),
        migration: MIGRATION.into(),
        destination: HostNode { host: DESTINATION.into(), node: DESTINATION.into() },
        availability_zone: None,
        request_spec: request_spec(),
        host_list: Vec::new(),
    });
    cloud.answer(&cast, EffectFault::Late);
}

/// The scheduler's answer to a resize: the hosts that a reschedule tries.
fn alternates(cloud: SimCloud) -> Vec<Selection> {
    let requested_resources = cloud.servers.get(SERVER).map(|server| server.ports.clone()).unwrap_or_default();
    let mut cloud = cloud.with_a_migration(MigrationType::Resize, "pre-migrating");
    let request_spec = RequestSpec { requested_resources, ..request_spec() };
    let select = SelectDestinations { server: SERVER.into(), request_spec };
    match cloud.answer(&Effect::SelectDestinations(select), EffectFault::Answered) {
        Reply::Selections(answer) => answer.selections,
        _ => Vec::new(),
    }
}

fn start(name: &'static str, task: Task, cloud: Result<SimCloud, Invalid>) -> Result<InitialState, Invalid> {
    Ok(InitialState { name, task, cloud: cloud? })
}
