//! How a runner accepts a task: one task for each idempotency key, whichever runner its client asks.

use super::database::Failure;
use super::journal::{Event, TaskId};
use super::message::{Answer, Context, Output, Purpose, Request, Submission};
use super::protocol::{Fence, Unanswered};
use super::runner::Runner;
use super::statement::Statement;
use super::tables::Tables;

/// The ids of a runner's tasks begin with its own id.
const TASKS: u32 = 1_000;
/// How often a task is looked for, of which it is not known whether it was accepted.
const LOOKS: u32 = 4;

impl Runner {
    /// Looks for the key before it opens a task.
    pub fn find_key(&mut self, submission: Submission, tables: &Tables, cx: &mut Context<'_>) {
        if let Some(task) = tables.keys.get(&submission.opened.key) {
            cx.outputs.push(Output::Accepted { job: submission.job, task: *task });
            return;
        }
        self.tasks += 1;
        let task = self.id * TASKS + self.tasks;
        self.open(submission, task, cx);
    }

    /// The task, its first entry and its locks, in one transaction.
    pub fn open(&mut self, submission: Submission, task: TaskId, cx: &mut Context<'_>) {
        let (opened, owner) = (submission.opened.clone(), self.id);
        let first = (self.protocol.fence != Fence::Nothing).then_some(0);
        let mut statements = vec![
            Statement::Open { task, opened, owner, at: cx.now },
            Statement::Entries { task, first, owner, epoch: 1, events: vec![Event::Opened] },
        ];
        statements.extend(self.protocol.locks.then_some(Statement::LockIfFree { task }));
        self.request(Request::Write(statements), Purpose::Open(submission, task), cx);
    }

    /// The task has been opened, or not, or that is not known.
    pub fn opened(&mut self, submission: Submission, task: TaskId, answer: Answer, cx: &mut Context<'_>) {
        match (answer, self.protocol.unanswered) {
            (Answer::Failed(Failure::RolledBack), _) => self.open(submission, task, cx),
            // Its client asks again.
            (Answer::Failed(Failure::NoAnswer), Unanswered::NotDone) => {}
            (Answer::Failed(Failure::NoAnswer), Unanswered::Done) | (Answer::Done | Answer::Tables(_), _) => {
                cx.outputs.push(Output::Accepted { job: submission.job, task });
                self.start_run(task, 1, submission.opened, cx);
            }
            (Answer::Failed(_), _) => self.request(Request::Read, Purpose::FindOpened(submission, task, 0), cx),
        }
    }

    /// Looks for the key again, after a failure or without an answer.
    pub fn find_opened(
        &mut self,
        submission: Submission,
        task: TaskId,
        looks: u32,
        tables: &Tables,
        cx: &mut Context<'_>,
    ) {
        let found = tables.keys.get(&submission.opened.key).copied();
        if let Some(found) = found {
            cx.outputs.push(Output::Accepted { job: submission.job, task: found });
        }
        if found == Some(task) && !self.runs.contains_key(&task) {
            self.start_run(task, 1, submission.opened, cx);
        } else if found.is_none() && looks < LOOKS {
            // It may still be done. The client asks again, by its key.
            self.again(1_000, Request::Read, Purpose::FindOpened(submission, task, looks + 1), cx);
        }
    }
}
