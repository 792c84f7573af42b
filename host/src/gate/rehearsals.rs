//! The built-in scenarios of migrations, as data: a simulated cloud, the task, injected events, and the allowed ends.
//! The allocations at the end are checked by one rule: a live server holds its resources, and other consumers hold
//! nothing.

use swaparoo_placement::{Fault, Invalid};

use super::scenarios::Says;
use crate::contract::{
    Effect, MigrateTask, MigrationTask, MigrationType, ReleaseTask, Reply, SelectDestinations, Selection, Task,
};
use crate::rehearsal::scene::{ALTERNATE, DESTINATION, MIGRATION, SERVER, SMALL, live_migration, request_spec, resize};
use crate::rehearsal::{Cloud, Ending, Fate, Interference, Reach};

/// One scenario that a policy must pass.
pub struct Rehearsal {
    /// The name in reports, and for accepting a failure.
    pub name: &'static str,
    /// The task to run.
    pub task: Task,
    /// The cloud at the beginning.
    pub cloud: Beginning,
    /// The injected events.
    pub meanwhile: &'static Interference,
    /// How the compute services finish a migration that has started.
    pub ending: Ending,
    /// The allowed ends; one of them must match.
    pub allowed: &'static [Says],
}

type Beginning = Result<Cloud, Invalid>;

const STARTED: &[Says] = &[Says::Finished(&["started"])];
const FINISHED: &[Says] = &[Says::FinishedAnyhow];
const FAILED: &[Says] = &[Says::FailedAnyhow];
const EITHER: &[Says] = &[Says::FinishedAnyhow, Says::FailedAnyhow];

/// All scenarios, by kind of task and then by the severity of the fault.
#[must_use]
pub fn rehearsals() -> Vec<Rehearsal> {
    let mut all = begun();
    all.extend(troubled());
    all.extend(live());
    all.extend(ended());
    all.extend(settled());
    all
}

fn begun() -> Vec<Rehearsal> {
    let cold = MigrateTask { new_flavor: SMALL.into(), ..resize() };
    let alternates = || alternates().unwrap_or_default();
    let rescheduled = |host_list| Task::Migrate(MigrateTask { host_list: Some(host_list), ..resize() });
    vec![
        rehearsal("resize", Task::Migrate(resize()), server(), STARTED),
        rehearsal("resize-reverted", Task::Migrate(resize()), server(), STARTED).ending(Ending::Reverted),
        rehearsal("cold-migration", Task::Migrate(cold), server(), STARTED),
        rehearsal("resize-to-the-next-host", rescheduled(alternates()), full(&[DESTINATION]), STARTED),
        rehearsal("resize-out-of-alternates", rescheduled(Vec::new()), server(), FAILED),
    ]
}

fn troubled() -> Vec<Rehearsal> {
    let resized = |name, cloud, allowed| rehearsal(name, Task::Migrate(resize()), cloud, allowed);
    let nowhere = || full(&[DESTINATION, ALTERNATE]);
    vec![
        resized("resize-without-a-host", nowhere(), FAILED),
        resized("resize-whose-failure-is-not-saved", nowhere(), FAILED).meanwhile(&save_raises),
        resized("resize-of-a-server-deleted-meanwhile", nowhere(), FAILED).meanwhile(&deleted_while_scheduling),
        resized("resize-to-a-host-of-a-server-deleted-meanwhile", server(), EITHER)
            .meanwhile(&deleted_while_scheduling),
        resized("resize-while-the-conductor-is-silent", server(), FAILED).meanwhile(&silent_once_swapped),
        resized("resize-whose-rollback-finds-no-placement", nowhere(), FAILED).meanwhile(&away_at_the_rollback),
        resized("resize-whose-swap-is-done-and-unanswered", server(), EITHER).meanwhile(&swap_unanswered),
        resized("resize-whose-cast-is-not-sent", server(), FAILED).meanwhile(&cast_raises),
    ]
}

fn live() -> Vec<Rehearsal> {
    let cloud = || server().map(|cloud| cloud.with_a_migration(MigrationType::LiveMigration, "accepted"));
    let unfit = cloud().map(|mut cloud| {
        cloud.nodes.iter_mut().for_each(|node| node.fit = false);
        cloud
    });
    let live = |name, host, cloud, allowed| rehearsal(name, Task::LiveMigrate(live_migration(host)), cloud, allowed);
    vec![
        live("live-migration", None, cloud(), STARTED),
        live("live-migration-to-a-host", Some(DESTINATION), cloud(), STARTED),
        live("live-migration-without-a-fit-host", None, unfit, FAILED),
        live("live-migration-while-the-conductor-is-silent", None, cloud(), FAILED).meanwhile(&silent_once_swapped),
    ]
}

fn ended() -> Vec<Rehearsal> {
    let confirm = || Task::Confirm(of_migration());
    let revert = || Task::RevertResize(of_migration());
    let arrived = || resizing("finished", true).map(|cloud| at_rest(cloud, "confirming", true));
    let returning = || resizing("reverting", true).map(|cloud| at_rest(cloud, "reverting", false));
    vec![
        rehearsal("confirm-a-resize", confirm(), arrived(), FINISHED),
        rehearsal("confirm-a-resize-of-a-deleted-server", confirm(), arrived().map(Cloud::deleted), FINISHED),
        rehearsal("revert-a-resize", revert(), returning(), FINISHED),
        rehearsal("revert-a-resize-of-a-deleted-server", revert(), returning().map(Cloud::deleted), EITHER),
    ]
}

fn settled() -> Vec<Rehearsal> {
    let abort = || Task::Abort(of_migration());
    let release = |consumer: &str| Task::Release(ReleaseTask { consumer: consumer.into(), server: SERVER.into() });
    vec![
        rehearsal("abort-before-it-has-begun", abort(), resizing("pre-migrating", false), FINISHED),
        rehearsal("abort-of-a-failed-migration", abort(), resizing("error", false), FINISHED),
        rehearsal("abort-of-one-that-has-begun", abort(), resizing("migrating", true), FAILED),
        rehearsal("abort-of-a-deleted-server", abort(), resizing("error", false).map(Cloud::deleted), FINISHED),
        rehearsal(
            "release-of-a-deleted-server",
            release(SERVER),
            server().map(Cloud::deleted).map(claimed_for),
            FINISHED,
        ),
        rehearsal("release-of-a-live-server", release(SERVER), server(), FAILED),
        rehearsal("release-of-a-failed-migration", release(MIGRATION), resizing("error", false), FINISHED),
        rehearsal("release-of-one-that-has-begun", release(MIGRATION), resizing("migrating", true), FAILED),
    ]
}

/// A scenario without events; a migration that has started is confirmed.
fn rehearsal(name: &'static str, task: Task, cloud: Beginning, allowed: &'static [Says]) -> Rehearsal {
    Rehearsal { name, task, cloud, meanwhile: &nothing, ending: Ending::Confirmed, allowed }
}

impl Rehearsal {
    fn meanwhile(self, meanwhile: &'static Interference) -> Self {
        Self { meanwhile, ..self }
    }

    fn ending(self, ending: Ending) -> Self {
        Self { ending, ..self }
    }
}

fn server() -> Beginning {
    let mut cloud = Cloud::with_a_server()?;
    // nova's API says whether a server exists, even if other services of nova are down.
    cloud.api = true;
    Ok(cloud)
}

fn full(hosts: &[&str]) -> Beginning {
    server().map(|mut cloud| {
        cloud.nodes.iter_mut().for_each(|node| node.up = !hosts.contains(&node.host.as_str()));
        cloud
    })
}

/// In the middle of a resize: the record holds what the server held, and the server holds a claim if `claimed`.
fn resizing(status: &str, claimed: bool) -> Beginning {
    server()?.with_a_migration(MigrationType::Resize, status).swapped(claimed)
}

/// No compute service works on the migration any more; the server is on the destination if it has `arrived`.
fn at_rest(mut cloud: Cloud, status: &str, arrived: bool) -> Cloud {
    if arrived {
        cloud.arrive(MIGRATION);
    }
    cloud.settled(status)
}

/// The scheduler claims even if the server does not exist.
fn claimed_for(mut cloud: Cloud) -> Cloud {
    cloud.answer(&select(), Fate::Answered);
    cloud
}

/// The scheduler's answer for a resize.
fn alternates() -> Result<Vec<Selection>, Invalid> {
    let mut cloud = server()?.with_a_migration(MigrationType::Resize, "pre-migrating");
    match cloud.answer(&select(), Fate::Answered) {
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

fn nothing(_: &mut Cloud, _: &Effect) -> Fate {
    Fate::Answered
}

fn save_raises(_: &mut Cloud, effect: &Effect) -> Fate {
    if matches!(effect, Effect::SaveMigration(_)) { Fate::Raised("DBConnectionError") } else { Fate::Answered }
}

fn cast_raises(_: &mut Cloud, effect: &Effect) -> Fate {
    if matches!(effect, Effect::PrepResize(_)) { Fate::Raised("RPCVersionCapError") } else { Fate::Answered }
}

fn deleted_while_scheduling(cloud: &mut Cloud, effect: &Effect) -> Fate {
    if matches!(effect, Effect::SelectDestinations(_)) {
        cloud.delete_server(SERVER);
    }
    Fate::Answered
}

fn silent_once_swapped(cloud: &mut Cloud, _: &Effect) -> Fate {
    cloud.conductor &= !is_swapped(cloud);
    Fate::Answered
}

/// Placement is unreachable during the rollback until the policy has paused.
fn away_at_the_rollback(cloud: &mut Cloud, effect: &Effect) -> Fate {
    match effect {
        Effect::SaveMigration(_) => cloud.reach = Reach::Away,
        Effect::Pause(_) => cloud.reach = Reach::Here,
        _ => {}
    }
    Fate::Answered
}

fn swap_unanswered(cloud: &mut Cloud, effect: &Effect) -> Fate {
    let is_first = matches!(effect, Effect::PostAllocations(_)) && !is_swapped(cloud);
    if is_first { Fate::Fault(Fault::LostAfterWrite) } else { Fate::Answered }
}

fn is_swapped(cloud: &Cloud) -> bool {
    cloud.migrations.keys().any(|migration| !cloud.held(migration).is_empty())
}
