//! What can happen to one request of a move.

use swaparoo_placement::Fault;

use super::{PathWorld, RARE};
use crate::contract::Effect;
use crate::fixture::SERVER;
use crate::{EffectFault, Party, SimEvent, TaskEvent};

/// All events that are possible here, the normal answer first. The plain failures of a request are always possible; the
/// others at most [`RARE`] times on a path: changes by other clients, and results that the rules handle like a plain one
/// (a late arrival, a proxy's page, an internal error of Placement, a consumer that was changed at the same time).
/// Without this limit a path has 2^30 variants.
pub fn of(effect: &Effect, world: &PathWorld<'_>) -> Vec<TaskEvent> {
    let mut all: Vec<TaskEvent> = plain(effect, world).iter().copied().map(fault).collect();
    if world.rare < RARE {
        if effect.is_write() {
            let rare = [EffectFault::Late, EffectFault::BadGateway, EffectFault::Placement(Fault::ConsumerRaced)];
            all.extend(rare.into_iter().chain(EffectFault::server_errors(effect)).map(fault));
        }
        if let Effect::GetAllocations(get) = effect
            && world.cloud.may_be_stale(&get.consumer)
        {
            all.push(fault(EffectFault::Stale));
        }
        all.extend(by_others(effect, world));
    }
    all
}

fn plain(effect: &Effect, world: &PathWorld<'_>) -> &'static [EffectFault] {
    use EffectFault::{Answered, Forbidden, Placement, Refused, Unreachable};
    match effect {
        // Every failure of a read ends the task, so one kind of failure for each of the two reads is enough.
        Effect::GetAllocations(get) if get.consumer == world.start.source() => &[Answered, Placement(Fault::Outage)],
        Effect::GetAllocations(_) => &[Answered, Forbidden],
        Effect::FindServer(_) | Effect::FindComputeNode(_) => &[Answered, Unreachable],
        effect if effect.is_write() => &[
            Answered,
            Placement(Fault::Outage),
            Placement(Fault::LostAfterWrite),
            Placement(Fault::LostBeforeWrite),
            Forbidden,
            Refused,
            Placement(Fault::ProviderConflict),
        ],
        // Rules of a move request nothing else.
        _ => &[Answered],
    }
}

fn by_others(effect: &Effect, world: &PathWorld<'_>) -> Vec<TaskEvent> {
    let (source, target, server) = (world.start.source(), world.start.target(), world.server_exists());
    let mut events = Vec::new();
    if effect.is_write() {
        if world.holds(source) {
            events.extend([TaskEvent::Touched(Party::Source), TaskEvent::Emptied(Party::Source)]);
        }
        if source != target {
            events.push(TaskEvent::Claimed(Party::Target));
        }
        if world.holds(target) {
            events.push(TaskEvent::Emptied(Party::Target));
        } else if !world.cloud.placement.consumers().contains_key(target) {
            events.push(TaskEvent::Orphaned(Party::Target));
        }
        events.extend((server && target == SERVER).then_some(TaskEvent::Cloud(SimEvent::ServerDeleted)));
    } else if matches!(effect, Effect::FindServer(_)) {
        events.extend(server.then_some(TaskEvent::Cloud(SimEvent::ServerDeleted)));
    }
    events
}

fn fault(fault: EffectFault) -> TaskEvent {
    TaskEvent::Cloud(SimEvent::Fault(fault))
}
