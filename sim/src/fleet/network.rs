//! What happens at which time; and the way of an effect to Placement or nova, and of its reply back.

use swaparoo_core::describe;
use swaparoo_placement::Fault;

use super::database::Draft;
use super::fault::{FleetFault, Moment};
use super::journal::{RunnerId, TaskId};
use super::message::{Answer, Input, Request, Sent};
use super::transactions::Way;
use super::world::World;
use crate::contract::{Effect, Reply};
use crate::placement::silence;
use crate::{EffectFault, SimEvent};

/// How long a runner waits for Placement.
const TIMEOUT: u64 = 10_000;

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
        self.schedule.after(TIMEOUT, Happening::Input { place, start, input });
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
}
