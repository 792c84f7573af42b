//! Events at one effect, or just before it.

use swaparoo_placement::Fault;

use super::{Cloud, Fate, Reach};
use crate::contract::{Effect, Reply};

/// One event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Happening {
    /// The effect has this fate.
    Fate(Fate),
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

impl Happening {
    /// All events that are possible here, the normal answer first; `rare` includes faults, `back` includes recoveries.
    #[must_use]
    pub fn of(effect: &Effect, cloud: &Cloud, rare: bool, back: bool) -> Vec<Self> {
        let mut all = vec![Self::Fate(Fate::Answered)];
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
            Self::Fate(Fate::Answered) | Self::LateArrives | Self::ConductorReturns | Self::Placement(Reach::Here)
        )
    }

    /// Whether the event happens before the effect, and does not change its fate.
    #[must_use]
    pub fn is_event(self) -> bool {
        !matches!(self, Self::Fate(_) | Self::ConductorDies { .. })
    }

    /// Applies the event, and returns the reply to the effect.
    pub fn meet(self, cloud: &mut Cloud, effect: &Effect) -> Reply {
        self.before(cloud);
        match self {
            Self::Fate(fate) => cloud.answer(effect, fate),
            Self::ConductorDies { done } => {
                let reply = cloud.answer(effect, if done { Fate::DoneAndSilent } else { Fate::NotDoneAndSilent });
                cloud.conductor = false;
                reply
            }
            _ => cloud.answer(effect, Fate::Answered),
        }
    }

    /// Applies the part of the event that happens before the effect.
    pub fn before(self, cloud: &mut Cloud) {
        match self {
            Self::Fate(_) | Self::ConductorDies { .. } => {}
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

fn wrong(effect: &Effect, cloud: &Cloud) -> Vec<Happening> {
    let mut all = Vec::new();
    if effect.answered_by().is_none() {
        if cloud.reach == Reach::Here {
            all.extend(of_placement(effect));
        }
    } else if cloud.conductor {
        all.extend(of_nova(effect));
    }
    all.extend(alive(cloud).map(|_| Happening::ServerDeleted));
    all
}

/// The live server: a simulation has one server.
fn alive(cloud: &Cloud) -> Option<String> {
    cloud.servers.iter().find(|(_, server)| server.alive).map(|(id, _)| id.clone())
}

fn of_placement(effect: &Effect) -> Vec<Happening> {
    let lasting = [Reach::Away, Reach::Silent, Reach::Busy].map(Happening::Placement);
    if !effect.is_write() {
        let [away, ..] = lasting;
        return vec![Happening::Fate(Fate::Fault(Fault::Outage)), away];
    }
    let once = [
        Fate::Fault(Fault::Outage),
        Fate::Fault(Fault::LostAfterWrite),
        Fate::Fault(Fault::LostBeforeWrite),
        Fate::Fault(Fault::ProviderConflict),
        Fate::Late,
        Fate::Refused,
        Fate::Forbidden,
    ];
    once.map(Happening::Fate).into_iter().chain(lasting).collect()
}

fn of_nova(effect: &Effect) -> Vec<Happening> {
    let mut all: Vec<Happening> = Fate::exceptions(effect).into_iter().map(Happening::Fate).collect();
    all.push(Happening::Fate(Fate::NotDoneAndSilent));
    all.push(Happening::ConductorDies { done: false });
    if does(effect) {
        all.push(Happening::Fate(Fate::DoneAndSilent));
        all.push(Happening::ConductorDies { done: true });
    }
    if matches!(effect, Effect::PrepResize(_) | Effect::LiveMigration(_)) {
        all.push(Happening::Fate(Fate::Late));
    }
    if matches!(effect, Effect::SelectDestinations(_)) {
        all.push(Happening::Placement(Reach::Away));
    }
    all
}

/// Whether the effect changes the cloud.
fn does(effect: &Effect) -> bool {
    matches!(
        effect,
        Effect::CreateMigration(_)
            | Effect::SaveMigration(_)
            | Effect::SelectDestinations(_)
            | Effect::PrepResize(_)
            | Effect::LiveMigration(_)
    )
}
