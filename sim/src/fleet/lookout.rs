//! How a runner looks at the others, takes the tasks of those that are dead, and goes on with its own.

use std::collections::BTreeMap;

use super::journal::{RunnerId, TaskId};
use super::message::{Context, Output, Purpose, Request};
use super::protocol::Takes;
use super::runner::Runner;
use super::statement::Statement;
use super::tables::Tables;

/// How long a beat may stay the same.
const SILENCE: u64 = 15_000;
/// The tasks that one transaction takes.
const BATCH: usize = 2;

impl Runner {
    /// Looks at all runners and tasks: marks runners dead whose beat stands still, takes the open tasks of every runner that is
    /// not alive, and goes on with its own tasks that it does not run.
    pub fn look(&mut self, tables: &Tables, cx: &mut Context<'_>) {
        if !tables.is_alive(self.id) {
            return self.start_again(cx);
        }
        let me = self.id;
        for (id, row) in tables.runners.iter().filter(|(id, row)| row.alive && **id != me) {
            let seen = self.seen.entry(*id).or_insert((row.beat, cx.now));
            if seen.0 != row.beat {
                *seen = (row.beat, cx.now);
            } else if cx.now - seen.1 >= SILENCE {
                let bury = Statement::Bury { runner: *id, beat: row.beat };
                self.request(Request::Write(vec![bury]), Purpose::Bury(*id), cx);
            }
        }
        if self.protocol.takes == Takes::OfAllNotAlive {
            self.take_tasks(tables, |owner| !tables.is_alive(owner), cx);
        }
        let mine =
            tables.tasks.iter().filter(|(id, row)| row.open && row.owner == self.id && !self.runs.contains_key(id));
        for (task, row) in mine.map(|(task, row)| (*task, row.clone())).collect::<Vec<_>>() {
            if row.epoch > 1 {
                cx.outputs.push(Output::TakenOver(task));
            }
            self.start_run(task, row.epoch, row.opened.clone(), cx);
        }
    }

    /// Takes the open tasks of such owners, some at a time.
    pub fn take_tasks(&mut self, tables: &Tables, is_dead: impl Fn(RunnerId) -> bool, cx: &mut Context<'_>) {
        let mut of: BTreeMap<RunnerId, Vec<TaskId>> = BTreeMap::new();
        for (task, row) in tables.tasks.iter().filter(|(_, row)| row.open && is_dead(row.owner)) {
            of.entry(row.owner).or_default().push(*task);
        }
        for (from, tasks) in of {
            for tasks in tasks.chunks(BATCH).map(<[_]>::to_vec) {
                let take = Statement::Take { tasks, from, to: self.id };
                self.request(Request::Write(vec![take]), Purpose::Take, cx);
            }
        }
    }
}
