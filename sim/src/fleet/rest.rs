//! What must hold when all faults are over and all tasks have ended: in the journal, and in Placement.

use swaparoo_core::describe::needs_a_person;
use swaparoo_core::task::TaskEnd;

use super::check::Check;
use super::journal::TaskId;
use super::scene::{OTHER_MIGRATION, OTHER_SERVER};
use super::tables::Tables;
use crate::contract::{Outcome, Task};
use crate::explorer::{Claim, PathEnd, claim};
use crate::fixture::{MIGRATION, SERVER};
use crate::{MigrationEnd, SimCloud, Violation};

/// The servers of the scene, each with its migration record.
const SERVERS: [(&str, &str); 2] = [(SERVER, MIGRATION), (OTHER_SERVER, OTHER_MIGRATION)];

/// Checks a state at rest. `due`: what each server needs, as at the beginning.
pub fn check(check: &mut Check, tables: &Tables, start: &SimCloud, cloud: &SimCloud) {
    journal(check, tables);
    let mut cloud = cloud.clone();
    cloud.finish(MigrationEnd::Confirmed);
    for (server, migration) in SERVERS {
        let tasks = ended(check, tables, server);
        if tasks.iter().any(|(_, _, end)| says_so(end)) {
            continue;
        }
        let wrong = match tasks.iter().find(|(_, task, _)| matches!(task, Task::Migrate(_))) {
            Some((_, _, end)) => after_a_resize(&cloud, server, end),
            None => after_swaps(start, &cloud, server, migration, &tasks),
        };
        let last = tasks.last().map(|(task, ..)| *task).unwrap_or_default();
        for violation in wrong {
            check.find(violation, format!("server {server}, after its last task {last}"));
        }
    }
}

/// Each task has the entries that its row counts, and no locks are left.
fn journal(check: &mut Check, tables: &Tables) {
    for (task, row) in &tables.tasks {
        let count = tables.entries_of(*task).count();
        if count != usize::try_from(row.entries).unwrap_or_default() {
            check.find(Violation::BrokenJournal, format!("task {task} has {count} entries and counts {}", row.entries));
        }
    }
    if let Some((consumer, task)) = tables.locks.iter().next() {
        check.find(Violation::NeverEnds, format!("task {task} has ended and locks {consumer}"));
    }
}

/// The tasks of a server in the order in which they have ended, each with its last end.
fn ended<'a>(check: &'a Check, tables: &'a Tables, server: &str) -> Vec<(TaskId, &'a Task, &'a PathEnd)> {
    let mut all: Vec<(TaskId, &Task, &PathEnd)> = Vec::new();
    for (id, end) in &check.ends {
        let Some(row) = tables.tasks.get(id) else { continue };
        if row.opened.consumers.iter().any(|consumer| &**consumer == server) {
            all.retain(|(before, ..)| before != id);
            all.push((*id, &row.opened.task, end));
        }
    }
    all
}

/// Whether the end says that a person must look.
fn says_so(end: &PathEnd) -> bool {
    match end {
        PathEnd::Ended(TaskEnd::Failed(failure)) => needs_a_person(failure),
        PathEnd::Ended(TaskEnd::Finished(_)) => false,
        PathEnd::Ended(_) | PathEnd::Broken(_) => true,
    }
}

fn after_a_resize(cloud: &SimCloud, server: &str, end: &PathEnd) -> Vec<Violation> {
    if claim(end) != Claim::Settled {
        return Vec::new();
    }
    let Some(of) = cloud.servers.get(server) else { return Vec::new() };
    let mut wrong: Vec<_> =
        cloud.violations_of_server(server, of.alive, &cloud.due(of)).into_iter().map(|one| one.violation).collect();
    let records = cloud.migrations.iter().filter(|(_, one)| one.record.server == server);
    wrong.extend(records.flat_map(|(id, _)| cloud.violations_of_migration(id)).map(|one| one.violation));
    wrong
}

/// The server's allocations are where its last task that changed something says.
fn after_swaps(
    start: &SimCloud,
    cloud: &SimCloud,
    server: &str,
    migration: &str,
    tasks: &[(TaskId, &Task, &PathEnd)],
) -> Vec<Violation> {
    let (due, at_server, at_record) = (start.held(server), cloud.held(server), cloud.held(migration));
    let says_record = tasks.iter().rev().find_map(|(_, task, end)| holder(task, end)).unwrap_or(false);
    match (at_server == due, at_record == due) {
        (true, true) => vec![Violation::HeldTwice],
        (true, false) if at_record.is_empty() => says_record.then_some(Violation::UntrueOutcome).into_iter().collect(),
        (false, true) if at_server.is_empty() => {
            (!says_record).then_some(Violation::UntrueOutcome).into_iter().collect()
        }
        _ => vec![Violation::Lost],
    }
}

/// Whether the record holds the allocations after this end; nothing if the end does not say.
fn holder(task: &Task, end: &PathEnd) -> Option<bool> {
    let PathEnd::Ended(TaskEnd::Finished(Outcome::Moved(_) | Outcome::AlreadyMoved(_))) = end else { return None };
    Some(matches!(task, Task::Replace(_)))
}
