//! A write of allocations in its two halves: Placement checks the generations of the consumers, and then writes. Between
//! them others may write.

use super::State;
use super::footprint::Footprint;
use crate::contract::Effect;
use crate::{EffectFault, Reach, SimEvent};
use swaparoo_placement::Fault;

/// What can happen at the second half: it is answered, or its answer is lost.
pub const SECOND_HALF: [SimEvent; 2] =
    [SimEvent::ANSWERED, SimEvent::Fault(EffectFault::Placement(Fault::LostAfterWrite))];

/// Whether it makes a difference that the write has two halves: another client may write to
/// the same consumers between them.
pub fn is_possible(state: &State, effect: &Effect) -> bool {
    let writes = effect.is_write() && effect.answered_by().is_none();
    let mut others = state.actors.iter().map(|actor| actor.footprint(&state.cloud));
    let touched = Footprint::of(effect);
    state.writes_in_halves
        && writes
        && state.cloud.reach == Reach::Here
        && (others.any(|other| other.meets(touched))
            || state.in_flight.iter().any(|request| Footprint::of(request).meets(touched)))
}
