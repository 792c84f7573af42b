//! What must hold at every moment: at each commit, at each write that is sent, and at each answer to a client.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::journal::{Event, RunnerId, TaskId};
use super::message::Sent;
use super::run::is_recorded;
use super::tables::{RowKey, Tables};
use crate::Violation;
use crate::check::violation_of;
use crate::explorer::PathEnd;

#[derive(Debug, Default)]
pub struct Check {
    pub found: Vec<(Violation, String)>,
    keys: BTreeMap<u32, TaskId>,
    /// The ends, in the order of their commits.
    pub ends: Vec<(TaskId, Arc<PathEnd>)>,
    /// The database has lost commits: what rests on them is not expected any more.
    pub has_lost_commits: bool,
    /// Writes that a runner has sent after another one had taken their task, as after a stop between COMMIT and send.
    pub late_writes: usize,
}

impl Check {
    pub fn find(&mut self, violation: Violation, what: String) {
        self.found.push((violation, what));
    }

    /// A transaction has written these rows.
    pub fn committed(&mut self, tables: &Tables, rows: &[RowKey]) {
        for row in rows {
            if let RowKey::Entry(task, number) = row {
                self.entry(tables, *task, *number);
            }
        }
    }

    fn entry(&mut self, tables: &Tables, task: TaskId, number: u32) {
        let entries = tables.entries.get(&task);
        let Some(entry) = entries.and_then(|entries| entries.get(&number)) else { return };
        let Some(row) = tables.tasks.get(&task) else { return };
        if (row.owner, row.epoch) != (entry.owner, entry.epoch) {
            let what = format!("runner {} appends entry {number} to task {task} of runner {}", entry.owner, row.owner);
            self.find(Violation::BrokenJournal, what);
        }
        if number > 0 && !entries.is_some_and(|entries| entries.contains_key(&(number - 1))) {
            self.find(Violation::BrokenJournal, format!("task {task} has an entry {number} and none before"));
        }
        if let Event::Ended(end) = &entry.event {
            let broken = violation_of(end);
            self.ends.push((task, end.clone()));
            if let Some(violation) = broken {
                self.find(violation, format!("task {task}: {end:?}"));
            }
        } else if number > 0 && !self.has_lost_commits {
            self.alone(tables, task);
        }
    }

    /// No other running task has a consumer of this one.
    fn alone(&mut self, tables: &Tables, task: TaskId) {
        let Some(row) = tables.tasks.get(&task) else { return };
        let runs = |other: &TaskId| tables.tasks.get(other).is_some_and(|of| of.open && of.entries > 1);
        let shares = |other: &TaskId| {
            tables.tasks.get(other).is_some_and(|of| of.consumers.iter().any(|one| row.consumers.contains(one)))
        };
        if let Some(other) = tables.tasks.keys().find(|other| **other != task && runs(other) && shares(other)) {
            self.find(Violation::TwoRunningTasks, format!("tasks {task} and {other} run at the same time"));
        }
    }

    /// A runner sends an effect now.
    pub fn sent(&mut self, tables: &Tables, runner: RunnerId, sent: &Sent) {
        let Some(index) = sent.index.filter(|_| is_recorded(&sent.effect) && !self.has_lost_commits) else { return };
        let Some(row) = tables.tasks.get(&sent.task) else {
            return self.find(Violation::UnrecordedWrite, format!("task {} is not in the journal", sent.task));
        };
        // A question of a step that another runner has asked is asked again.
        let is_mine = |owner, epoch| !sent.effect.is_write() || (owner, epoch) == (runner, sent.epoch);
        let shows = tables.entries_of(sent.task).rev().any(|entry| {
            matches!(&entry.event, Event::Asked(effects) if effects.contains(&sent.effect))
                && is_mine(entry.owner, entry.epoch)
        });
        if !shows {
            let what = format!("runner {runner} sends effect {index} of task {}, of which it has no entry", sent.task);
            self.find(Violation::UnrecordedWrite, what);
        }
        if (row.owner, row.epoch) != (runner, sent.epoch) {
            self.late_writes += usize::from(sent.effect.is_write());
        } else if row.open && sent.effect.is_write() {
            self.has_its_locks(tables, sent.task);
        }
    }

    fn has_its_locks(&mut self, tables: &Tables, task: TaskId) {
        let consumers = tables.tasks.get(&task).map(|row| row.consumers.clone()).unwrap_or_default();
        if let Some(of) = consumers.iter().find(|of| tables.locks.get(*of) != Some(&task)) {
            self.find(Violation::TwoRunningTasks, format!("task {task} sends a write and has not locked {of}"));
        }
    }

    /// A client receives the id of its task.
    pub fn accepted(&mut self, key: u32, task: TaskId) {
        let first = *self.keys.entry(key).or_insert(task);
        if first != task && self.has_lost_commits {
            self.keys.insert(key, task);
        } else if first != task {
            self.find(Violation::TwoTasksOfOneKey, format!("key {key} is task {first} and task {task}"));
        }
    }
}
