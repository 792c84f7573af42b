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
    /// Placement cannot be reached.
    Outage,
    /// A write is done, and its answer is lost.
    DoneAndLost,
    /// A write is not done, and there is no answer.
    NotDoneAndLost,
    /// A write is delayed without an answer, and arrives before the task's next write or after the task's end.
    LostAndLate,
    /// A proxy answers 502 for a write that was done.
    ForeignAndDone,
    /// A proxy answers 403.
    Forbidden,
    /// Placement refuses the write permanently.
    Refused,
    /// 409 for a provider.
    ProviderConflict,
    /// 409 for a consumer at write time.
    ConsumerRaced,
    /// Another client does this first; then the request is answered.
    After(Event),
}

impl Fate {
    /// Whether it counts towards the limit of rare faults and events.
    pub fn is_rare(self) -> bool {
        matches!(self, Self::After(_) | Self::LostAndLate | Self::ForeignAndDone | Self::ConsumerRaced)
    }
}

/// Changes by other clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// Writes the source again unchanged; only its generation increases.
    SourceTouched,
    /// Deletes the source's allocations.
    SourceDeleted,
    /// The scheduler claims something on the other node for the target, in addition to its allocations.
    TargetClaims,
    /// Deletes the target's allocations, as an operator may do.
    TargetEmptied,
    /// Creates an empty consumer record for the target, as a refused claim does.
    TargetOrphaned,
    /// Deletes the server: nova does not have it any more, and drops its allocations.
    ServerDeleted,
}

/// All fates that `effect` can meet here.
pub fn of(effect: &Effect, world: &World, scene: &Scene) -> Vec<Fate> {
    use Fate::{
        After, Answered, ConsumerRaced, DoneAndLost, Forbidden, ForeignAndDone, LostAndLate, NotDoneAndLost, Outage,
        ProviderConflict, Refused,
    };
    let mut fates = match effect {
        // Every failure of a read ends the task, so one kind of failure for each of the two reads is enough.
        Effect::GetAllocations(get) if get.consumer == scene.source() => vec![Answered, Outage],
        Effect::GetAllocations(_) => vec![Answered, Forbidden],
        Effect::FindServer(_) | Effect::FindComputeNode(_) => vec![Answered, Outage],
        Effect::PostAllocations(_) | Effect::DeleteAllocations(_) => {
            vec![Answered, Outage, DoneAndLost, NotDoneAndLost, Forbidden, Refused, ProviderConflict]
        }
        // Rules of a move request nothing else.
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
