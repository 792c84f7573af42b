//! The fleet in its world: virtual time, the processes of the runners, and who hears what when.

use std::collections::{BTreeMap, VecDeque};

use super::check::Check;
use super::counts::Counts;
use super::database::Database;
use super::fault::FaultPlan;
use super::journal::TaskId;
use super::message::{Context, Input, Output};
use super::network::Happening;
use super::place::Place;
use super::protocol::Protocol;
use super::scene::Job;
use super::schedule::Schedule;
use crate::contract::{Effect, Reply};
use crate::explorer::Policy;
use crate::{Random, SimCloud, Violation};

/// When a history is given up, in milliseconds of virtual time: all faults are over long before.
const LAST: u64 = 900_000;
/// How many lines a transcript keeps: the first ones and the last ones, half of each.
const LINES: usize = 400;

pub struct World<'a> {
    pub policy: &'a mut dyn Policy,
    pub protocol: Protocol,
    pub random: Random,
    pub schedule: Schedule<Happening>,
    pub database: Database,
    pub no_primary_until: u64,
    /// The most milliseconds that a message takes.
    pub latency: u64,
    /// The milliseconds in which clients begin.
    pub spread: u64,
    pub places: Vec<Place>,
    pub jobs: Vec<Job>,
    pub cloud: SimCloud,
    /// What nova's conductor has answered, by task and index: it answers a question once.
    pub answers: BTreeMap<(TaskId, usize), (Effect, Reply)>,
    pub faults: FaultPlan,
    pub check: Check,
    pub counts: Counts,
    /// The lines of a transcript, if one is made.
    pub lines: Option<VecDeque<String>>,
}

impl World<'_> {
    /// Runs until all tasks have ended and nothing is under way.
    pub fn run(&mut self) {
        for place in 0..self.places.len() {
            self.start(place);
        }
        for job in 0..self.jobs.len() {
            if self.jobs.get(job).is_some_and(|job| job.after.is_none()) {
                let ms = self.random.between(0, self.spread);
                self.schedule.after(ms, Happening::Submit { job });
            }
        }
        while let Some(happening) = self.schedule.pop() {
            self.counts.events += 1;
            if self.schedule.now() > LAST {
                return self.give_up();
            }
            self.happen(happening);
            if self.schedule.is_quiet() && self.is_settled() {
                return;
            }
        }
    }

    fn give_up(&mut self) {
        let tables = self.database.read().clone();
        let open: Vec<TaskId> = tables.tasks.iter().filter(|(_, row)| row.open).map(|(task, _)| *task).collect();
        let refused = self.jobs.iter().filter(|job| job.accepted.is_none()).count();
        self.check.find(Violation::NeverEnds, format!("tasks {open:?} are open, and {refused} not accepted"));
    }

    /// Whether all clients have what they want.
    fn is_settled(&mut self) -> bool {
        let tables = self.database.read().clone();
        let is_up = |place: &Place| place.runner.is_some() && !place.is_stopped;
        if !self.places.iter().all(is_up) || tables.tasks.values().any(|row| row.open) {
            return false;
        }
        let gone = |job: &Job| job.accepted.is_some_and(|_| !tables.keys.contains_key(&job.opened.key));
        let lost: Vec<usize> = (0..).zip(&self.jobs).filter(|(_, job)| gone(job)).map(|(number, _)| number).collect();
        for job in &lost {
            if !self.check.has_lost_commits {
                self.check.find(Violation::TwoTasksOfOneKey, format!("the task of job {job} is gone"));
            }
            self.forget_acceptance(*job);
        }
        lost.is_empty() && self.jobs.iter().all(|job| job.accepted.is_some())
    }

    /// A process gets an input now, or when it continues.
    pub fn input(&mut self, place: usize, start: u32, input: Input) {
        let Some(of) = self.places.get_mut(place).filter(|of| of.start == start) else { return };
        if of.is_stopped {
            of.inbox.push_back(input);
            return;
        }
        let Some(runner) = of.runner.as_mut() else { return };
        let (now, outputs) = (self.schedule.now(), Vec::new());
        let mut cx = Context { now, random: &mut self.random, policy: &mut *self.policy, outputs };
        runner.handle(input, &mut cx);
        let (outputs, id) = (cx.outputs, runner.id);
        for output in outputs {
            // A fault at one of them ends the process.
            if self.places.get(place).is_some_and(|of| of.start == start && of.runner.is_some()) {
                self.output(place, start, id, output);
            }
        }
    }

    fn output(&mut self, place: usize, start: u32, id: u32, output: Output) {
        match output {
            Output::Database { request, what, regular } => self.transact(place, start, request, what, regular),
            Output::Effect(sent) => self.send(place, start, id, sent),
            Output::After { ms, input: Input::Tick } => {
                self.schedule.regularly(ms, Happening::Input { place, start, input: Input::Tick });
            }
            Output::After { ms, input } => self.schedule.after(ms, Happening::Input { place, start, input }),
            Output::Accepted { job, task } => {
                let ms = self.random.between(1, 20);
                self.schedule.after(ms, Happening::Accepted { job, task });
            }
            Output::TakenOver(task) => {
                self.counts.taken_over += 1;
                self.say(|_| format!("runner {id}: goes on with task {task}"));
            }
            Output::Declined(task) => {
                self.counts.declined += 1;
                self.say(|_| format!("runner {id}: task {task} does not get the record that another one has"));
            }
            Output::Dropped(task) => {
                self.counts.dropped += 1;
                self.say(|_| format!("runner {id}: drops task {task}"));
            }
            Output::Buried => {
                self.counts.buried += 1;
                self.say(|_| format!("runner {id}: another one has taken me for dead"));
            }
        }
    }

    /// Adds a line to the transcript, if one is made.
    pub fn say(&mut self, line: impl FnOnce(&Self) -> String) {
        if self.lines.is_none() {
            return;
        }
        let now = self.schedule.now();
        let line = format!("{:>4}.{:03} {}", now / 1_000, now % 1_000, line(self));
        if let Some(lines) = &mut self.lines {
            lines.push_back(line);
            if lines.len() > LINES {
                lines.remove(LINES / 2);
            }
        }
    }
}
