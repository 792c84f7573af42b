//! What can happen to one request.

use swaparoo::contract::Effect;

use super::EVENTS;
use super::scene::{SERVER, Scene};
use super::world::World;

/// What happens to a request, or just before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is answered.
    Answered,
    /// Nobody is there.
    Outage,
    /// A write is done and its answer lost.
    DoneAndLost,
    /// A write is not done, and no answer says so.
    NotDoneAndLost,
    /// A write is lost on its way and arrives later, before the task's next write or after its end.
    LostAndLate,
    /// A proxy answers 502 for a write that was done.
    ForeignAndDone,
    /// A proxy answers 403.
    Forbidden,
    /// Placement refuses for good.
    Refused,
    /// 409 for a provider.
    ProviderConflict,
    /// 409 for a consumer at write time.
    ConsumerRaced,
    /// Somebody does this first, and it is answered.
    After(Event),
}

impl Fate {
    /// Whether it counts against the bound on rare things.
    pub fn is_rare(self) -> bool {
        matches!(self, Self::After(_) | Self::LostAndLate | Self::ForeignAndDone | Self::ConsumerRaced)
    }
}

/// What others do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// Writes the source again as it is: only its generation goes up.
    SourceTouched,
    /// Deletes what the source holds.
    SourceDeleted,
    /// The scheduler claims something of the other node for the target, beside what it holds.
    TargetClaims,
    /// Deletes what the target holds, as an operator may.
    TargetEmptied,
    /// Makes the target an empty record, as a refused claim does.
    TargetOrphaned,
    /// Deletes the server: nova has it no more, and drops what it holds.
    ServerDeleted,
}

/// All fates that `effect` can meet here.
pub fn of(effect: &Effect, world: &World, scene: &Scene) -> Vec<Fate> {
    use Fate::{
        After, Answered, ConsumerRaced, DoneAndLost, Forbidden, ForeignAndDone, LostAndLate, NotDoneAndLost, Outage,
        ProviderConflict, Refused,
    };
    let mut fates = match effect {
        // Any end of a read but an answer ends the rules' work; one kind for each of the two readers tells them apart.
        Effect::GetAllocations(get) if get.consumer == scene.source() => vec![Answered, Outage],
        Effect::GetAllocations(_) => vec![Answered, Forbidden],
        Effect::FindServer(_) | Effect::FindComputeNode(_) => vec![Answered, Outage],
        Effect::PostAllocations(_) | Effect::DeleteAllocations(_) => {
            vec![Answered, Outage, DoneAndLost, NotDoneAndLost, Forbidden, Refused, ProviderConflict]
        }
        // Rules of a move ask for nothing else.
        _ => vec![Answered],
    };
    if world.events < EVENTS {
        if matches!(effect, Effect::PostAllocations(_) | Effect::DeleteAllocations(_)) {
            fates.extend([LostAndLate, ForeignAndDone, ConsumerRaced]);
        }
        fates.extend(events(effect, world, scene).into_iter().map(After));
    }
    fates
}

fn events(effect: &Effect, world: &World, scene: &Scene) -> Vec<Event> {
    use Event::{ServerDeleted, SourceDeleted, SourceTouched, TargetClaims, TargetEmptied, TargetOrphaned};
    let mut events = Vec::new();
    match effect {
        Effect::PostAllocations(_) | Effect::DeleteAllocations(_) => {
            if world.holds(scene.source()) {
                events.extend([SourceTouched, SourceDeleted]);
            }
            if scene.source() != scene.target() {
                events.push(TargetClaims);
            }
            if world.holds(scene.target()) {
                events.push(TargetEmptied);
            } else if !world.placement.consumers().contains_key(scene.target()) {
                events.push(TargetOrphaned);
            }
            if world.server && scene.target() == SERVER {
                events.push(ServerDeleted);
            }
        }
        Effect::FindServer(_) if world.server => events.push(ServerDeleted),
        _ => {}
    }
    events
}
