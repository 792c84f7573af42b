//! What happens in a scenario meanwhile: an event of the simulation, and where.

use std::collections::BTreeMap;

use serde::Deserialize;
use swaparoo_placement::Fault;

use crate::contract::Effect;
use crate::{EffectFault, Party, Reach, SimCloud, SimEvent, TaskEvent};

/// An event, and the effects at which it happens.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScenarioEvent {
    /// `any` effect, a `write` to Placement, a `read-or-question`, or the name of an effect in the contract.
    pub effect: String,
    /// The number of the effect among those, from 1; if it is missing, the event happens at each of them.
    #[serde(default)]
    pub nth: Option<usize>,
    /// Only while a migration record holds allocations, or only while none does.
    #[serde(default)]
    pub while_swapped: Option<bool>,
    /// The code of the event, see [`TaskEvent::code`].
    pub what: String,
}

impl ScenarioEvent {
    /// The event, if it happens at this effect; `asked` counts the effects so far, with this one.
    #[must_use]
    pub fn at(&self, cloud: &SimCloud, effect: &Effect, asked: &BTreeMap<&'static str, usize>) -> Option<TaskEvent> {
        let name = groups(effect).into_iter().find(|name| *name == self.effect)?;
        let happens = self.nth.is_none_or(|nth| asked.get(name) == Some(&nth))
            && self.while_swapped.is_none_or(|wanted| wanted == is_swapped(cloud));
        if happens { self.event() } else { None }
    }

    /// Whether the code is one of an event that can happen at such effects.
    #[must_use]
    pub fn is_possible(&self) -> bool {
        self.event().is_some()
    }

    fn event(&self) -> Option<TaskEvent> {
        let raised = raised(&self.effect).iter().copied();
        let raised = raised.flat_map(|error| [EffectFault::Raised(error), EffectFault::DoneAndRaised(error)]);
        let mut all = always().chain(raised.map(|fault| TaskEvent::Cloud(SimEvent::Fault(fault))));
        all.find(|event| event.code() == self.what)
    }
}

/// The names that mean this effect, among others.
#[must_use]
pub fn groups(effect: &Effect) -> [&'static str; 3] {
    [effect.name(), "any", if effect.is_write() { "write" } else { "read-or-question" }]
}

/// The exceptions that a scenario may raise at an effect.
fn raised(effect: &str) -> &'static [&'static str] {
    match effect {
        "create-migration" | "save-migration" => &["DBConnectionError"],
        "select-destinations" => &["NoValidHost", "MessagingTimeout"],
        "prep-resize" | "live-migration" => &["RPCVersionCapError", "MessageDeliveryFailure"],
        "check-destination" => &["MigrationPreCheckError"],
        "check-service-up" => &["ComputeServiceUnavailable"],
        _ => &[],
    }
}

fn is_swapped(cloud: &SimCloud) -> bool {
    cloud.migrations.keys().any(|migration| !cloud.held(migration).is_empty())
}

/// The events that do not depend on the effect.
fn always() -> impl Iterator<Item = TaskEvent> {
    CLOUD.into_iter().map(TaskEvent::Cloud).chain([Party::Source, Party::Target].into_iter().flat_map(by_others))
}

fn by_others(party: Party) -> [TaskEvent; 4] {
    [TaskEvent::Touched(party), TaskEvent::Emptied(party), TaskEvent::Claimed(party), TaskEvent::Orphaned(party)]
}

const CLOUD: [SimEvent; 28] = [
    SimEvent::Fault(EffectFault::Placement(Fault::LostBeforeWrite)),
    SimEvent::Fault(EffectFault::Placement(Fault::LostAfterWrite)),
    SimEvent::Fault(EffectFault::Placement(Fault::ProviderConflict)),
    SimEvent::Fault(EffectFault::Placement(Fault::ConsumerRaced)),
    SimEvent::Fault(EffectFault::Placement(Fault::Outage)),
    SimEvent::Fault(EffectFault::Refused),
    SimEvent::Fault(EffectFault::Forbidden),
    SimEvent::Fault(EffectFault::BadGateway),
    SimEvent::Fault(EffectFault::ServerError),
    SimEvent::Fault(EffectFault::DoneAndServerError),
    SimEvent::Fault(EffectFault::DoneAndForgotten),
    SimEvent::Fault(EffectFault::Unreachable),
    SimEvent::Fault(EffectFault::Late),
    SimEvent::Fault(EffectFault::DoneAndSilent),
    SimEvent::Fault(EffectFault::NotDoneAndSilent),
    SimEvent::Fault(EffectFault::NotListed),
    SimEvent::Fault(EffectFault::Stale),
    SimEvent::ServerDeleted,
    SimEvent::ConductorDies { done: false },
    SimEvent::ConductorDies { done: true },
    SimEvent::ConductorReturns,
    SimEvent::Placement(Reach::Here),
    SimEvent::Placement(Reach::Away),
    SimEvent::Placement(Reach::Silent),
    SimEvent::Placement(Reach::ReadOnly),
    SimEvent::Placement(Reach::Busy),
    SimEvent::LateArrives,
    SimEvent::AnotherMove,
];
