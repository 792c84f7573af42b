//! How a runner makes the entries of a task durable, and what it does if it cannot know whether they are.

use super::database::Failure;
use super::journal::TaskId;
use super::message::{Answer, Context, Input, Output, Purpose, Request};
use super::protocol::{Fence, Unanswered};
use super::run::Next;
use super::runner::Runner;
use super::statement::Statement;
use super::tables::Tables;
use crate::contract::Reply;
use crate::placement::silence;

/// The most milliseconds between an answer of the database and what its task does then.
const AT_ONCE: u64 = 3;

impl Runner {
    /// Makes the unwritten entries durable. If there are none, goes on at once.
    pub fn append(&mut self, task: TaskId, serial: u64, cx: &mut Context<'_>) {
        let (me, protocol) = (self.id, self.protocol);
        let Some(run) = self.run(task, serial) else { return };
        let events = run.unwritten.clone();
        if events.is_empty() {
            return self.durable(task, serial, cx);
        }
        let by = u32::try_from(events.len()).unwrap_or_default();
        let ends = matches!(run.next, Next::Leave);
        let known = (protocol.fence != Fence::Nothing).then_some(run.number);
        let owner = (protocol.fence == Fence::OwnerAndCount).then_some((me, run.epoch));
        let mut statements = vec![
            Statement::Entries { task, first: known, owner: me, epoch: run.epoch, events },
            Statement::MoveOn { task, from: known, by, owner, ends },
        ];
        if !run.learns.is_empty() && protocol.locks {
            statements.push(Statement::Lock { task, consumers: run.learns.clone() });
        }
        statements.extend(ends.then_some(Statement::Unlock { task }));
        self.request(Request::Write(statements), Purpose::Append(task, serial), cx);
    }

    /// The entries have been written, or not, or that is not known.
    pub fn appended(&mut self, task: TaskId, serial: u64, answer: &Answer, cx: &mut Context<'_>) {
        match (answer, self.protocol.unanswered) {
            (Answer::Done | Answer::Tables(_), _) | (Answer::Failed(Failure::NoAnswer), Unanswered::Done) => {
                self.durable(task, serial, cx);
            }
            (Answer::Failed(Failure::RolledBack), _) => {
                self.again(50, Request::Read, Purpose::FindEntry(task, serial, Failure::RolledBack), cx);
            }
            (Answer::Failed(failure), Unanswered::NotDone) => {
                self.again(5_000, Request::Read, Purpose::FindEntry(task, serial, *failure), cx);
            }
            (Answer::Failed(failure), _) => {
                self.request(Request::Read, Purpose::FindEntry(task, serial, *failure), cx);
            }
        }
    }

    /// Looks for the last of the entries, of which it is not known whether they were written.
    pub fn find_entry(&mut self, task: TaskId, serial: u64, failure: Failure, tables: &Tables, cx: &mut Context<'_>) {
        let (me, protocol) = (self.id, self.protocol);
        let Some(run) = self.run(task, serial) else { return };
        if failure == Failure::RolledBack || protocol.unanswered == Unanswered::NotDone {
            return self.append(task, serial, cx);
        }
        let by = u32::try_from(run.unwritten.len()).unwrap_or_default();
        let number = (run.number + by).saturating_sub(1);
        let found = tables.entries.get(&task).and_then(|entries| entries.get(&number));
        let is_mine = found.is_some_and(|entry| {
            (entry.owner, entry.epoch) == (me, run.epoch) && Some(&entry.event) == run.unwritten.last()
        });
        let is_here = tables.tasks.get(&task).is_some_and(|row| row.open && row.owner == me && row.epoch == run.epoch);
        match failure {
            _ if is_mine => self.durable(task, serial, cx),
            Failure::NoAnswer if found.is_none() => self.append(task, serial, cx),
            Failure::Exists if found.is_none() && is_here && !run.learns.is_empty() => self.refuse(task, serial, cx),
            // It belongs to another runner, or has other entries: a look goes on with it if it is mine.
            _ => self.drop_run(task, cx),
        }
    }

    /// Another running task has the migration record that nova has named: its reply is not accepted.
    pub fn refuse(&mut self, task: TaskId, serial: u64, cx: &mut Context<'_>) {
        cx.outputs.push(Output::Declined(task));
        let Some(run) = self.run(task, serial) else { return };
        run.unwritten.pop();
        run.learns.clear();
        if let Next::Deliver(part, _) = run.next {
            run.next = Next::Deliver(part, Reply::Abandoned(silence("the record belongs to another task")));
        }
        self.append(task, serial, cx);
    }

    /// The entries are durable.
    pub fn durable(&mut self, task: TaskId, serial: u64, cx: &mut Context<'_>) {
        let Some(run) = self.run(task, serial) else { return };
        run.number += u32::try_from(run.unwritten.len()).unwrap_or_default();
        run.unwritten.clear();
        run.consumers.append(&mut run.learns);
        match std::mem::replace(&mut run.next, Next::Send) {
            Next::Send => {
                let ms = cx.random.between(0, AT_ONCE);
                cx.outputs.push(Output::After { ms, input: Input::Send { task, serial } });
            }
            Next::Deliver(part, reply) => self.deliver(task, serial, part, reply, cx),
            Next::Leave => drop(self.runs.remove(&task)),
        }
    }
}
