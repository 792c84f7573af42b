//! A runner: it beats, looks for runners that do not, takes their tasks, accepts tasks, and runs its own. It is a state
//! machine: an input comes in, and outputs go out. It reads no state of others, except what the database answers.

use std::collections::BTreeMap;

use super::database::Failure;
use super::journal::{RunnerId, TaskId};
use super::message::{Answer, Context, Input, Output, Purpose, Request};
use super::protocol::{Protocol, Takes};
use super::run::Run;
use super::statement::Statement;

/// The time between two beats, each with a look at the others. It is longer than that of the host, so that a history has
/// fewer events.
const EVERY: u64 = 3_000;

#[derive(Debug)]
pub struct Runner {
    pub id: RunnerId,
    pub protocol: Protocol,
    /// Whether the table of runners has it.
    has_entered: bool,
    requests: BTreeMap<u64, Purpose>,
    next: u64,
    /// Counts the tasks that it has opened.
    pub tasks: u32,
    pub runs: BTreeMap<TaskId, Run>,
    /// The last beat of each other runner, and since when it has been seen.
    pub seen: BTreeMap<RunnerId, (u32, u64)>,
}

impl Runner {
    /// A process that has just been started.
    pub fn new(id: RunnerId, protocol: Protocol) -> Self {
        let (requests, runs, seen) = Default::default();
        Self { id, protocol, has_entered: false, requests, next: 0, tasks: 0, runs, seen }
    }

    /// Takes an input, and gives its outputs to the context.
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

    /// Sends a request to the database.
    pub fn request(&mut self, what: Request, purpose: Purpose, cx: &mut Context<'_>) {
        self.next += 1;
        let regular = matches!(purpose, Purpose::Beat | Purpose::Look | Purpose::Enter | Purpose::Bury(_));
        self.requests.insert(self.next, purpose);
        cx.outputs.push(Output::Database { request: self.next, what, regular });
    }

    /// Tries it again after a pause of about so many milliseconds.
    pub fn again(&mut self, ms: u64, request: Request, purpose: Purpose, cx: &mut Context<'_>) {
        let ms = cx.random.between(ms / 2, ms + ms / 2);
        cx.outputs.push(Output::After { ms, input: Input::Again { request, purpose } });
    }

    /// A number that no other run of this process has.
    pub fn serial(&mut self) -> u64 {
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
    pub fn start_again(&mut self, cx: &mut Context<'_>) {
        cx.outputs.push(Output::Buried);
        // The numbers go on, so that an answer to the old runner is not taken for one to the new.
        *self = Self { next: self.next, ..Self::new(self.id + 1, self.protocol) };
        self.request(Request::Write(vec![Statement::Enter { runner: self.id }]), Purpose::Enter, cx);
    }
}
