//! What is to happen otherwise than it did: an event before an effect, another fate of it, or another reply.

use serde::{Deserialize, Serialize};
use swaparoo_contract::{Effect, Reply};
use swaparoo_sim::words::happening;
use swaparoo_sim::{Cloud, Happening};
use tsify::Tsify;

/// One change. Its place is by the effect's kind and how often that was asked before, so that it means the same under
/// another policy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Tsify)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// The effect's kind.
    pub effect: String,
    /// From 1.
    pub nth: usize,
    /// What happens, by its code; empty where a reply is given.
    pub what: String,
    /// This very reply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(not(feature = "full"), serde(skip_deserializing))]
    #[tsify(optional, type = "Reply")]
    pub reply: Option<Reply>,
}

impl Change {
    /// A change at the nth effect of a kind.
    #[must_use]
    pub fn at(effect: &str, nth: usize, what: &str) -> Self {
        Self { effect: effect.into(), nth, what: what.into(), reply: None }
    }

    /// Whether its place is here.
    #[must_use]
    pub fn is_at(&self, effect: &Effect, nth: usize) -> bool {
        self.effect == effect.name() && self.nth == nth
    }
}

/// Something that can happen at one effect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Tsify)]
pub struct Offer {
    /// For a change.
    pub what: String,
    /// For people.
    pub words: String,
    /// Whether it happens before the effect, and not to it.
    pub event: bool,
}

/// All that can happen here beside the plain answer.
#[must_use]
pub fn offers(effect: &Effect, cloud: &Cloud) -> Vec<Offer> {
    let all = possible(effect, cloud);
    let offer = |one: &Happening| Offer { what: one.code(), words: happening(*one), event: one.is_event() };
    all.iter().filter(|one| one.is_rare()).map(offer).collect()
}

/// What can happen here, by its code.
#[must_use]
pub fn named(what: &str, effect: &Effect, cloud: &Cloud) -> Option<Happening> {
    possible(effect, cloud).into_iter().find(|one| one.code() == what)
}

fn possible(effect: &Effect, cloud: &Cloud) -> Vec<Happening> {
    let mut all = Happening::of(effect, cloud, true, true);
    if effect.answered_by().is_none() {
        all.push(Happening::AnotherMove);
    }
    all
}
