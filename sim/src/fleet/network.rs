//! What is under way between runners, database, Placement, nova and clients, and what becomes of it.

use std::sync::Arc;

use swaparoo_core::describe;
use swaparoo_placement::Fault;

use super::database::{Draft, Failure};
use super::fault::{FleetFault, Moment};
use super::journal::{Event, RunnerId, TaskId};
use super::runner::{Answer, Input, Request, Sent, Submission};
use super::tables::{RowKey, Statement, Tables};
use super::world::World;
use crate::contract::{Effect, Reply};
use crate::placement::silence;
use crate::{EffectFault, SimEvent};

/// How long a runner waits for the database.
const DATABASE_TIMEOUT: u64 = 5_000;
/// How long it waits for Placement.
const PLACEMENT_TIMEOUT: u64 = 10_000;

/// What happens at a time.
#[derive(Debug)]
pub enum Happening {
    Input {
        place: usize,
        start: u32,
        input: Input,
    },
    /// A request reaches the database.
    Arrives(Way, Request),
    /// Its transaction reaches COMMIT.
    Commits(Way, Draft),
    Answers(Way, Answer),
    /// An effect reaches Placement or nova.
    Effect {
        place: usize,
        start: u32,
        sent: Sent,
        event: SimEvent,
        is_answered: bool,
    },
    Submit {
        job: usize,
    },
    Accepted {
        job: usize,
        task: TaskId,
    },
    Starts {
        place: usize,
    },
    Continues {
        place: usize,
        start: u32,
    },
}

/// The way of a request to the database and back.
#[derive(Debug, Clone, Copy)]
pub struct Way {
    place: usize,
    start: u32,
    request: u64,
    sent: u64,
    /// Whether beats and looks are made of it, for which nobody waits.
    regular: bool,
    is_answered: bool,
    /// The start of the database that it belongs to.
    of: u32,
}

impl World<'_> {
    pub fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::Input { place, start, input } => {
                let moment = match input {
                    Input::Database { answer: Answer::Done, .. } => Some(Moment::Answer),
                    Input::Reply { .. } => Some(Moment::Reply),
                    _ => None,
                };
                self.maybe_suffer(place, moment);
                self.input(place, start, input);
            }
            Happening::Arrives(way, what) => self.arrive(way, what),
            Happening::Commits(way, draft) => self.commit(way, draft),
            Happening::Answers(way, answer) => self.answer(way, answer),
            Happening::Effect { place, start, sent, event, is_answered } => {
                self.perform(place, start, sent, event, is_answered);
            }
            Happening::Submit { job } => self.submit(job),
            Happening::Accepted { job, task } => self.accept(job, task),
            Happening::Starts { place } => self.start(place),
            Happening::Continues { place, start } => self.go_on(place, start),
        }
    }

    fn maybe_suffer(&mut self, place: usize, moment: Option<Moment<'_>>) {
        if let Some(fault) = moment.and_then(|moment| self.faults.at(moment, &mut self.random)) {
            self.suffer(place, fault);
        }
    }

    fn schedule_way(&mut self, ms: u64, regular: bool, happening: Happening) {
        if regular { self.schedule.regularly(ms, happening) } else { self.schedule.after(ms, happening) }
    }

    /// A runner sends a request to the database.
    pub fn transact(&mut self, place: usize, start: u32, request: u64, what: Request, regular: bool) {
        let (now, of) = (self.schedule.now(), self.database.starts);
        let mut way = Way { place, start, request, sent: now, regular, is_answered: true, of };
        let is_write = matches!(what, Request::Write(_));
        let fault = (is_write && !regular).then(|| self.faults.at(Moment::Transaction, &mut self.random)).flatten();
        if let Some(fault) = fault {
            self.suffer(place, fault);
        }
        let is_cut = self.places.get(place).is_some_and(|of| of.no_database_until > now);
        let mut ms = self.random.between(1, self.latency);
        match fault {
            _ if is_cut => return self.no_answer(way),
            Some(FleetFault::CommitUnanswered { done: false }) => return self.no_answer(way),
            Some(FleetFault::RolledBack) => {
                let rolled_back = Answer::Failed(Failure::RolledBack);
                return self.schedule_way(ms, regular, Happening::Answers(way, rolled_back));
            }
            Some(FleetFault::CommitUnanswered { done: true }) => way.is_answered = false,
            Some(FleetFault::CommitLate { ms: late }) => {
                way.is_answered = false;
                ms += late;
            }
            _ => {}
        }
        if !way.is_answered {
            self.no_answer(way);
        }
        self.schedule_way(ms, regular, Happening::Arrives(way, what));
    }

    /// The runner gives up waiting.
    fn no_answer(&mut self, way: Way) {
        self.counts.unanswered += usize::from(!way.regular);
        let ms = (way.sent + DATABASE_TIMEOUT).saturating_sub(self.schedule.now());
        let input = Input::Database { request: way.request, answer: Answer::Failed(Failure::NoAnswer) };
        let happening = Happening::Input { place: way.place, start: way.start, input };
        self.schedule_way(ms, way.regular, happening);
    }

    /// A request reaches the database.
    fn arrive(&mut self, way: Way, what: Request) {
        let is_away = self.no_primary_until > self.schedule.now() || way.of != self.database.starts;
        if is_away {
            if way.is_answered {
                self.no_answer(way);
            }
            return;
        }
        let statements = match what {
            Request::Read => {
                let tables = self.read();
                return self.reply(way, Answer::Tables(tables));
            }
            Request::Write(statements) => statements,
        };
        self.counts.statements += statements.len();
        match self.database.begin(&statements) {
            Err(failure) => {
                self.say_transaction(way, &statements, &format!("{failure:?}"));
                self.reply(way, Answer::Failed(failure));
            }
            Ok(draft) if self.database.is_galera => {
                let ms = self.random.between(0, self.latency);
                self.say_transaction(way, &statements, "to be certified");
                self.schedule_way(ms, way.regular, Happening::Commits(way, draft));
            }
            Ok(draft) => {
                self.say_transaction(way, &statements, "committed");
                self.commit(way, draft);
            }
        }
    }

    /// What a read shows.
    fn read(&mut self) -> Arc<Tables> {
        if self.protocol.waits_for_commits || !self.database.is_galera {
            return self.database.read().clone();
        }
        let commits = self.random.below(4);
        self.database.read_behind(commits).clone()
    }

    fn commit(&mut self, way: Way, draft: Draft) {
        if way.of != self.database.starts {
            if way.is_answered {
                self.no_answer(way);
            }
            return;
        }
        match self.database.commit(draft) {
            Err(failure) => {
                self.counts.not_certified += 1;
                self.say(|_| format!("database: request {} of place {} is not certified", way.request, way.place + 1));
                self.reply(way, Answer::Failed(failure));
            }
            Ok(rows) => {
                self.counts.commits += 1;
                let tables = self.database.read().clone();
                self.check.committed(&tables, &rows);
                self.follow(&rows);
                self.reply(way, Answer::Done);
            }
        }
    }

    /// Clients go on when a task has ended.
    fn follow(&mut self, rows: &[RowKey]) {
        let tables = self.database.read().clone();
        for row in rows {
            let RowKey::Entry(task, number) = row else { continue };
            let entry = tables.entries.get(task).and_then(|entries| entries.get(number));
            if !entry.is_some_and(|entry| matches!(entry.event, Event::Ended(_))) {
                continue;
            }
            let Some(key) = tables.tasks.get(task).map(|row| row.opened.key) else { continue };
            let ended = self.jobs.iter().position(|job| job.opened.key == key);
            let next: Vec<usize> =
                (0..).zip(&self.jobs).filter(|(_, job)| job.after == ended).map(|(number, _)| number).collect();
            for job in next.into_iter().filter(|_| ended.is_some()) {
                let ms = self.random.between(0, 500);
                self.schedule.after(ms, Happening::Submit { job });
            }
        }
    }

    fn reply(&mut self, way: Way, answer: Answer) {
        if way.is_answered {
            let ms = self.random.between(1, self.latency);
            self.schedule_way(ms, way.regular, Happening::Answers(way, answer));
        }
    }

    /// The database's answer reaches the runner, if nothing is between them.
    fn answer(&mut self, way: Way, answer: Answer) {
        let is_cut = self.places.get(way.place).is_some_and(|of| of.no_database_until > self.schedule.now());
        if is_cut {
            return self.no_answer(way);
        }
        let input = Input::Database { request: way.request, answer };
        self.happen(Happening::Input { place: way.place, start: way.start, input });
    }

    /// A runner sends an effect.
    pub fn send(&mut self, place: usize, start: u32, runner: RunnerId, sent: Sent) {
        let tables = self.database.read().clone();
        self.check.sent(&tables, runner, &sent);
        self.say(|_| format!("runner {runner}: task {} sends {}", sent.task, describe::effect(&sent.effect)));
        let fault = self.faults.at(Moment::Effect(&sent.effect), &mut self.random);
        if let Some(fault) = fault {
            self.suffer(place, fault);
        }
        if let Effect::Pause(pause) = &sent.effect {
            let ms = self.random.between(0, u64::from(pause.up_to_ms) + 1);
            return self.on_its_way(ms, place, start, sent, EffectFault::Answered, true);
        }
        let is_placement = sent.effect.answered_by().is_none();
        let is_cut = self.places.get(place).is_some_and(|of| of.no_placement_until > self.schedule.now());
        let ms = self.random.between(1, self.latency);
        match fault {
            _ if is_placement && is_cut => {
                self.on_its_way(ms, place, start, sent, EffectFault::Placement(Fault::Outage), true);
            }
            Some(FleetFault::Effect(SimEvent::Fault(EffectFault::Late))) => {
                let late = self.random.between(1_000, 120_000);
                self.lost(place, start, &sent);
                self.on_its_way(late, place, start, sent, EffectFault::Answered, false);
            }
            Some(FleetFault::Effect(SimEvent::Fault(EffectFault::Placement(Fault::LostBeforeWrite)))) => {
                self.lost(place, start, &sent);
            }
            Some(FleetFault::Effect(SimEvent::Fault(EffectFault::Placement(Fault::LostAfterWrite)))) => {
                self.lost(place, start, &sent);
                self.on_its_way(ms, place, start, sent, EffectFault::Answered, false);
            }
            Some(FleetFault::Effect(SimEvent::Fault(fault))) => self.on_its_way(ms, place, start, sent, fault, true),
            _ => self.on_its_way(ms, place, start, sent, EffectFault::Answered, true),
        }
    }

    fn on_its_way(&mut self, ms: u64, place: usize, start: u32, sent: Sent, fault: EffectFault, is_answered: bool) {
        let event = SimEvent::Fault(fault);
        self.schedule.after(ms, Happening::Effect { place, start, sent, event, is_answered });
    }

    /// The runner waits for the answer to a write in vain.
    fn lost(&mut self, place: usize, start: u32, sent: &Sent) {
        let reply = Reply::Lost(silence("no answer"));
        let input = Input::Reply { task: sent.task, serial: sent.serial, part: sent.part, reply };
        self.schedule.after(PLACEMENT_TIMEOUT, Happening::Input { place, start, input });
    }

    /// An effect reaches Placement or nova.
    fn perform(&mut self, place: usize, start: u32, sent: Sent, event: SimEvent, is_answered: bool) {
        self.counts.effects += 1;
        let asked = sent.effect.answered_by().and(sent.index).map(|index| (sent.task, index));
        let known = asked.and_then(|asked| self.answers.get(&asked)).filter(|(effect, _)| *effect == sent.effect);
        let reply = match known {
            Some((_, reply)) => reply.clone(),
            None => event.meet(&mut self.cloud, &sent.effect),
        };
        if let Some(asked) = asked {
            self.answers.insert(asked, (sent.effect.clone(), reply.clone()));
        }
        self.say(|_| {
            format!("cloud: task {}: {} -> {}", sent.task, describe::effect(&sent.effect), describe::reply(&reply))
        });
        if is_answered {
            let ms = self.random.between(1, self.latency);
            let input = Input::Reply { task: sent.task, serial: sent.serial, part: sent.part, reply };
            self.schedule.after(ms, Happening::Input { place, start, input });
        }
    }

    /// A client submits its task to one of the runners, and tries another one if it gets no answer.
    fn submit(&mut self, job: usize) {
        let Some(of) = self.jobs.get(job) else { return };
        let (opened, is_accepted) = (of.opened.clone(), of.accepted.is_some());
        let place = self.random.below(self.places.len());
        self.say(|_| format!("client: submits job {job} to place {}", place + 1));
        if let Some(of) = self.places.get(place) {
            let (start, input) = (of.start, Input::Submit(Submission { job, opened }));
            self.input(place, start, input);
        }
        if !is_accepted && self.random.one_in(8) {
            // It is impatient, and asks another one too.
            return self.submit(job);
        }
        if !is_accepted {
            let ms = self.random.between(3_000, 9_000);
            self.schedule.after(ms, Happening::Submit { job });
        }
    }

    fn accept(&mut self, job: usize, task: TaskId) {
        self.say(|_| format!("client: job {job} is task {task}"));
        let Some(of) = self.jobs.get_mut(job) else { return };
        let (key, is_first) = (of.opened.key, of.accepted.is_none());
        of.accepted = Some(task);
        self.check.accepted(key, task);
        if is_first && self.random.one_in(3) {
            // It asks again, as after an answer that it has lost.
            let ms = self.random.between(0, 30_000);
            self.schedule.after(ms, Happening::Submit { job });
        }
    }

    fn say_transaction(&mut self, way: Way, statements: &[Statement], how: &str) {
        self.say(|world| {
            let runner = world.places.get(way.place).and_then(|of| of.runner.as_ref());
            let runner = runner.map_or_else(|| "?".to_owned(), |runner| runner.id.to_string());
            let statements: Vec<String> = statements.iter().map(Statement::words).collect();
            format!("database: of runner {runner} (request {}): {}: {how}", way.request, statements.join("; "))
        });
    }
}
