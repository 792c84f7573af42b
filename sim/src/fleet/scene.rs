//! The cloud and the clients of a history.

use std::sync::Arc;

use swaparoo_placement::Invalid;

use super::journal::{Consumer, Opened, TaskId};
use crate::cloud::SimMigration;
use crate::contract::{MigrationRecord, MigrationType, MoveTask, ReplaceTask, RevertTask, Task};
use crate::fixture::{MIGRATION, SERVER, SMALL, SOURCE, resize};
use crate::{COMPETITOR, Random, SimCloud, SimServer};

/// The second server and its migration record.
pub const OTHER_SERVER: &str = "c0ffee00-0000-4000-8000-000000000002";
/// Its record.
pub const OTHER_MIGRATION: &str = "319ba710-0000-4000-8000-0000000000a2";
/// The record that nova creates next in this cloud.
const NEXT_MIGRATION: &str = "319ba710-0000-4000-8000-000000000002";

/// What a client does: it submits a task until a runner accepts it.
#[derive(Debug)]
pub struct Job {
    pub opened: Arc<Opened>,
    /// The job whose task must have ended before.
    pub after: Option<usize>,
    pub accepted: Option<TaskId>,
}

/// Two servers, each with a migration record.
pub fn cloud() -> Result<SimCloud, Invalid> {
    let cloud = SimCloud::with_a_server()?;
    let mut cloud = cloud.with_a_migration(MigrationType::Migration, "pre-migrating");
    let server = SimServer { flavor: SMALL.into(), ..SimServer::on(SOURCE) };
    let due = cloud.due(&server);
    cloud.servers.insert(OTHER_SERVER.to_owned(), server);
    cloud.give(OTHER_SERVER, &due)?;
    let record = MigrationRecord {
        migration: OTHER_MIGRATION.into(),
        server: OTHER_SERVER.into(),
        migration_type: MigrationType::Migration,
        status: "pre-migrating".into(),
    };
    cloud.migrations.insert(OTHER_MIGRATION.to_owned(), SimMigration::new(record, SMALL));
    Ok(cloud)
}

/// The jobs of a history: swaps and ways back of both servers, one after the other or at the same time; in one history of
/// eight a resize of the first server, beside a task that has locked the record that nova creates for it.
pub fn jobs(random: &mut Random, cloud: &mut SimCloud) -> Vec<Job> {
    let mut jobs: Vec<Job> = Vec::new();
    if random.one_in(8) {
        cloud.migrations.remove(MIGRATION);
        add(&mut jobs, Task::Migrate(resize()), None);
        if random.one_in(2) {
            let (source, target) = (NEXT_MIGRATION.to_owned(), COMPETITOR.to_owned());
            add(&mut jobs, Task::Move(MoveTask { source, target, target_is_new: false }), None);
        }
    } else {
        of_a_server(&mut jobs, SERVER, MIGRATION, random);
    }
    of_a_server(&mut jobs, OTHER_SERVER, OTHER_MIGRATION, random);
    jobs
}

fn of_a_server(jobs: &mut Vec<Job>, server: &str, migration: &str, random: &mut Random) {
    for number in 0..random.between(1, 4) {
        let (server, migration) = (server.to_owned(), migration.to_owned());
        let is_back = if number == 0 { random.one_in(6) } else { !random.one_in(3) };
        let task = if is_back {
            Task::Revert(RevertTask { server, migration })
        } else {
            Task::Replace(ReplaceTask { server, migration, source_node: None })
        };
        let after = (number > 0 && !random.one_in(3)).then(|| jobs.len() - 1);
        add(jobs, task, after);
    }
}

fn add(jobs: &mut Vec<Job>, task: Task, after: Option<usize>) {
    let consumers = task.parties().into_iter().map(|(_, consumer)| Consumer::from(consumer)).collect();
    let key = u32::try_from(jobs.len()).unwrap_or_default();
    jobs.push(Job { opened: Arc::new(Opened { task, key, consumers }), after, accepted: None });
}

/// A text with short names in place of the ids.
pub fn named(text: &str) -> String {
    let names = [
        (SERVER, "S1"),
        (MIGRATION, "M1"),
        (OTHER_SERVER, "S2"),
        (OTHER_MIGRATION, "M2"),
        (NEXT_MIGRATION, "M3"),
        (COMPETITOR, "X"),
    ];
    names.iter().fold(text.to_owned(), |text, (id, name)| text.replace(id, name))
}
