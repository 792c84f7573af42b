//! One task on its runner: it locks its consumers, asks the rules, appends what it is about to do, sends it, and appends
//! what came of it.

use std::sync::Arc;

use swaparoo_core::authority::migration_in_answer;
use swaparoo_core::late_write::{generation, is_lost};

use super::journal::{Consumer, Event, Opened, Restored, TaskId};
use super::message::{Context, Output, Purpose, Request, Sent};
use super::part::{LostGenerations, Part};
use super::runner::Runner;
use super::tables::Tables;
use crate::check::decide;
use crate::contract::{Effect, Exchange, Reply};
use crate::explorer::PathEnd;
use crate::placement::silence;

#[derive(Debug)]
pub struct Run {
    /// Tells the messages of this run from those of an earlier one of the same task.
    pub serial: u64,
    pub epoch: u32,
    pub opened: Arc<Opened>,
    pub consumers: Vec<Consumer>,
    pub history: Vec<Exchange>,
    pub parts: Vec<Part>,
    /// The number of the next entry.
    pub number: u32,
    pub unwritten: Vec<Event>,
    /// The consumers that are locked with the unwritten entries.
    pub learns: Vec<Consumer>,
    pub next: Next,
    pub lost: LostGenerations,
}

/// What follows when the unwritten entries are durable.
#[derive(Debug, Clone)]
pub enum Next {
    Send,
    Deliver(usize, Reply),
    Leave,
}

impl Runner {
    /// Begins to run a task, or goes on with it.
    pub fn start_run(&mut self, task: TaskId, epoch: u32, opened: Arc<Opened>, cx: &mut Context<'_>) {
        let (history, parts, unwritten, learns, lost) = Default::default();
        let (serial, consumers) = (self.serial(), opened.consumers.clone());
        let next = Next::Send;
        let run = Run { serial, epoch, opened, consumers, history, parts, number: 1, unwritten, learns, next, lost };
        self.runs.insert(task, run);
        self.request(Request::Read, Purpose::Load(task, serial), cx);
    }

    /// The run of this task, unless another one has begun since.
    pub fn run(&mut self, task: TaskId, serial: u64) -> Option<&mut Run> {
        self.runs.get_mut(&task).filter(|run| run.serial == serial)
    }

    /// Leaves a task to its owner. A look goes on with it, if that is this runner.
    pub fn drop_run(&mut self, task: TaskId, cx: &mut Context<'_>) {
        self.runs.remove(&task);
        cx.outputs.push(Output::Dropped(task));
    }

    /// The task's row and entries have been read.
    pub fn loaded(&mut self, task: TaskId, serial: u64, tables: &Tables, cx: &mut Context<'_>) {
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

    /// Asks the rules for the next step.
    pub fn decide(&mut self, task: TaskId, serial: u64, cx: &mut Context<'_>) {
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

    /// Sends the effects of a step that have no reply yet.
    pub fn send(&mut self, task: TaskId, serial: u64, cx: &mut Context<'_>) {
        let Some(run) = self.run(task, serial) else { return };
        for (part, one) in run.parts.iter().enumerate().filter(|(_, one)| one.reply.is_none()) {
            let (epoch, effect) = (run.epoch, one.effect.clone());
            let index = Some(run.history.len() + part);
            cx.outputs.push(Output::Effect(Sent { task, serial, epoch, part, effect, index }));
        }
        self.go_on(task, serial, cx);
    }

    /// A reply to an effect, or to a request around it.
    pub fn replied(&mut self, task: TaskId, serial: u64, part: usize, reply: Reply, cx: &mut Context<'_>) {
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

    /// Hands a reply to its effect.
    pub fn deliver(&mut self, task: TaskId, serial: u64, part: usize, reply: Reply, cx: &mut Context<'_>) {
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
