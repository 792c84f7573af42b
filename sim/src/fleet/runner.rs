//! A runner: it beats, looks for runners that do not, takes their tasks, accepts tasks, and runs its own. It is a state
//! machine: an input comes in, and outputs go out. It reads no state of others, except what the database answers.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::database::Failure;
use super::journal::{Event, Opened, RunnerId, TaskId};
use super::protocol::{Fence, Protocol, Takes, Unanswered};
use super::run::Run;
use super::tables::{Statement, Tables};
use crate::Random;
use crate::contract::{Effect, Reply};
use crate::explorer::Policy;

/// The time between two beats, each with a look at the others. It is longer than that of the host, so that a history has
/// fewer events.
const EVERY: u64 = 3_000;
/// How long a beat may stay the same.
const SILENCE: u64 = 15_000;
/// The tasks that one transaction takes.
const BATCH: usize = 2;
/// The ids of a runner's tasks begin with its own id.
const TASKS: u32 = 1_000;
/// How often a task is looked for, of which it is not known whether it was accepted.
const LOOKS: u32 = 4;

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

#[derive(Debug)]
pub struct Runner {
    pub id: RunnerId,
    pub protocol: Protocol,
    /// Whether the table of runners has it.
    has_entered: bool,
    requests: BTreeMap<u64, Purpose>,
    next: u64,
    tasks: u32,
    pub runs: BTreeMap<TaskId, Run>,
    /// The last beat of each other runner, and since when it has been seen.
    seen: BTreeMap<RunnerId, (u32, u64)>,
}

impl Runner {
    /// A process that has just been started.
    pub fn new(id: RunnerId, protocol: Protocol) -> Self {
        let (requests, runs, seen) = Default::default();
        Self { id, protocol, has_entered: false, requests, next: 0, tasks: 0, runs, seen }
    }

    pub fn handle(&mut self, input: Input, cx: &mut Context<'_>) {
        match input {
            Input::Tick => self.tick(cx),
            Input::Database { request, answer } => {
                if let Some(purpose) = self.requests.remove(&request) {
                    self.answered(purpose, answer, cx);
                }
            }
            Input::Again { request, purpose } => self.request(request, purpose, cx),
            Input::Send { task, serial } => self.send(task, serial, cx),
            Input::Reply { task, serial, part, reply } => self.replied(task, serial, part, reply, cx),
            Input::Submit(submission) => {
                if self.has_entered {
                    self.request(Request::Read, Purpose::FindKey(submission), cx);
                }
            }
        }
    }

    pub(super) fn request(&mut self, what: Request, purpose: Purpose, cx: &mut Context<'_>) {
        self.next += 1;
        let regular = matches!(purpose, Purpose::Beat | Purpose::Look | Purpose::Enter);
        self.requests.insert(self.next, purpose);
        cx.outputs.push(Output::Database { request: self.next, what, regular });
    }

    /// Tries it again after a pause of about so many milliseconds.
    pub(super) fn again(&mut self, ms: u64, request: Request, purpose: Purpose, cx: &mut Context<'_>) {
        let ms = cx.random.between(ms / 2, ms + ms / 2);
        cx.outputs.push(Output::After { ms, input: Input::Again { request, purpose } });
    }

    pub(super) fn serial(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    fn tick(&mut self, cx: &mut Context<'_>) {
        let ms = cx.random.between(EVERY - EVERY / 8, EVERY + EVERY / 8);
        cx.outputs.push(Output::After { ms, input: Input::Tick });
        if self.has_entered {
            self.request(Request::Write(vec![Statement::Beat { runner: self.id }]), Purpose::Beat, cx);
        } else {
            self.request(Request::Write(vec![Statement::Enter { runner: self.id }]), Purpose::Enter, cx);
        }
    }

    fn answered(&mut self, purpose: Purpose, answer: Answer, cx: &mut Context<'_>) {
        match (purpose, answer) {
            (Purpose::Enter, Answer::Done | Answer::Failed(Failure::Exists)) => self.has_entered = true,
            (Purpose::Beat, Answer::Done) => self.request(Request::Read, Purpose::Look, cx),
            (Purpose::Beat, Answer::Failed(Failure::Changed)) => self.start_again(cx),
            (Purpose::Look, Answer::Tables(tables)) => self.look(&tables, cx),
            (Purpose::Bury(dead), Answer::Done) if self.protocol.takes == Takes::OfMarkedOnce => {
                self.request(Request::Read, Purpose::Bury(dead), cx);
            }
            (Purpose::Bury(dead), Answer::Tables(tables)) => {
                self.take_tasks(&tables, |owner| owner == dead, cx);
            }
            (Purpose::FindKey(submission), Answer::Tables(tables)) => self.find_key(submission, &tables, cx),
            (Purpose::Open(submission, task), answer) => self.opened(submission, task, answer, cx),
            (Purpose::FindOpened(submission, task, looks), Answer::Tables(tables)) => {
                self.find_opened(submission, task, looks, &tables, cx);
            }
            (Purpose::Load(task, serial), Answer::Tables(tables)) => self.loaded(task, serial, &tables, cx),
            (Purpose::Acquire(task, serial), answer) => self.acquired(task, serial, &answer, cx),
            (Purpose::FindLocks(task, serial, failure), Answer::Tables(tables)) => {
                self.find_locks(task, serial, failure, &tables, cx);
            }
            (Purpose::Append(task, serial), answer) => self.appended(task, serial, &answer, cx),
            (Purpose::FindEntry(task, serial, failure), Answer::Tables(tables)) => {
                self.find_entry(task, serial, failure, &tables, cx);
            }
            // What a task waits for is read until it is known.
            (
                purpose @ (Purpose::Load(..)
                | Purpose::FindLocks(..)
                | Purpose::FindEntry(..)
                | Purpose::FindOpened(..)),
                _,
            ) => self.again(500, Request::Read, purpose, cx),
            // The next look does it again, and a client asks again.
            (
                Purpose::Enter | Purpose::Beat | Purpose::Look | Purpose::Bury(_) | Purpose::Take | Purpose::FindKey(_),
                _,
            ) => {}
        }
    }

    /// Drops everything, and comes back under another id.
    fn start_again(&mut self, cx: &mut Context<'_>) {
        cx.outputs.push(Output::Buried);
        // The numbers go on, so that an answer to the old runner is not taken for one to the new.
        *self = Self { next: self.next, ..Self::new(self.id + 1, self.protocol) };
        self.request(Request::Write(vec![Statement::Enter { runner: self.id }]), Purpose::Enter, cx);
    }

    fn look(&mut self, tables: &Tables, cx: &mut Context<'_>) {
        if !tables.is_alive(self.id) {
            return self.start_again(cx);
        }
        for (id, row) in tables.runners.iter().filter(|(id, row)| row.alive && **id != self.id) {
            let seen = self.seen.entry(*id).or_insert((row.beat, cx.now));
            if seen.0 != row.beat {
                *seen = (row.beat, cx.now);
            } else if cx.now - seen.1 >= SILENCE {
                let bury = Statement::Bury { runner: *id, beat: row.beat };
                self.next += 1;
                self.requests.insert(self.next, Purpose::Bury(*id));
                let (request, what) = (self.next, Request::Write(vec![bury]));
                cx.outputs.push(Output::Database { request, what, regular: true });
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
    fn take_tasks(&mut self, tables: &Tables, is_dead: impl Fn(RunnerId) -> bool, cx: &mut Context<'_>) {
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

    fn find_key(&mut self, submission: Submission, tables: &Tables, cx: &mut Context<'_>) {
        if let Some(task) = tables.keys.get(&submission.opened.key) {
            cx.outputs.push(Output::Accepted { job: submission.job, task: *task });
            return;
        }
        self.tasks += 1;
        let task = self.id * TASKS + self.tasks;
        self.open(submission, task, cx);
    }

    fn open(&mut self, submission: Submission, task: TaskId, cx: &mut Context<'_>) {
        let (opened, owner) = (submission.opened.clone(), self.id);
        let first = (self.protocol.fence != Fence::Nothing).then_some(0);
        let mut statements = vec![
            Statement::Open { task, opened, owner, at: cx.now },
            Statement::Entries { task, first, owner, epoch: 1, events: vec![Event::Opened] },
        ];
        statements.extend(self.protocol.locks.then_some(Statement::LockIfFree { task }));
        self.request(Request::Write(statements), Purpose::Open(submission, task), cx);
    }

    fn opened(&mut self, submission: Submission, task: TaskId, answer: Answer, cx: &mut Context<'_>) {
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

    fn find_opened(&mut self, submission: Submission, task: TaskId, looks: u32, tables: &Tables, cx: &mut Context<'_>) {
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
