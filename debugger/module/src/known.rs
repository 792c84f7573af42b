//! What is known of the outside at one point of a course. A record shows what was read and written in it and no more; the
//! cloud that is made of it holds something for everything else, too, and that is no fact.

use std::collections::BTreeMap;

use serde::Serialize;
use swaparoo_contract::{Effect, Exchange, ForeignAnswer, NewHolding, Reply, ServerState};
use tsify::Tsify;

/// Whether something is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Tsify)]
#[serde(rename_all = "kebab-case")]
pub enum Fact {
    /// It was read or written, or the model has it.
    Known,
    /// It was never asked.
    NotAsked,
    /// It was asked, or written, and the answer does not tell.
    NotKnown,
}

/// What is known of servers and holdings, by consumer.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// The model has it all: a story.
    everything: bool,
    existence: BTreeMap<String, Fact>,
    holdings: BTreeMap<String, Fact>,
}

impl Fact {
    /// Whether it is known.
    #[must_use]
    pub fn is_known(self) -> bool {
        self == Self::Known
    }

    /// For people, after what it is about.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Known => "is known",
            Self::NotAsked => "was not asked",
            Self::NotKnown => "is not known: the answer does not tell",
        }
    }
}

impl Known {
    /// A story is played on the model, which has all of it.
    #[must_use]
    pub fn everything() -> Self {
        Self { everything: true, ..Self::default() }
    }

    /// Whether there is nothing to find out.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        self.everything
    }

    /// Before the first exchange of a record: what is read before anything is written was so from the beginning.
    #[must_use]
    pub fn before(history: &[Exchange]) -> Self {
        let (mut known, mut written) = (Self::default(), Vec::new());
        for Exchange { effect, reply } in history {
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
    pub fn existence(&self, server: &str) -> Fact {
        self.of(&self.existence, server)
    }

    /// What a consumer holds.
    #[must_use]
    pub fn holding(&self, consumer: &str) -> Fact {
        self.of(&self.holdings, consumer)
    }

    /// What a consumer holds is known by now.
    pub fn holds(&mut self, consumer: &str) {
        self.holdings.insert(consumer.to_owned(), Fact::Known);
    }

    /// Whether a server exists is known by now, or was asked to no avail.
    pub fn exists(&mut self, server: &str, fact: Fact) {
        self.existence.insert(server.to_owned(), fact);
    }

    /// What an exchange shows that was recorded, or answered by hand.
    pub fn see(&mut self, Exchange { effect, reply }: &Exchange) {
        match (effect, reply) {
            (Effect::FindServer(find), Reply::Server(answer)) => {
                let told = answer.state != ServerState::Unknown;
                self.exists(&find.server, if told { Fact::Known } else { Fact::NotKnown });
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
        self.holdings.insert(consumer.to_owned(), Fact::NotKnown);
    }

    fn of(&self, facts: &BTreeMap<String, Fact>, consumer: &str) -> Fact {
        if self.everything { Fact::Known } else { facts.get(consumer).copied().unwrap_or(Fact::NotAsked) }
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

/// An error of a proxy's, or a success that is not Placement's, says nothing about a write.
fn may_be_done(answer: &ForeignAnswer) -> bool {
    answer.status >= 500 || (200..300).contains(&answer.status)
}

#[cfg(test)]
mod tests {
    use swaparoo_contract::{GetAllocations, Holding, Silence};

    use super::*;

    fn read(reply: Reply) -> Exchange {
        Exchange { effect: Effect::GetAllocations(GetAllocations { consumer: "one".into() }), reply }
    }

    #[test]
    fn what_was_not_read_is_not_known() {
        let mut known = Known::default();
        assert_eq!((known.existence("one"), known.holding("one")), (Fact::NotAsked, Fact::NotAsked));
        known.see(&read(Reply::Unreachable(Silence { detail: "refused".into() })));
        assert_eq!(known.holding("one"), Fact::NotKnown);
        known.see(&read(Reply::Holding(Holding { consumer: "one".into(), owner: None, allocations: Vec::new() })));
        assert_eq!(known.holding("one"), Fact::Known);
        assert_eq!(Known::everything().existence("one"), Fact::Known);
    }
}
