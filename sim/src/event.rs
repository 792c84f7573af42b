//! Events at one effect, or just before it.

use swaparoo_placement::Fault;

use super::{EffectFault, Reach, SimCloud};
use crate::contract::{Effect, Reply};

/// One event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SimEvent {
    /// The effect has this fate.
    Fault(EffectFault),
    /// The server is deleted before.
    ServerDeleted,
    /// The conductor dies and does not answer for nova any more.
    ConductorDies {
        /// Whether the current effect was done before.
        done: bool,
    },
    /// The conductor runs again.
    ConductorReturns,
    /// The connection to Placement changes.
    Placement(Reach),
    /// Delayed requests arrive before.
    LateArrives,
    /// Another runner makes the same move before. No exploration includes this: a service runs one task per consumer.
    AnotherMove,
}

impl SimEvent {
    /// The normal answer.
    pub const ANSWERED: Self = Self::Fault(EffectFault::Answered);

    /// All events that are possible here, the normal answer first; `rare` includes faults, `back` includes recoveries.
    #[must_use]
    pub fn of(effect: &Effect, cloud: &SimCloud, rare: bool, back: bool) -> Vec<Self> {
        let mut all = vec![Self::ANSWERED];
        if cloud.has_late() {
            all.push(Self::LateArrives);
        }
        if matches!(effect, Effect::Pause(_)) {
            all.extend((back && !cloud.conductor).then_some(Self::ConductorReturns));
            all.extend((back && cloud.reach != Reach::Here).then_some(Self::Placement(Reach::Here)));
        } else if rare {
            all.extend(wrong(effect, cloud));
        }
        all
    }

    /// Whether the event counts against the bound of an exploration. Recoveries and late arrivals belong to an earlier
    /// fault.
    #[must_use]
    pub fn is_rare(self) -> bool {
        !matches!(
            self,
            Self::Fault(EffectFault::Answered)
                | Self::LateArrives
                | Self::ConductorReturns
                | Self::Placement(Reach::Here)
        )
    }

    /// Whether the event happens before the effect, and does not change its fate.
    #[must_use]
    pub fn is_event(self) -> bool {
        !matches!(self, Self::Fault(_) | Self::ConductorDies { .. })
    }

    /// Applies the event, and returns the reply to the effect.
    pub fn meet(self, cloud: &mut SimCloud, effect: &Effect) -> Reply {
        self.before(cloud);
        self.answer(cloud, effect)
    }

    /// The reply to the effect, after what happens [`before`](Self::before) it.
    pub fn answer(self, cloud: &mut SimCloud, effect: &Effect) -> Reply {
        match self {
            Self::Fault(fault) => cloud.answer(effect, fault),
            Self::ConductorDies { done } => {
                let reply =
                    cloud.answer(effect, if done { EffectFault::DoneAndSilent } else { EffectFault::NotDoneAndSilent });
                cloud.conductor = false;
                reply
            }
            _ => cloud.answer(effect, EffectFault::Answered),
        }
    }

    /// Applies the part of the event that happens before the effect.
    pub fn before(self, cloud: &mut SimCloud) {
        match self {
            Self::Fault(_) | Self::ConductorDies { .. } => {}
            Self::ServerDeleted => {
                if let Some(server) = alive(cloud) {
                    cloud.delete_server(&server);
                }
            }
            Self::ConductorReturns => cloud.conductor = true,
            Self::Placement(reach) => cloud.reach = reach,
            Self::LateArrives => cloud.deliver_late(),
            Self::AnotherMove => cloud.move_first(),
        }
    }
}

fn wrong(effect: &Effect, cloud: &SimCloud) -> Vec<SimEvent> {
    let mut all = Vec::new();
    if effect.answered_by().is_none() {
        if cloud.reach == Reach::Here {
            all.extend(of_placement(effect, cloud));
        }
    } else if cloud.conductor {
        all.extend(of_nova(effect));
    }
    all.extend(alive(cloud).map(|_| SimEvent::ServerDeleted));
    all
}

/// The live server: a simulation has one server.
fn alive(cloud: &SimCloud) -> Option<String> {
    cloud.servers.iter().find(|(_, server)| server.alive).map(|(id, _)| id.clone())
}

/// Whether a replica may answer this read with an earlier state.
fn is_stale(effect: &Effect, cloud: &SimCloud) -> bool {
    matches!(effect, Effect::GetAllocations(get) if cloud.may_be_stale(&get.consumer))
}

fn of_placement(effect: &Effect, cloud: &SimCloud) -> Vec<SimEvent> {
    let lasting = [Reach::Away, Reach::Silent, Reach::ReadOnly, Reach::Busy].map(SimEvent::Placement);
    if !effect.is_write() {
        let [away, ..] = lasting;
        let mut all = vec![SimEvent::Fault(EffectFault::Placement(Fault::Outage)), away];
        all.extend(is_stale(effect, cloud).then_some(SimEvent::Fault(EffectFault::Stale)));
        return all;
    }
    let once = [
        EffectFault::Placement(Fault::Outage),
        EffectFault::Placement(Fault::LostAfterWrite),
        EffectFault::Placement(Fault::LostBeforeWrite),
        EffectFault::Placement(Fault::ProviderConflict),
        EffectFault::Late,
        EffectFault::Refused,
        EffectFault::Forbidden,
    ];
    let once = once.into_iter().chain(EffectFault::server_errors(effect));
    once.map(SimEvent::Fault).chain(lasting).collect()
}

fn of_nova(effect: &Effect) -> Vec<SimEvent> {
    let mut all: Vec<SimEvent> = EffectFault::exceptions(effect).into_iter().map(SimEvent::Fault).collect();
    all.push(SimEvent::Fault(EffectFault::NotDoneAndSilent));
    all.push(SimEvent::ConductorDies { done: false });
    if does(effect) {
        all.push(SimEvent::Fault(EffectFault::DoneAndSilent));
        all.push(SimEvent::ConductorDies { done: true });
    }
    if matches!(effect, Effect::GetMigration(_)) {
        all.push(SimEvent::Fault(EffectFault::NotListed));
    }
    if matches!(effect, Effect::PrepResize(_) | Effect::LiveMigration(_)) {
        all.push(SimEvent::Fault(EffectFault::Late));
    }
    if matches!(effect, Effect::SelectDestinations(_)) {
        all.push(SimEvent::Placement(Reach::Away));
    }
    all
}

/// Whether the question to nova changes the cloud.
pub(crate) fn does(effect: &Effect) -> bool {
    matches!(
        effect,
        Effect::CreateMigration(_)
            | Effect::SaveMigration(_)
            | Effect::SelectDestinations(_)
            | Effect::PrepResize(_)
            | Effect::LiveMigration(_)
    )
}
