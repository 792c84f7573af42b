//! One task on its runner: it locks its consumers, asks the rules, appends what it is about to do, sends it, and appends
//! what came of it.

use std::sync::Arc;

use swaparoo_core::authority::migration_in_answer;
use swaparoo_core::late_write::{generation, is_lost};

use super::database::Failure;
use super::journal::{Consumer, Event, Opened, Restored, TaskId};
use super::part::{LostGenerations, Part};
use super::protocol::{Fence, Unanswered};
use super::runner::{Answer, Context, Input, Output, Purpose, Request, Runner, Sent};
use super::tables::{Statement, Tables};
use crate::check::decide;
use crate::contract::{Effect, Exchange, Reply};
use crate::explorer::PathEnd;
use crate::placement::silence;

/// The most milliseconds between an answer of the database and what its task does then.
const AT_ONCE: u64 = 3;

#[derive(Debug)]
pub struct Run {
    /// Tells the messages of this run from those of an earlier one of the same task.
    serial: u64,
    epoch: u32,
    opened: Arc<Opened>,
    consumers: Vec<Consumer>,
    history: Vec<Exchange>,
    parts: Vec<Part>,
    /// The number of the next entry.
    number: u32,
    unwritten: Vec<Event>,
    /// The consumers that are locked with the unwritten entries.
    learns: Vec<Consumer>,
    next: Next,
    lost: LostGenerations,
}

/// What follows when the unwritten entries are durable.
#[derive(Debug, Clone)]
enum Next {
    Send,
    Deliver(usize, Reply),
    Leave,
}

impl Runner {
    /// Begins to run a task, or goes on with it.
    pub(super) fn start_run(&mut self, task: TaskId, epoch: u32, opened: Arc<Opened>, cx: &mut Context<'_>) {
        let (history, parts, unwritten, learns, lost) = Default::default();
        let (serial, consumers) = (self.serial(), opened.consumers.clone());
        let next = Next::Send;
        let run = Run { serial, epoch, opened, consumers, history, parts, number: 1, unwritten, learns, next, lost };
        self.runs.insert(task, run);
        self.request(Request::Read, Purpose::Load(task, serial), cx);
    }

    fn run(&mut self, task: TaskId, serial: u64) -> Option<&mut Run> {
        self.runs.get_mut(&task).filter(|run| run.serial == serial)
    }

    fn drop_run(&mut self, task: TaskId, cx: &mut Context<'_>) {
        self.runs.remove(&task);
        cx.outputs.push(Output::Dropped(task));
    }

    /// The task's row and entries have been read.
    pub(super) fn loaded(&mut self, task: TaskId, serial: u64, tables: &Tables, cx: &mut Context<'_>) {
        let (me, protocol) = (self.id, self.protocol);
        let Some(run) = self.run(task, serial) else { return };
        let Some(row) = tables.tasks.get(&task).filter(|row| row.open && (row.owner, row.epoch) == (me, run.epoch))
        else {
            return self.drop_run(task, cx);
        };
        if protocol.locks && !row.locked {
            return self.acquire(task, serial, cx);
        }
        let Restored { history, pending, mut replied } = Restored::of(tables.entries_of(task));
        (run.number, run.consumers) = (row.entries, row.consumers.clone());
        if protocol.passes_late_writes {
            run.lost = lost_generations(task, &run.consumers, tables);
        }
        let first = history.len();
        run.history = history;
        // Whether a write was sent is not known until the rules read; a question or a read is asked again.
        let part = |(index, effect): (usize, Effect)| match replied.remove(&index) {
            Some(exchange) => Part::settled(effect, exchange.reply),
            None if effect.is_write() => Part::settled(effect, Reply::Lost(silence("its runner has stopped"))),
            None => Part::new(effect),
        };
        run.parts = (first..).zip(pending).map(part).collect();
        if run.parts.is_empty() { self.decide(task, serial, cx) } else { self.send(task, serial, cx) }
    }

    fn acquire(&mut self, task: TaskId, serial: u64, cx: &mut Context<'_>) {
        let owner = self.id;
        let Some(run) = self.run(task, serial) else { return };
        let (epoch, consumers) = (run.epoch, run.consumers.clone());
        let statements = vec![Statement::SetLocked { task, owner, epoch }, Statement::Lock { task, consumers }];
        self.request(Request::Write(statements), Purpose::Acquire(task, serial), cx);
    }

    pub(super) fn acquired(&mut self, task: TaskId, serial: u64, answer: &Answer, cx: &mut Context<'_>) {
        match (answer, self.protocol.unanswered) {
            (Answer::Failed(Failure::NoAnswer), Unanswered::Done) | (Answer::Done | Answer::Tables(_), _) => {
                self.request(Request::Read, Purpose::Load(task, serial), cx);
            }
            // Another task has a consumer.
            (Answer::Failed(Failure::Exists), _) => {
                self.again(1_500, Request::Read, Purpose::FindLocks(task, serial, Failure::Exists), cx)
            }
            (Answer::Failed(Failure::RolledBack), _) | (Answer::Failed(_), Unanswered::NotDone) => {
                let failure = Failure::RolledBack;
                self.again(100, Request::Read, Purpose::FindLocks(task, serial, failure), cx);
            }
            (Answer::Failed(failure), _) => self.request(Request::Read, Purpose::FindLocks(task, serial, *failure), cx),
        }
    }

    /// Looks whether the task has its locks, and tries again if not.
    pub(super) fn find_locks(
        &mut self,
        task: TaskId,
        serial: u64,
        failure: Failure,
        tables: &Tables,
        cx: &mut Context<'_>,
    ) {
        let blind = self.protocol.unanswered == Unanswered::NotDone;
        let is_mine = tables.tasks.get(&task).is_some_and(|row| row.open && row.owner == self.id);
        let is_locked = tables.tasks.get(&task).is_some_and(|row| row.locked);
        match failure {
            _ if !is_mine => self.drop_run(task, cx),
            _ if is_locked && !blind => self.request(Request::Read, Purpose::Load(task, serial), cx),
            _ => self.acquire(task, serial, cx),
        }
    }

    /// Asks the rules for the next step.
    fn decide(&mut self, task: TaskId, serial: u64, cx: &mut Context<'_>) {
        let Some(run) = self.run(task, serial) else { return };
        match decide(&run.opened.task, &run.history, cx.policy) {
            Ok(effects) => {
                if effects.iter().any(is_recorded) {
                    run.unwritten.push(Event::Asked(effects.as_slice().into()));
                }
                run.parts = effects.into_iter().map(Part::new).collect();
                run.next = Next::Send;
            }
            Err(end) => run.end(end),
        }
        self.append(task, serial, cx);
    }

    /// Makes the unwritten entries durable. If there are none, goes on at once.
    fn append(&mut self, task: TaskId, serial: u64, cx: &mut Context<'_>) {
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

    pub(super) fn appended(&mut self, task: TaskId, serial: u64, answer: &Answer, cx: &mut Context<'_>) {
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
    pub(super) fn find_entry(
        &mut self,
        task: TaskId,
        serial: u64,
        failure: Failure,
        tables: &Tables,
        cx: &mut Context<'_>,
    ) {
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
    fn refuse(&mut self, task: TaskId, serial: u64, cx: &mut Context<'_>) {
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
    fn durable(&mut self, task: TaskId, serial: u64, cx: &mut Context<'_>) {
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

    /// Sends the effects of a step that have no reply yet.
    pub(super) fn send(&mut self, task: TaskId, serial: u64, cx: &mut Context<'_>) {
        let Some(run) = self.run(task, serial) else { return };
        for (part, one) in run.parts.iter().enumerate().filter(|(_, one)| one.reply.is_none()) {
            let (epoch, effect) = (run.epoch, one.effect.clone());
            let index = Some(run.history.len() + part);
            cx.outputs.push(Output::Effect(Sent { task, serial, epoch, part, effect, index }));
        }
        self.go_on(task, serial, cx);
    }

    /// A reply to an effect, or to a request around it.
    pub(super) fn replied(&mut self, task: TaskId, serial: u64, part: usize, reply: Reply, cx: &mut Context<'_>) {
        let Some(run) = self.run(task, serial) else { return };
        let index = run.history.len() + part;
        let Some(one) = run.parts.get(part) else { return };
        let exchange = Exchange::new(one.effect.clone(), reply.clone());
        let named = migration_in_answer(&exchange).map(|record| Consumer::from(record.migration.as_str()));
        let Some(learned) = named.filter(|named| one.is_at_effect() && !run.consumers.contains(named)) else {
            return self.deliver(task, serial, part, reply, cx);
        };
        run.unwritten.push(Event::Replied { index, exchange: Arc::new(exchange) });
        run.learns = vec![learned];
        run.next = Next::Deliver(part, reply);
        self.append(task, serial, cx);
    }

    fn deliver(&mut self, task: TaskId, serial: u64, part: usize, reply: Reply, cx: &mut Context<'_>) {
        let Some(run) = self.run(task, serial) else { return };
        let Some(one) = run.parts.get_mut(part) else { return };
        match one.take(reply, &run.lost) {
            Some(effect) => {
                cx.outputs.push(Output::Effect(Sent { task, serial, epoch: run.epoch, part, effect, index: None }));
            }
            None => self.go_on(task, serial, cx),
        }
    }

    /// The next step, once all effects of this one have their replies.
    fn go_on(&mut self, task: TaskId, serial: u64, cx: &mut Context<'_>) {
        let Some(run) = self.run(task, serial) else { return };
        if run.parts.iter().any(|part| part.reply.is_none()) {
            return;
        }
        let parts = std::mem::take(&mut run.parts).into_iter();
        let exchanges: Vec<_> = parts.filter_map(|part| Some(Exchange::new(part.effect, part.reply?))).collect();
        run.unwritten.push(Event::Answered(exchanges.as_slice().into()));
        run.history.extend(exchanges);
        self.decide(task, serial, cx);
    }
}

impl Run {
    fn end(&mut self, end: PathEnd) {
        self.unwritten.push(Event::Ended(Arc::new(end)));
        self.next = Next::Leave;
    }
}

/// Whether the effect is in the journal before it is sent: a write, or a question to the conductor.
pub fn is_recorded(effect: &Effect) -> bool {
    let asks_api = matches!(effect, Effect::FindServer(_) | Effect::FindComputeNode(_));
    effect.is_write() || (effect.answered_by().is_some() && !asks_api)
}

/// The generations of these consumers that lost writes of other tasks name.
fn lost_generations(task: TaskId, consumers: &[Consumer], tables: &Tables) -> LostGenerations {
    let mut lost = LostGenerations::default();
    let others =
        tables.tasks.iter().filter(|(id, row)| **id != task && row.consumers.iter().any(|of| consumers.contains(of)));
    let entries = others.flat_map(|(id, _)| tables.entries_of(*id));
    let answered = entries.filter_map(|entry| if let Event::Answered(all) = &entry.event { Some(all) } else { None });
    for exchange in answered.flat_map(|all| all.iter()).filter(|one| one.effect.is_write() && is_lost(&one.reply)) {
        for consumer in consumers {
            if let Some(generation) = generation(&exchange.effect, consumer) {
                lost.entry(consumer.to_string()).or_default().insert(generation);
            }
        }
    }
    lost
}
