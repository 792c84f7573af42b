//! A change to what happened: an event before an effect, another result of it, or another reply.

use serde::{Deserialize, Serialize};
use swaparoo_contract::{Effect, Reply};
use swaparoo_sim::describe;
use swaparoo_sim::{SimCloud, SimEvent};
use tsify::Tsify;

/// One change. Its place is given by the effect's kind and number, so that it means the same under another policy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Tsify)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// The effect's kind.
    pub effect: String,
    /// The number of the effect among those of its kind, from 1.
    pub nth: usize,
    /// The code of what happens; empty if a reply is given.
    pub what: String,
    /// The reply, if it is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(not(feature = "full"), serde(skip_deserializing))]
    #[tsify(optional, type = "Reply")]
    pub reply: Option<Reply>,
}

impl Change {
    /// A change at the nth effect of a kind, with the code of what happens.
    #[must_use]
    pub fn at(effect: &str, nth: usize, what: &str) -> Self {
        Self { effect: effect.into(), nth, what: what.into(), reply: None }
    }

    /// Whether it applies to this effect.
    #[must_use]
    pub fn is_at(&self, effect: &Effect, nth: usize) -> bool {
        self.effect == effect.name() && self.nth == nth
    }
}

/// Something that can happen at one effect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Tsify)]
pub struct PossibleEvent {
    /// The code that a change uses for it.
    pub what: String,
    /// Text for display.
    pub text: String,
    /// Whether it happens before the effect, and not to it.
    pub event: bool,
}

/// Everything that can happen here except the plain answer.
#[must_use]
pub fn possible_events(effect: &Effect, cloud: &SimCloud) -> Vec<PossibleEvent> {
    let all = possible(effect, cloud);
    let view = |one: &SimEvent| PossibleEvent { what: one.code(), text: describe::event(*one), event: one.is_event() };
    all.iter().filter(|one| one.is_rare()).map(view).collect()
}

/// Finds what can happen here by its code.
#[must_use]
pub fn named(what: &str, effect: &Effect, cloud: &SimCloud) -> Option<SimEvent> {
    possible(effect, cloud).into_iter().find(|one| one.code() == what)
}

fn possible(effect: &Effect, cloud: &SimCloud) -> Vec<SimEvent> {
    let mut all = SimEvent::of(effect, cloud, true, true);
    if effect.answered_by().is_none() {
        all.push(SimEvent::AnotherMove);
    }
    all
}
