//! The beginning of a search.

use super::{Actor, LeftOut, State};
use crate::SimCloud;
use crate::contract::{Effect, TaskKind};

/// A scene: a cloud, and who acts in it.
#[derive(Debug, Clone)]
pub struct Scene {
    /// The name, on the command line and in reports.
    pub name: &'static str,
    /// What happens in it, in words.
    pub about: &'static str,
    /// The state at the beginning, before the first call of the policy.
    pub start: State,
    /// Whether each task must end with an outcome if no fault occurs and no other actor acts.
    pub must_finish: bool,
}

impl Scene {
    /// A scene without requests in flight, in which the scheduler claims only while its caller waits.
    #[must_use]
    pub fn new(name: &'static str, about: &'static str, cloud: SimCloud, actors: Vec<Actor>) -> Self {
        Self { name, about, start: State::of(cloud, actors), must_finish: true }
    }

    /// The same with a request that was sent before.
    #[must_use]
    pub fn with_in_flight(mut self, request: Effect) -> Self {
        self.start.in_flight.push(request);
        self
    }

    /// The same with a scheduler that may claim after its caller has given up.
    #[must_use]
    pub fn with_a_late_scheduler(mut self) -> Self {
        self.start.late_scheduler = true;
        self
    }

    /// The same with writes of allocations in two halves, between which others may write.
    #[must_use]
    pub fn with_writes_in_halves(mut self) -> Self {
        self.start.writes_in_halves = true;
        self
    }

    /// The same, in which reads may be refused too, and nova may be out of reach for a single question.
    #[must_use]
    pub fn with_refused_requests(mut self) -> Self {
        self.start.refused_requests = true;
        self
    }

    /// The same, in which a cast arrives before a pause ends, and compute services finish after the tasks have ended.
    #[must_use]
    pub fn with_prompt_casts(mut self) -> Self {
        self.start.prompt_casts = true;
        self
    }

    /// The same, in which a task may refuse to change anything: another migration is under way, or it is not the task for
    /// this record.
    #[must_use]
    pub fn with_refusals(mut self) -> Self {
        self.must_finish = false;
        self
    }

    /// The same without these faults.
    #[must_use]
    pub fn without(mut self, left_out: LeftOut) -> Self {
        self.start.left_out.stale_reads |= left_out.stale_reads;
        self.start.left_out.lost_journals |= left_out.lost_journals;
        self
    }

    /// The kinds of task that a policy needs rules for.
    #[must_use]
    pub fn kinds(&self) -> Vec<TaskKind> {
        let movers = self.start.actors.iter().filter_map(Actor::mover);
        movers.flat_map(|mover| mover.tasks().map(crate::contract::Task::kind)).collect()
    }
}
