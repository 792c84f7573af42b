//! What goes into a runner and out of it.

use std::sync::Arc;

use super::database::Failure;
use super::journal::{Opened, RunnerId, TaskId};
use super::statement::Statement;
use super::tables::Tables;
use crate::Random;
use crate::contract::{Effect, Reply};
use crate::explorer::Policy;

/// What comes in.
#[derive(Debug)]
pub enum Input {
    /// It is time to beat.
    Tick,
    /// The database's answer to a request.
    Database { request: u64, answer: Answer },
    /// Tries a request again, after a pause.
    Again { request: Request, purpose: Purpose },
    /// The effects of a step may be sent.
    Send { task: TaskId, serial: u64 },
    /// The reply to one of them.
    Reply { task: TaskId, serial: u64, part: usize, reply: Reply },
    /// A client submits a task.
    Submit(Submission),
}

#[derive(Debug, Clone)]
pub struct Submission {
    pub job: usize,
    pub opened: Arc<Opened>,
}

#[derive(Debug, Clone)]
pub enum Request {
    /// Reads that wait for all commits before them.
    Read,
    Write(Vec<Statement>),
}

#[derive(Debug, Clone)]
pub enum Answer {
    Tables(Arc<Tables>),
    Done,
    Failed(Failure),
}

/// Why a request was sent.
#[derive(Debug, Clone)]
pub enum Purpose {
    Enter,
    Beat,
    Look,
    Bury(RunnerId),
    Take,
    FindKey(Submission),
    Open(Submission, TaskId),
    FindOpened(Submission, TaskId, u32),
    Load(TaskId, u64),
    Acquire(TaskId, u64),
    FindLocks(TaskId, u64, Failure),
    Append(TaskId, u64),
    FindEntry(TaskId, u64, Failure),
}

/// What goes out.
#[derive(Debug)]
pub enum Output {
    Database {
        request: u64,
        what: Request,
        regular: bool,
    },
    Effect(Sent),
    After {
        ms: u64,
        input: Input,
    },
    /// The submitted task has this id.
    Accepted {
        job: usize,
        task: TaskId,
    },
    /// The task of another runner goes on here.
    TakenOver(TaskId),
    /// nova has named a migration record that another running task has.
    Declined(TaskId),
    /// A task is dropped, because it belongs to another runner or the journal shows something else.
    Dropped(TaskId),
    /// Another runner has taken this one for dead.
    Buried,
}

/// An effect that is sent now.
#[derive(Debug, Clone)]
pub struct Sent {
    pub task: TaskId,
    pub serial: u64,
    pub epoch: u32,
    pub part: usize,
    pub effect: Effect,
    /// Its position in the task's history; nothing if it is not in the journal, as a write that moves a consumer past the
    /// generation of a lost one.
    pub index: Option<usize>,
}

/// What a runner needs to handle an input.
pub struct Context<'a> {
    pub now: u64,
    pub random: &'a mut Random,
    pub policy: &'a mut dyn Policy,
    pub outputs: Vec<Output>,
}
