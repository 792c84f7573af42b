//! The start of an exploration of a migration.

use swaparoo::contract::{
    Effect, MigrateTask, MigrationTask, MigrationType, ReleaseTask, Reply, RequestSpec, RpcVersion, SelectDestinations,
    Selection, Task,
};
use swaparoo::simulation::fixture::{
    ALTERNATE, DESTINATION, MIGRATION, SERVER, SMALL, live_migration, request_spec, resize,
};
use swaparoo::simulation::{EffectFault, SimCloud};

/// A start.
#[derive(Debug, Clone)]
pub struct Scene {
    /// The name, for messages.
    pub name: &'static str,
    /// The task.
    pub task: Task,
    /// The cloud.
    pub cloud: SimCloud,
}

/// All scenes.
pub fn scenes() -> Vec<Scene> {
    [cold(), with_ports(), live(), endings(), aborts(), releases()].concat()
}

fn cold() -> Vec<Scene> {
    let migration = MigrateTask { new_flavor: SMALL.into(), ..resize() };
    let grouped = MigrateTask { request_spec: RequestSpec { in_group: true, ..request_spec() }, ..resize() };
    let reschedule = MigrateTask { host_list: Some(alternates(server())), ..resize() };
    let pre_migrating = || resizing("pre-migrating");
    vec![
        scene("migration", Task::Migrate(migration), server()),
        scene("resize in a server group", Task::Migrate(grouped), server()),
        scene("resize, its record is there", Task::Migrate(resize()), pre_migrating()),
        scene("resize, its swap is made", Task::Migrate(resize()), swapped(pre_migrating(), false)),
        scene("reschedule", Task::Migrate(reschedule), server()),
    ]
}

/// The server's ports have resource requests, which only hosts with a new enough version support.
fn with_ports() -> Vec<Scene> {
    let task = || Task::Migrate(resize());
    let (mut pinned, mut unknown) = (with_a_port(), with_a_port());
    pinned.rpc = RpcVersion { major: 5, minor: 1 };
    version(&mut unknown, DESTINATION, None);
    let reschedule = MigrateTask { host_list: Some(alternates(with_a_port())), ..resize() };
    vec![
        scene("resize with a port, first host too old", task(), first_too_old()),
        scene("resize with a port, RPC pinned", task(), pinned),
        scene("resize with a port, no such service", task(), unknown),
        scene("reschedule with a port, first host too old", Task::Migrate(reschedule), first_too_old()),
    ]
}

fn live() -> Vec<Scene> {
    let cloud = || server().with_a_migration(MigrationType::LiveMigration, "accepted");
    let unfit = |hosts: &[&str]| {
        let mut cloud = cloud();
        cloud.nodes.iter_mut().for_each(|node| node.fit = !hosts.contains(&node.host.as_str()));
        cloud
    };
    let scheduled = || Task::LiveMigrate(live_migration(None));
    let forced = || Task::LiveMigrate(live_migration(Some(DESTINATION)));
    vec![
        scene("live migration", scheduled(), cloud()),
        scene("live migration, first host unfit", scheduled(), unfit(&[DESTINATION])),
        scene("live migration, all hosts unfit", scheduled(), unfit(&[DESTINATION, ALTERNATE])),
        scene("live migration, forced", forced(), cloud()),
        scene("live migration, forced and unfit", forced(), unfit(&[DESTINATION])),
    ]
}

fn endings() -> Vec<Scene> {
    let confirm = || Task::Confirm(of_migration());
    let revert = || Task::RevertResize(of_migration());
    let mut arrived = swapped(resizing("finished"), true);
    arrived.arrive(MIGRATION);
    vec![
        scene("confirm", confirm(), arrived.clone().settled("confirming")),
        scene("confirm, server deleted", confirm(), arrived.settled("confirming").deleted()),
        scene("revert-resize", revert(), swapped(resizing("reverting"), true).settled("reverting")),
        scene(
            "revert-resize, server deleted",
            revert(),
            swapped(resizing("reverting"), true).settled("reverting").deleted(),
        ),
    ]
}

fn aborts() -> Vec<Scene> {
    let abort = || Task::Abort(of_migration());
    let claimed = |status: &str| swapped(resizing(status), true).settled(status);
    let mut orphaned = claimed("error");
    orphaned.delete_server(SERVER);
    claim_for_nobody(&mut orphaned);
    vec![
        scene("abort", abort(), swapped(resizing("pre-migrating"), false)),
        scene("abort, scheduler has claimed", abort(), claimed("pre-migrating")),
        scene("abort of a failed migration", abort(), swapped(resizing("error"), false)),
        scene("abort of one that has begun", abort(), swapped(resizing("migrating"), true)),
        scene("abort, server deleted", abort(), swapped(resizing("error"), false).deleted()),
        scene("abort, server deleted and claimed for", abort(), orphaned),
    ]
}

fn releases() -> Vec<Scene> {
    let of_server = || Task::Release(ReleaseTask { consumer: SERVER.into(), server: SERVER.into() });
    let of_record = || Task::Release(ReleaseTask { consumer: MIGRATION.into(), server: SERVER.into() });
    let mut held = server();
    held.delete_server(SERVER);
    claim_for_nobody(&mut held);
    let mut arrived = swapped(resizing("finished"), true);
    arrived.arrive(MIGRATION);
    vec![
        scene("release of a deleted server", of_server(), held),
        scene("release of a live server", of_server(), server()),
        scene("release of a confirmed migration", of_record(), arrived.settled("confirmed")),
        scene("release of a failed migration", of_record(), swapped(resizing("error"), false)),
        scene("release of one that has begun", of_record(), swapped(resizing("migrating"), true)),
        scene("release of a deleted server's migration", of_record(), swapped(resizing("error"), false).deleted()),
    ]
}

fn of_migration() -> MigrationTask {
    MigrationTask { server: SERVER.into(), migration: MIGRATION.into() }
}

fn server() -> SimCloud {
    valid(SimCloud::with_a_server())
}

fn with_a_port() -> SimCloud {
    valid(server().with_a_port())
}

fn resizing(status: &str) -> SimCloud {
    server().with_a_migration(MigrationType::Resize, status)
}

fn swapped(cloud: SimCloud, claimed: bool) -> SimCloud {
    valid(cloud.swapped(claimed))
}

fn first_too_old() -> SimCloud {
    let mut cloud = with_a_port();
    version(&mut cloud, DESTINATION, Some(38));
    cloud
}

fn version(cloud: &mut SimCloud, host: &str, version: Option<u32>) {
    if let Some(node) = cloud.node_mut(host) {
        node.version = version;
    }
}

/// The scheduler makes a claim for a server that is already deleted.
fn claim_for_nobody(cloud: &mut SimCloud) {
    let select = SelectDestinations { server: SERVER.into(), request_spec: request_spec() };
    cloud.answer(&Effect::SelectDestinations(select), EffectFault::Answered);
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

fn scene(name: &'static str, task: Task, cloud: SimCloud) -> Scene {
    Scene { name, task, cloud }
}

#[expect(clippy::expect_used, reason = "the scenes are written here")]
fn valid(cloud: Result<SimCloud, swaparoo_placement::Invalid>) -> SimCloud {
    cloud.expect("the scene is valid in Placement")
}
