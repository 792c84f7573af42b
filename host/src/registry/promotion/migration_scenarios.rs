//! The built-in scenarios of migrations, as data: a simulated cloud, the task, injected events, and the allowed ends.
//! The allocations at the end are checked by one rule: a live server holds its resources, and other consumers hold
//! nothing.

use swaparoo_placement::{Fault, Invalid};

use super::move_scenarios::ExpectedEnd;
use crate::contract::{
    Effect, MigrateTask, MigrationTask, MigrationType, ReleaseTask, Reply, SelectDestinations, Selection, Task,
};
use crate::simulation::fixture::{
    ALTERNATE, DESTINATION, MIGRATION, SERVER, SMALL, live_migration, request_spec, resize,
};
use crate::simulation::{EffectFault, FaultInjector, MigrationEnd, Reach, SimCloud};

/// One scenario that a policy must pass.
pub struct MigrationScenario {
    /// The name in reports, and for accepting a failure.
    pub name: &'static str,
    /// The task to run.
    pub task: Task,
    /// The cloud at the beginning.
    pub cloud: InitialCloud,
    /// The injected events.
    pub injector: &'static FaultInjector,
    /// How the compute services finish a migration that has started.
    pub ending: MigrationEnd,
    /// The allowed ends; one of them must match.
    pub allowed: &'static [ExpectedEnd],
}

type InitialCloud = Result<SimCloud, Invalid>;

const STARTED: &[ExpectedEnd] = &[ExpectedEnd::Finished(&["started"])];
const FINISHED: &[ExpectedEnd] = &[ExpectedEnd::FinishedAnyhow];
const FAILED: &[ExpectedEnd] = &[ExpectedEnd::FailedAnyhow];
const EITHER: &[ExpectedEnd] = &[ExpectedEnd::FinishedAnyhow, ExpectedEnd::FailedAnyhow];

/// All scenarios, by kind of task and then by the severity of the fault.
#[must_use]
pub fn migration_scenarios() -> Vec<MigrationScenario> {
    let mut all = beginning_scenarios();
    all.extend(failing_scenarios());
    all.extend(live_scenarios());
    all.extend(ending_scenarios());
    all.extend(settled_scenarios());
    all
}

fn beginning_scenarios() -> Vec<MigrationScenario> {
    let cold = MigrateTask { new_flavor: SMALL.into(), ..resize() };
    let alternates = || alternates().unwrap_or_default();
    let rescheduled = |host_list| Task::Migrate(MigrateTask { host_list: Some(host_list), ..resize() });
    vec![
        scenario("resize", Task::Migrate(resize()), server(), STARTED),
        scenario("resize-reverted", Task::Migrate(resize()), server(), STARTED).ending(MigrationEnd::Reverted),
        scenario("cold-migration", Task::Migrate(cold), server(), STARTED),
        scenario("resize-to-the-next-host", rescheduled(alternates()), full(&[DESTINATION]), STARTED),
        scenario("resize-out-of-alternates", rescheduled(Vec::new()), server(), FAILED),
    ]
}

fn failing_scenarios() -> Vec<MigrationScenario> {
    let resized = |name, cloud, allowed| scenario(name, Task::Migrate(resize()), cloud, allowed);
    let nowhere = || full(&[DESTINATION, ALTERNATE]);
    vec![
        resized("resize-without-a-host", nowhere(), FAILED),
        resized("resize-whose-failure-is-not-saved", nowhere(), FAILED).injector(&save_raises),
        resized("resize-of-a-server-deleted-meanwhile", nowhere(), FAILED).injector(&deleted_while_scheduling),
        resized("resize-to-a-host-of-a-server-deleted-meanwhile", server(), EITHER).injector(&deleted_while_scheduling),
        resized("resize-while-the-conductor-is-silent", server(), FAILED).injector(&silent_once_swapped),
        resized("resize-whose-rollback-finds-no-placement", nowhere(), FAILED).injector(&away_at_the_rollback),
        resized("resize-whose-swap-is-done-and-unanswered", server(), EITHER).injector(&swap_unanswered),
        resized("resize-whose-cast-is-not-sent", server(), FAILED).injector(&cast_raises),
    ]
}

fn live_scenarios() -> Vec<MigrationScenario> {
    let cloud = || server().map(|cloud| cloud.with_a_migration(MigrationType::LiveMigration, "accepted"));
    let unfit = cloud().map(|mut cloud| {
        cloud.nodes.iter_mut().for_each(|node| node.fit = false);
        cloud
    });
    let live = |name, host, cloud, allowed| scenario(name, Task::LiveMigrate(live_migration(host)), cloud, allowed);
    vec![
        live("live-migration", None, cloud(), STARTED),
        live("live-migration-to-a-host", Some(DESTINATION), cloud(), STARTED),
        live("live-migration-without-a-fit-host", None, unfit, FAILED),
        live("live-migration-while-the-conductor-is-silent", None, cloud(), FAILED).injector(&silent_once_swapped),
    ]
}

fn ending_scenarios() -> Vec<MigrationScenario> {
    let confirm = || Task::Confirm(of_migration());
    let revert = || Task::RevertResize(of_migration());
    let arrived = || resizing("finished", true).map(|cloud| at_rest(cloud, "confirming", true));
    let returning = || resizing("reverting", true).map(|cloud| at_rest(cloud, "reverting", false));
    vec![
        scenario("confirm-a-resize", confirm(), arrived(), FINISHED),
        scenario("confirm-a-resize-of-a-deleted-server", confirm(), arrived().map(SimCloud::deleted), FINISHED),
        scenario("revert-a-resize", revert(), returning(), FINISHED),
        scenario("revert-a-resize-of-a-deleted-server", revert(), returning().map(SimCloud::deleted), EITHER),
    ]
}

fn settled_scenarios() -> Vec<MigrationScenario> {
    let abort = || Task::Abort(of_migration());
    let release = |consumer: &str| Task::Release(ReleaseTask { consumer: consumer.into(), server: SERVER.into() });
    vec![
        scenario("abort-before-it-has-begun", abort(), resizing("pre-migrating", false), FINISHED),
        scenario("abort-of-a-failed-migration", abort(), resizing("error", false), FINISHED),
        scenario("abort-of-one-that-has-begun", abort(), resizing("migrating", true), FAILED),
        scenario("abort-of-a-deleted-server", abort(), resizing("error", false).map(SimCloud::deleted), FINISHED),
        scenario(
            "release-of-a-deleted-server",
            release(SERVER),
            server().map(SimCloud::deleted).map(claimed_for),
            FINISHED,
        ),
        scenario("release-of-a-live-server", release(SERVER), server(), FAILED),
        scenario("release-of-a-failed-migration", release(MIGRATION), resizing("error", false), FINISHED),
        scenario("release-of-one-that-has-begun", release(MIGRATION), resizing("migrating", true), FAILED),
    ]
}

/// A scenario without events; a migration that has started is confirmed.
fn scenario(name: &'static str, task: Task, cloud: InitialCloud, allowed: &'static [ExpectedEnd]) -> MigrationScenario {
    MigrationScenario { name, task, cloud, injector: &nothing, ending: MigrationEnd::Confirmed, allowed }
}

impl MigrationScenario {
    fn injector(self, injector: &'static FaultInjector) -> Self {
        Self { injector, ..self }
    }

    fn ending(self, ending: MigrationEnd) -> Self {
        Self { ending, ..self }
    }
}

fn server() -> InitialCloud {
    let mut cloud = SimCloud::with_a_server()?;
    // nova's API says whether a server exists, even if other services of nova are down.
    cloud.api = true;
    Ok(cloud)
}

fn full(hosts: &[&str]) -> InitialCloud {
    server().map(|mut cloud| {
        cloud.nodes.iter_mut().for_each(|node| node.up = !hosts.contains(&node.host.as_str()));
        cloud
    })
}

/// In the middle of a resize: the record holds what the server held, and the server holds a claim if `claimed`.
fn resizing(status: &str, claimed: bool) -> InitialCloud {
    server()?.with_a_migration(MigrationType::Resize, status).swapped(claimed)
}

/// No compute service works on the migration any more; the server is on the destination if it has `arrived`.
fn at_rest(mut cloud: SimCloud, status: &str, arrived: bool) -> SimCloud {
    if arrived {
        cloud.arrive(MIGRATION);
    }
    cloud.settled(status)
}

/// The scheduler claims even if the server does not exist.
fn claimed_for(mut cloud: SimCloud) -> SimCloud {
    cloud.answer(&select(), EffectFault::Answered);
    cloud
}

/// The scheduler's answer for a resize.
fn alternates() -> Result<Vec<Selection>, Invalid> {
    let mut cloud = server()?.with_a_migration(MigrationType::Resize, "pre-migrating");
    match cloud.answer(&select(), EffectFault::Answered) {
        Reply::Selections(answer) => Ok(answer.selections),
        _ => Ok(Vec::new()),
    }
}

fn select() -> Effect {
    Effect::SelectDestinations(SelectDestinations { server: SERVER.into(), request_spec: request_spec() })
}

fn of_migration() -> MigrationTask {
    MigrationTask { server: SERVER.into(), migration: MIGRATION.into() }
}

fn nothing(_: &mut SimCloud, _: &Effect) -> EffectFault {
    EffectFault::Answered
}

fn save_raises(_: &mut SimCloud, effect: &Effect) -> EffectFault {
    if matches!(effect, Effect::SaveMigration(_)) {
        EffectFault::Raised("DBConnectionError")
    } else {
        EffectFault::Answered
    }
}

fn cast_raises(_: &mut SimCloud, effect: &Effect) -> EffectFault {
    if matches!(effect, Effect::PrepResize(_)) {
        EffectFault::Raised("RPCVersionCapError")
    } else {
        EffectFault::Answered
    }
}

fn deleted_while_scheduling(cloud: &mut SimCloud, effect: &Effect) -> EffectFault {
    if matches!(effect, Effect::SelectDestinations(_)) {
        cloud.delete_server(SERVER);
    }
    EffectFault::Answered
}

fn silent_once_swapped(cloud: &mut SimCloud, _: &Effect) -> EffectFault {
    cloud.conductor &= !is_swapped(cloud);
    EffectFault::Answered
}

/// Placement is unreachable during the rollback until the policy has paused.
fn away_at_the_rollback(cloud: &mut SimCloud, effect: &Effect) -> EffectFault {
    match effect {
        Effect::SaveMigration(_) => cloud.reach = Reach::Away,
        Effect::Pause(_) => cloud.reach = Reach::Here,
        _ => {}
    }
    EffectFault::Answered
}

fn swap_unanswered(cloud: &mut SimCloud, effect: &Effect) -> EffectFault {
    let is_first = matches!(effect, Effect::PostAllocations(_)) && !is_swapped(cloud);
    if is_first { EffectFault::Placement(Fault::LostAfterWrite) } else { EffectFault::Answered }
}

fn is_swapped(cloud: &SimCloud) -> bool {
    cloud.migrations.keys().any(|migration| !cloud.held(migration).is_empty())
}
