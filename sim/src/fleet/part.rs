//! One effect of a step, with what an executor does around it: a consumer that a task reads or fills is moved past the
//! generations that lost writes of earlier tasks name (`core/src/late_write.rs`). The host has the same in
//! `runner/late_writes.rs`.

use std::collections::{BTreeMap, BTreeSet};

use swaparoo_core::authority::same_allocations;
use swaparoo_core::late_write::rewrite;

use crate::contract::{Allocation, Effect, GetAllocations, Holding, NewHolding, Reply};
use crate::placement::silence;

/// The generations that lost writes of earlier tasks name, by consumer.
pub type LostGenerations = BTreeMap<String, BTreeSet<u32>>;

/// The attempts to move a consumer past one generation.
const ATTEMPTS: usize = 4;

#[derive(Debug)]
pub struct Part {
    pub effect: Effect,
    stage: Stage,
    /// The consumers of a write that were read again.
    looked_at: usize,
    tries: usize,
    /// The reply that the rules get.
    pub reply: Option<Reply>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Effect,
    Rewrite,
    ReadAgain,
}

impl Part {
    pub fn new(effect: Effect) -> Self {
        Self { effect, stage: Stage::Effect, looked_at: 0, tries: 0, reply: None }
    }

    /// An effect whose reply is known.
    pub fn settled(effect: Effect, reply: Reply) -> Self {
        Self { reply: Some(reply), ..Self::new(effect) }
    }

    /// Whether the effect itself is being performed.
    pub fn is_at_effect(&self) -> bool {
        self.stage == Stage::Effect
    }

    /// Takes a reply; returns a further request if it is not the last one.
    pub fn take(&mut self, reply: Reply, lost: &LostGenerations) -> Option<Effect> {
        match (self.stage, &self.effect, reply) {
            (Stage::Effect, Effect::GetAllocations(_), Reply::Holding(holding)) => self.past(holding, lost),
            (Stage::Effect, Effect::PostAllocations(_) | Effect::PutAllocations(_), Reply::Written) => {
                self.next_filled(lost)
            }
            (Stage::Effect, _, reply) => self.end(reply),
            (Stage::Rewrite, ..) => {
                self.stage = Stage::ReadAgain;
                let consumer = self.consumer();
                Some(Effect::GetAllocations(GetAllocations { consumer }))
            }
            (Stage::ReadAgain, _, Reply::Holding(holding)) => self.past(holding, lost),
            (Stage::ReadAgain, ..) => self.fail(),
        }
    }

    /// Goes on with what a consumer holds, which may be at a generation that a lost write names.
    fn past(&mut self, holding: Holding, lost: &LostGenerations) -> Option<Effect> {
        let generations = lost.get(&holding.consumer);
        if let Some(write) = generations.and_then(|generations| rewrite(&holding, generations)) {
            self.tries += 1;
            if self.tries > ATTEMPTS * generations.map_or(0, BTreeSet::len) {
                return self.fail();
            }
            self.stage = Stage::Rewrite;
            return Some(write);
        }
        match self.filled().get(self.looked_at) {
            None => self.end(Reply::Holding(holding)),
            Some((_, allocations)) if same_allocations(&holding.allocations, allocations) => {
                self.looked_at += 1;
                self.next_filled(lost)
            }
            Some(_) => self.fail(),
        }
    }

    /// Reads the next consumer that the write has filled, if a lost write names a generation of it.
    fn next_filled(&mut self, lost: &LostGenerations) -> Option<Effect> {
        let mut filled = self.filled().into_iter().enumerate().skip(self.looked_at);
        let next = filled.find(|(_, (consumer, _))| lost.contains_key(*consumer));
        let Some((at, consumer)) = next.map(|(at, (consumer, _))| (at, consumer.to_owned())) else {
            return self.end(Reply::Written);
        };
        (self.looked_at, self.stage, self.tries) = (at, Stage::ReadAgain, 0);
        Some(Effect::GetAllocations(GetAllocations { consumer }))
    }

    /// The consumer that is read or rewritten now.
    fn consumer(&self) -> String {
        match (&self.effect, self.filled().get(self.looked_at)) {
            (Effect::GetAllocations(get), _) => get.consumer.clone(),
            (_, filled) => filled.map(|(consumer, _)| (*consumer).to_owned()).unwrap_or_default(),
        }
    }

    /// What a write gives to whom.
    fn filled(&self) -> Vec<(&str, &[Allocation])> {
        let all: &[NewHolding] = match &self.effect {
            Effect::PostAllocations(post) => &post.consumers,
            Effect::PutAllocations(put) => std::slice::from_ref(&put.holding),
            _ => &[],
        };
        let filled = all.iter().filter(|new| !new.allocations.is_empty());
        filled.map(|new| (new.consumer.as_str(), new.allocations.as_slice())).collect()
    }

    /// The consumer could not be read or moved: only a read can show whether the write is still done.
    fn fail(&mut self) -> Option<Effect> {
        let is_read = matches!(self.effect, Effect::GetAllocations(_));
        let silence = silence("the consumer could not be moved past the generation of a lost write");
        self.end(if is_read { Reply::Unreachable(silence) } else { Reply::Lost(silence) })
    }

    fn end(&mut self, reply: Reply) -> Option<Effect> {
        self.reply = Some(reply);
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{Owner, PostAllocations, ResourceAmount};

    fn allocations(amount: u32) -> Vec<Allocation> {
        let resources = vec![ResourceAmount { class: "VCPU".into(), amount }];
        vec![Allocation { provider: "node".into(), resources }]
    }

    fn holding(generation: u32, amount: u32) -> Reply {
        let owner = Owner { project: "project".into(), user: "user".into(), generation };
        Reply::Holding(Holding { consumer: "S".into(), owner: Some(owner), allocations: allocations(amount) })
    }

    fn get() -> Effect {
        Effect::GetAllocations(GetAllocations { consumer: "S".into() })
    }

    fn post() -> Effect {
        let [consumer, project, user] = ["S", "project", "user"].map(str::to_owned);
        let new = NewHolding { consumer, project, user, generation: None, allocations: allocations(2) };
        Effect::PostAllocations(PostAllocations { consumers: vec![new] })
    }

    /// The effects after each reply, and the reply for the rules.
    fn played(effect: Effect, replies: Vec<Reply>) -> (Vec<Option<&'static str>>, Option<Reply>) {
        let lost = LostGenerations::from([("S".to_owned(), BTreeSet::from([1]))]);
        let mut part = Part::new(effect);
        let effects = replies.into_iter().map(|reply| part.take(reply, &lost).map(|effect| effect.name())).collect();
        (effects, part.reply)
    }

    #[test]
    fn a_consumer_that_is_read_at_the_generation_of_a_lost_write_is_moved_past_it() {
        assert_eq!(played(get(), vec![holding(2, 2)]), (vec![None], Some(holding(2, 2))));
        let (effects, reply) = played(get(), vec![holding(1, 2), Reply::Written, holding(2, 2)]);
        assert_eq!(effects, [Some("put-allocations"), Some("get-allocations"), None]);
        assert_eq!(reply, Some(holding(2, 2)));
    }

    #[test]
    fn a_write_that_a_late_one_has_undone_is_lost_to_the_rules() {
        let (effects, reply) = played(post(), vec![Reply::Written, holding(1, 2), Reply::Written, holding(2, 2)]);
        assert_eq!(effects, [Some("get-allocations"), Some("put-allocations"), Some("get-allocations"), None]);
        assert_eq!(reply, Some(Reply::Written));
        let (_, reply) = played(post(), vec![Reply::Written, holding(2, 1)]);
        assert!(matches!(reply, Some(Reply::Lost(_))), "{reply:?}");
    }
}
