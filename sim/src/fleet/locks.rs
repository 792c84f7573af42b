//! How a task gets all its consumers, or waits for them.

use super::database::Failure;
use super::journal::TaskId;
use super::message::{Answer, Context, Purpose, Request};
use super::protocol::Unanswered;
use super::runner::Runner;
use super::statement::Statement;
use super::tables::Tables;

/// The pause before a task tries again to get consumers that another one has, in milliseconds.
const PAUSE: u64 = 1_500;

impl Runner {
    /// Locks all consumers of a task in one transaction, or none.
    pub fn acquire(&mut self, task: TaskId, serial: u64, cx: &mut Context<'_>) {
        let owner = self.id;
        let Some(run) = self.run(task, serial) else { return };
        let (epoch, consumers) = (run.epoch, run.consumers.clone());
        let statements = vec![Statement::SetLocked { task, owner, epoch }, Statement::Lock { task, consumers }];
        self.request(Request::Write(statements), Purpose::Acquire(task, serial), cx);
    }

    /// The task has its locks, or not, or that is not known.
    pub fn acquired(&mut self, task: TaskId, serial: u64, answer: &Answer, cx: &mut Context<'_>) {
        match (answer, self.protocol.unanswered) {
            (Answer::Failed(Failure::NoAnswer), Unanswered::Done) | (Answer::Done | Answer::Tables(_), _) => {
                self.request(Request::Read, Purpose::Load(task, serial), cx);
            }
            // Another task has a consumer.
            (Answer::Failed(Failure::Exists), _) => {
                self.again(PAUSE, Request::Read, Purpose::FindLocks(task, serial, Failure::Exists), cx);
            }
            (Answer::Failed(Failure::RolledBack), _) | (Answer::Failed(_), Unanswered::NotDone) => {
                let failure = Failure::RolledBack;
                self.again(100, Request::Read, Purpose::FindLocks(task, serial, failure), cx);
            }
            (Answer::Failed(failure), _) => self.request(Request::Read, Purpose::FindLocks(task, serial, *failure), cx),
        }
    }

    /// Looks whether the task has its locks, and tries again if not.
    pub fn find_locks(&mut self, task: TaskId, serial: u64, failure: Failure, tables: &Tables, cx: &mut Context<'_>) {
        let blind = self.protocol.unanswered == Unanswered::NotDone;
        let is_mine = tables.tasks.get(&task).is_some_and(|row| row.open && row.owner == self.id);
        let is_locked = tables.tasks.get(&task).is_some_and(|row| row.locked);
        match failure {
            _ if !is_mine => self.drop_run(task, cx),
            _ if is_locked && !blind => self.request(Request::Read, Purpose::Load(task, serial), cx),
            _ => self.acquire(task, serial, cx),
        }
    }
}
