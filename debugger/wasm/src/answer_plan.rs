//! Decides what answers an effect: the record, as long as the same is asked and nothing is changed; then a change; then
//! the simulated cloud. The displayed run and the explorations share it, so that an explored path opens as it was
//! found.

use swaparoo_contract::{Effect, Exchange, Reply};
use swaparoo_sim::{EffectFault, SimCloud, SimEvent};

use crate::change::{Change, named};
use crate::known_facts::{FactState, KnownFacts};
use crate::opened_task::OpenedTask;

/// The recorded exchanges and changes that determine how a task runs.
pub struct AnswerPlan {
    /// The beginning of the run.
    pub opened: OpenedTask,
    /// The changes of the scenario, then those of the user.
    changes: Vec<Change>,
}

/// The state of the world at one point of a task.
#[derive(Clone)]
pub struct TaskWorld {
    /// The simulated cloud.
    pub cloud: SimCloud,
    /// What is known about it.
    pub known: KnownFacts,
    /// The first exchange that is not as recorded.
    pub left_record_at: Option<usize>,
}

/// The result of an effect.
pub struct SimAnswer {
    /// The reply.
    pub reply: Reply,
    /// The fault or event, if any; none for a reply given by hand.
    pub happened: Vec<Option<SimEvent>>,
    /// Whether the reply comes from the record.
    pub recorded: bool,
    /// The indices of the changes that were applied.
    pub used: Vec<usize>,
}

impl AnswerPlan {
    /// The scenario's own changes, and the given ones.
    #[must_use]
    pub fn new(opened: &OpenedTask, changes: &[Change]) -> Self {
        let changes = opened.scenario_changes.iter().chain(changes).cloned().collect();
        Self { opened: opened.clone(), changes }
    }

    /// The world before the first exchange.
    #[must_use]
    pub fn world(&self) -> TaskWorld {
        TaskWorld { cloud: self.opened.cloud.clone(), known: self.opened.known.clone(), left_record_at: None }
    }

    /// The given changes that were not applied; without the scenario's own.
    #[must_use]
    pub fn unused(&self, used: &[usize]) -> Vec<Change> {
        let own = self.changes.iter().enumerate().skip(self.opened.scenario_changes.len());
        own.filter(|(at, _)| !used.contains(at)).map(|(_, change)| change.clone()).collect()
    }

    /// Whether this happens here without any change.
    #[must_use]
    pub fn has(&self, effect: &Effect, nth: usize, event: SimEvent) -> bool {
        self.changes_at(effect, nth).any(|(_, change)| change.reply.is_none() && change.what == event.code())
    }

    fn changes_at(&self, effect: &Effect, nth: usize) -> impl Iterator<Item = (usize, &Change)> {
        self.changes.iter().enumerate().filter(move |(_, change)| change.is_at(effect, nth))
    }

    /// Repeats nova's answer from the record, unless the rules have changed the answer's subject since.
    fn recorded_answer(&self, effect: &Effect) -> Option<&Exchange> {
        let recorded = &self.opened.recorded;
        if recorded.is_empty() || effect.answered_by().is_none() || changes_nova(effect) {
            return None;
        }
        let same = recorded.iter().find(|there| there.effect == *effect);
        same.or_else(|| recorded.iter().find(|there| there.effect.name() == effect.name()))
    }
}

impl TaskWorld {
    /// The result of the effect at this index of the history, the nth of its kind; `extra` happens there too.
    pub fn answer(
        &mut self,
        plan: &AnswerPlan,
        place: usize,
        effect: &Effect,
        nth: usize,
        extra: Option<SimEvent>,
    ) -> SimAnswer {
        let recorded = &plan.opened.recorded;
        let changed = extra.is_some() || plan.changes_at(effect, nth).next().is_some();
        let there = recorded.get(place).filter(|there| there.effect == *effect);
        if let Some(there) = there.filter(|_| !changed && self.left_record_at.is_none()) {
            self.see(there);
            return SimAnswer { reply: there.reply.clone(), happened: Vec::new(), recorded: true, used: Vec::new() };
        }
        if plan.opened.is_record {
            self.left_record_at.get_or_insert(place);
        }
        self.changed(plan, effect, nth, extra)
    }

    /// Applies an exchange that the cloud did not answer, from the record or by hand. The small module plays scenarios,
    /// which have neither.
    pub fn see(&mut self, exchange: &Exchange) {
        if cfg!(not(feature = "full")) {
            return;
        }
        self.cloud.see(exchange);
        self.known.see(exchange);
    }

    fn changed(&mut self, plan: &AnswerPlan, effect: &Effect, nth: usize, extra: Option<SimEvent>) -> SimAnswer {
        let (mut happened, mut used) = (Vec::new(), Vec::new());
        let before = self.parties();
        let mut last = SimEvent::Fault(EffectFault::Answered);
        for (at, change) in plan.changes_at(effect, nth) {
            if let Some(reply) = &change.reply {
                used.push(at);
                happened.push(None);
                last.before(&mut self.cloud);
                return SimAnswer { reply: self.give_reply(effect, reply), happened, recorded: false, used };
            }
            if let Some(event) = named(&change.what, effect, &self.cloud) {
                used.push(at);
                happened.push(Some(event));
                last.before(&mut self.cloud);
                last = event;
            }
        }
        if let Some(event) = extra {
            last.before(&mut self.cloud);
            last = event;
        }
        let reply = self.answer_event(plan, last, effect);
        self.learn_from_model(&before);
        SimAnswer { reply, happened, recorded: false, used }
    }

    /// The existing servers, and the migrations; none in a scenario, where everything is known.
    fn parties(&self) -> Vec<String> {
        if self.known.is_everything() {
            return Vec::new();
        }
        let servers = self.cloud.servers.iter().filter(|(_, server)| server.alive).map(|(id, _)| id);
        servers.chain(self.cloud.migrations.keys()).cloned().collect()
    }

    /// A result of the model is a fact only if it follows from what happened: a deleted server is gone and holds
    /// nothing, and a new migration record holds nothing. The model's answers about things that were not read are not
    /// facts.
    fn learn_from_model(&mut self, before: &[String]) {
        if self.known.is_everything() {
            return;
        }
        let (servers, migrations) = (&self.cloud.servers, &self.cloud.migrations);
        let deleted = servers.iter().filter(|(id, server)| !server.alive && before.contains(id)).map(|(id, _)| id);
        let new = migrations.keys().filter(|id| !before.contains(id));
        for id in deleted.clone() {
            self.known.exists(id, FactState::Known);
        }
        deleted.chain(new).for_each(|id| self.known.holds(id));
    }

    fn answer_event(&mut self, plan: &AnswerPlan, event: SimEvent, effect: &Effect) -> Reply {
        let plain = matches!(event, SimEvent::Fault(EffectFault::Answered));
        match plan.recorded_answer(effect).filter(|_| plain && self.cloud.conductor) {
            Some(there) => self.give_reply(effect, &there.reply),
            None => event.meet(&mut self.cloud, effect),
        }
    }

    /// A reply that did not come from the cloud.
    fn give_reply(&mut self, effect: &Effect, reply: &Reply) -> Reply {
        self.see(&Exchange::new(effect.clone(), reply.clone()));
        reply.clone()
    }
}

fn changes_nova(effect: &Effect) -> bool {
    matches!(
        effect,
        Effect::FindServer(_)
            | Effect::FindMigration(_)
            | Effect::GetMigration(_)
            | Effect::CreateMigration(_)
            | Effect::SaveMigration(_)
            | Effect::PrepResize(_)
            | Effect::LiveMigration(_)
    )
}
