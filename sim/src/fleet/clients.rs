//! Clients: they submit a task to any runner until one accepts it, and the next one when it has ended.

use super::journal::{Event, TaskId};
use super::message::{Input, Submission};
use super::network::Happening;
use super::tables::RowKey;
use super::world::World;

impl World<'_> {
    /// A client submits its task to one of the runners, and tries another one if it gets no answer.
    pub fn submit(&mut self, job: usize) {
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

    /// A client receives the id of its task.
    pub fn accept(&mut self, job: usize, task: TaskId) {
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

    /// Clients go on when a task has ended.
    pub fn follow(&mut self, rows: &[RowKey]) {
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

    /// The database has lost the task: its client asks for it, gets 404, and submits it again.
    pub fn forget_acceptance(&mut self, job: usize) {
        self.say(|_| format!("client: the task of job {job} is gone, submits it again"));
        if let Some(job) = self.jobs.get_mut(job) {
            job.accepted = None;
        }
        self.schedule.after(1_000, Happening::Submit { job });
    }
}
