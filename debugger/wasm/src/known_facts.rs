//! What is known about Placement and nova at one point of a run. A record shows only what was read and written in
//! it. The simulated cloud that is made from it also has values for everything else, and those are not facts.

use std::collections::BTreeMap;

use serde::Serialize;
use swaparoo_contract::{Effect, Exchange, ForeignAnswer, NewHolding, Reply, ServerState};
use tsify::Tsify;

/// Whether a fact is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Tsify)]
#[serde(rename_all = "kebab-case")]
pub enum FactState {
    /// It was read or written, or the run is one of a scenario.
    Known,
    /// It was not asked.
    NotAsked,
    /// It was asked or written, but the answer does not show it.
    NotKnown,
}

/// What is known about servers and allocations, by consumer.
#[derive(Debug, Clone, Default)]
pub struct KnownFacts {
    /// A scenario: everything is known.
    everything: bool,
    existence: BTreeMap<String, FactState>,
    holdings: BTreeMap<String, FactState>,
}

impl FactState {
    /// Whether the fact is known.
    #[must_use]
    pub fn is_known(self) -> bool {
        self == Self::Known
    }

    /// Text for display, after the name of the fact.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::Known => "is known",
            Self::NotAsked => "was not asked",
            Self::NotKnown => "is not known: the answer does not tell",
        }
    }
}

impl KnownFacts {
    /// In a scenario everything is known, since it is played on the model.
    #[must_use]
    pub fn everything() -> Self {
        Self { everything: true, ..Self::default() }
    }

    /// Whether everything is known.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        self.everything
    }

    /// What is known before the first exchange of a record: what is read before any write was so from the beginning.
    #[must_use]
    pub fn before(history: &[Exchange]) -> Self {
        let (mut known, mut written) = (Self::default(), Vec::new());
        for Exchange { effect, reply, .. } in history {
            match reply {
                Reply::Holding(holding) if !written.contains(&holding.consumer.as_str()) => {
                    known.holds(&holding.consumer)
                }
                _ => written.extend(writes(effect)),
            }
        }
        known
    }

    /// Whether a server exists.
    #[must_use]
    pub fn existence(&self, server: &str) -> FactState {
        self.of(&self.existence, server)
    }

    /// Whether a consumer's allocations are known.
    #[must_use]
    pub fn holding(&self, consumer: &str) -> FactState {
        self.of(&self.holdings, consumer)
    }

    /// Marks a consumer's allocations as known.
    pub fn holds(&mut self, consumer: &str) {
        self.holdings.insert(consumer.to_owned(), FactState::Known);
    }

    /// Records whether nova's answer showed that a server exists.
    pub fn exists(&mut self, server: &str, fact: FactState) {
        self.existence.insert(server.to_owned(), fact);
    }

    /// Takes the facts from an exchange that was recorded, or answered by hand.
    pub fn see(&mut self, Exchange { effect, reply, .. }: &Exchange) {
        match (effect, reply) {
            (Effect::FindServer(find), Reply::Server(answer)) => {
                let is_known = answer.state != ServerState::Unknown;
                self.exists(&find.server, if is_known { FactState::Known } else { FactState::NotKnown });
            }
            (_, Reply::Holding(holding)) => self.holds(&holding.consumer),
            (_, Reply::Written) => writes(effect).into_iter().for_each(|consumer| self.holds(consumer)),
            (Effect::GetAllocations(get), _) if !self.holding(&get.consumer).is_known() => self.doubt(&get.consumer),
            (_, Reply::Lost(_)) => writes(effect).into_iter().for_each(|consumer| self.doubt(consumer)),
            (_, Reply::Foreign(answer)) if may_be_done(answer) => {
                writes(effect).into_iter().for_each(|consumer| self.doubt(consumer));
            }
            // The scheduler claims for the server before it answers.
            (Effect::SelectDestinations(select), Reply::Abandoned(_)) => self.doubt(&select.server),
            _ => {}
        }
    }

    fn doubt(&mut self, consumer: &str) {
        self.holdings.insert(consumer.to_owned(), FactState::NotKnown);
    }

    fn of(&self, facts: &BTreeMap<String, FactState>, consumer: &str) -> FactState {
        if self.everything { FactState::Known } else { facts.get(consumer).copied().unwrap_or(FactState::NotAsked) }
    }
}

/// The consumers that an effect writes.
fn writes(effect: &Effect) -> Vec<&str> {
    match effect {
        Effect::PostAllocations(post) => {
            post.consumers.iter().map(|NewHolding { consumer, .. }| consumer.as_str()).collect()
        }
        Effect::PutAllocations(put) => vec![&put.holding.consumer],
        Effect::DeleteAllocations(delete) => vec![&delete.consumer],
        _ => Vec::new(),
    }
}

/// An error of a proxy, or a success that is not from Placement, shows nothing about a write.
fn may_be_done(answer: &ForeignAnswer) -> bool {
    answer.status >= 500 || (200..300).contains(&answer.status)
}

#[cfg(test)]
mod tests {
    use swaparoo_contract::{GetAllocations, Holding, Silence};

    use super::*;

    fn read(reply: Reply) -> Exchange {
        Exchange::new(Effect::GetAllocations(GetAllocations { consumer: "one".into() }), reply)
    }

    #[test]
    fn what_was_not_read_is_not_known() {
        let mut known = KnownFacts::default();
        assert_eq!((known.existence("one"), known.holding("one")), (FactState::NotAsked, FactState::NotAsked));
        known.see(&read(Reply::Unreachable(Silence { detail: "refused".into() })));
        assert_eq!(known.holding("one"), FactState::NotKnown);
        known.see(&read(Reply::Holding(Holding { consumer: "one".into(), owner: None, allocations: Vec::new() })));
        assert_eq!(known.holding("one"), FactState::Known);
        assert_eq!(KnownFacts::everything().existence("one"), FactState::Known);
    }
}
