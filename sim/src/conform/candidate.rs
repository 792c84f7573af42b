//! A state of the cloud in which the recorded replies so far are possible.

use swaparoo_placement::Fault;

use super::facts::{Facts, Learned};
use super::others::{before_an_effect, since_the_last_read};
use super::{Explained, Possible};
use crate::contract::{Effect, Exchange, Holding, Reply, Task};
use crate::{EffectFault, Reach, SimCloud, SimEvent, describe};

/// The cloud, with what nova has said, and what explains the replies so far.
#[derive(Debug, Clone)]
pub struct Candidate {
    cloud: SimCloud,
    facts: Facts,
    /// What explains the replies.
    pub explained: Vec<Explained>,
}

impl Candidate {
    /// The cloud before the first exchange.
    pub fn before(task: &Task, history: &[Exchange]) -> Self {
        Self { cloud: SimCloud::before(task, history), facts: Facts::default(), explained: Vec::new() }
    }

    /// Whether both have the same future.
    pub fn is_like(&self, other: &Self) -> bool {
        let stale =
            |one: &Self| one.cloud.stale_consumers().map(|(id, was)| (id.clone(), was.cloned())).collect::<Vec<_>>();
        self.cloud.placement.consumers() == other.cloud.placement.consumers()
            && self.cloud.has_late() == other.cloud.has_late()
            && self.cloud.servers == other.cloud.servers
            && self.cloud.migrations == other.cloud.migrations
            && stale(self) == stale(other)
    }

    /// The states after this exchange; none if its reply is not possible here.
    pub fn after(&self, index: usize, exchange: &Exchange) -> Vec<Self> {
        match &exchange.effect {
            Effect::Pause(_) => {
                let mut next = self.clone();
                next.cloud.catch_up();
                vec![next]
            }
            effect if effect.answered_by().is_some() || matches!(effect, Effect::GetProviderTraits(_)) => {
                self.after_a_fact(index, exchange)
            }
            _ => self.after_a_request(index, exchange),
        }
    }

    /// What the model can answer.
    pub fn possible(&self, effect: &Effect) -> Vec<Possible> {
        if effect.answered_by().is_some() {
            return self.facts.possible(effect);
        }
        let ways = self.ways(effect);
        ways.into_iter().map(|(event, reply, _)| Possible { event, reply }).collect()
    }

    fn after_a_fact(&self, index: usize, exchange: &Exchange) -> Vec<Self> {
        let mut next = self.clone();
        match next.facts.learn(exchange) {
            Learned::Impossible => Vec::new(),
            Learned::Fact => {
                next.cloud.see(exchange);
                vec![next]
            }
            Learned::Fault(what) => {
                next.explained.push(Explained { index, what });
                let mut done = next.clone();
                done.cloud.see(&Exchange { reply: Reply::Done, ..exchange.clone() });
                vec![next, done]
            }
        }
    }

    fn after_a_request(&self, index: usize, exchange: &Exchange) -> Vec<Self> {
        let with = |cloud: SimCloud, what: Option<String>| {
            let explained = what.into_iter().map(|what| Explained { index, what });
            let explained = self.explained.iter().cloned().chain(explained).collect();
            Self { cloud, facts: self.facts.clone(), explained }
        };
        let same = self.ways(&exchange.effect).into_iter().filter(|(_, reply, _)| is_same(reply, &exchange.reply));
        let mut all: Vec<Self> = same.map(|(what, _, cloud)| with(cloud, (what != NORMAL).then_some(what))).collect();
        if let (Reply::Holding(shown), true) = (&exchange.reply, all.is_empty())
            && let Some(what) = since_the_last_read(&self.cloud, shown)
        {
            let mut cloud = self.cloud.clone();
            cloud.see(exchange);
            all.push(with(cloud, Some(what.to_owned())));
        }
        all
    }

    /// Every way in which the request can be answered: what happens, the reply, and the cloud afterwards.
    fn ways(&self, effect: &Effect) -> Vec<(String, Reply, SimCloud)> {
        let mut all = Vec::new();
        for (before, cloud) in before_an_effect(&self.cloud, effect) {
            for event in events(effect, &cloud) {
                let mut after = cloud.clone();
                let reply = event.meet(&mut after, effect);
                // An outage is tried at each effect anew.
                after.reach = Reach::Here;
                let at = (event != SimEvent::ANSWERED).then(|| describe::event(event));
                let words: Vec<String> = before.iter().map(|what| (*what).to_owned()).chain(at).collect();
                let words = if words.is_empty() { NORMAL.to_owned() } else { words.join(", and then: ") };
                all.push((words, reply, after));
            }
        }
        all
    }
}

/// The normal answer, in words.
const NORMAL: &str = "answered normally";

fn events(effect: &Effect, cloud: &SimCloud) -> Vec<SimEvent> {
    let mut all = SimEvent::of(effect, cloud, true, true);
    all.retain(|event| *event != SimEvent::ServerDeleted);
    let more = [EffectFault::BadGateway, EffectFault::Placement(Fault::ConsumerRaced)].map(SimEvent::Fault);
    all.extend(more.into_iter().filter(|_| effect.is_write()));
    all
}

/// Whether the model's reply is the recorded one. The texts of errors are free.
fn is_same(model: &Reply, recorded: &Reply) -> bool {
    match (model, recorded) {
        (Reply::Holding(model), Reply::Holding(recorded)) => sorted(model) == sorted(recorded),
        (Reply::Refused(model), Reply::Refused(recorded)) => {
            (model.status, &model.code) == (recorded.status, &recorded.code)
        }
        // Every proxy has its own page, and one status for the backend that does not answer.
        (Reply::Foreign(model), Reply::Foreign(recorded)) => model.status / 100 == recorded.status / 100,
        (Reply::Lost(_), Reply::Lost(_)) | (Reply::Unreachable(_), Reply::Unreachable(_)) => true,
        (model, recorded) => model == recorded,
    }
}

/// The same with its allocations in one order.
fn sorted(holding: &Holding) -> Holding {
    let mut holding = holding.clone();
    for allocation in &mut holding.allocations {
        allocation.resources.sort_by(|one, other| one.class.cmp(&other.class));
    }
    holding.allocations.sort_by(|one, other| one.provider.cmp(&other.provider));
    holding
}
