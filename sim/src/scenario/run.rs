//! A scenario in which a task runs.

use std::collections::BTreeMap;

use super::event::groups;
use super::{Scenario, ScenarioEvent};
use crate::contract::{Effect, Reply};
use crate::{SimCloud, SimEvent, TaskEvent};

/// A running scenario: answers each effect with what happens there.
#[derive(Debug, Clone)]
pub struct ScenarioRun<'a> {
    scenario: &'a Scenario,
    /// The cloud now.
    pub cloud: SimCloud,
    /// The number of effects of each name so far.
    asked: BTreeMap<&'static str, usize>,
}

impl<'a> ScenarioRun<'a> {
    /// The scenario at its beginning.
    #[must_use]
    pub fn new(scenario: &'a Scenario) -> Self {
        Self { scenario, cloud: scenario.cloud.clone(), asked: BTreeMap::new() }
    }

    /// The reply to an effect. If several events happen there, all happen before it, and the last one decides the reply.
    pub fn answer(&mut self, effect: &Effect) -> Reply {
        groups(effect).into_iter().for_each(|name| *self.asked.entry(name).or_default() += 1);
        let here = |event: &ScenarioEvent| event.at(&self.cloud, effect, &self.asked);
        let events: Vec<TaskEvent> = self.scenario.events.iter().filter_map(here).collect();
        let task = &self.scenario.task;
        events.iter().for_each(|event| event.before(&mut self.cloud, task));
        let last = events.last().copied().unwrap_or(TaskEvent::Cloud(SimEvent::ANSWERED));
        last.answer(&mut self.cloud, effect)
    }

    /// The cloud when every delayed request has arrived, and the compute services have finished what they started.
    #[must_use]
    pub fn at_rest(&self) -> SimCloud {
        let mut cloud = self.cloud.clone();
        cloud.deliver_late();
        cloud.finish(self.scenario.ending);
        cloud
    }
}
