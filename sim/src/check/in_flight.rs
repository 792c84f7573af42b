//! Requests that are on their way: they arrive at any later moment, also after their task has ended.

use swaparoo_placement::Fault;

use super::State;
use crate::contract::{Effect, Reply};
use crate::{EffectFault, Reach, SimCloud, SimEvent};

/// The exception of a conductor that did not wait long enough for the scheduler.
const TOO_LATE: &str = "MessagingTimeout";

/// What can happen at an effect in this state, the normal answer first. A service that is away comes back at the first
/// pause, or never.
pub fn events(effect: &Effect, state: &State) -> Vec<SimEvent> {
    let cloud = &state.cloud;
    let mut all = SimEvent::of(effect, cloud, true, !state.has_waited);
    // Here, the deletion is an actor, and each request in flight arrives by itself.
    let left_out = |event: &SimEvent| state.left_out.stale_reads && *event == SimEvent::Fault(EffectFault::Stale);
    all.retain(|event| !matches!(event, SimEvent::ServerDeleted | SimEvent::LateArrives) && !left_out(event));
    let placement = effect.is_write() && cloud.reach == Reach::Here;
    let more = [EffectFault::BadGateway, EffectFault::Placement(Fault::ConsumerRaced)].map(SimEvent::Fault);
    all.extend(more.into_iter().filter(|event| placement && !all.contains(event)).collect::<Vec<_>>());
    if state.refused_requests {
        all.extend(refused(effect, cloud).into_iter().map(SimEvent::Fault));
    }
    let late = state.late_scheduler && cloud.conductor && matches!(effect, Effect::SelectDestinations(_));
    all.extend(late.then_some(SimEvent::Fault(EffectFault::Late)));
    all
}

/// What happens at a request only in scenes that ask for it.
fn refused(effect: &Effect, cloud: &SimCloud) -> Vec<EffectFault> {
    use EffectFault::{DoneAndForgotten, Forbidden, ForgottenAndBadGateway, ServerError, Unreachable};
    let reads = matches!(effect, Effect::GetAllocations(_) | Effect::GetProviderTraits(_));
    match effect {
        _ if reads && cloud.reach == Reach::Here => vec![Forbidden, ServerError],
        Effect::FindServer(_) | Effect::FindComputeNode(_) if cloud.conductor => vec![Unreachable],
        _ if effect.is_write() && cloud.reach == Reach::Here => {
            let forgets = EffectFault::server_errors(effect).contains(&DoneAndForgotten);
            forgets.then_some(ForgottenAndBadGateway).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

/// Performs an effect with this event. A cast is answered when it is sent, and arrives later.
pub fn answer(cloud: &mut SimCloud, in_flight: &mut Vec<Effect>, effect: &Effect, event: SimEvent) -> Reply {
    event.before(cloud);
    match sent(cloud, effect, event) {
        Some(at_once) => {
            in_flight.push(effect.clone());
            match at_once {
                Some(event) => event.answer(cloud, effect),
                None => Reply::Done,
            }
        }
        None => event.answer(cloud, effect),
    }
}

/// The request arrives, and its answer does not matter any more. It has left its sender, so an outage does not stop it.
pub fn arrive(cloud: &mut SimCloud, request: &Effect) {
    let (conductor, reach) = (cloud.conductor, cloud.reach);
    (cloud.conductor, cloud.reach) = (true, Reach::Here);
    cloud.answer(request, EffectFault::Answered);
    (cloud.conductor, cloud.reach) = (conductor, reach);
}

/// If the request is in flight after this event: what answers it at once, or nothing if it is the normal answer to a
/// cast.
fn sent(cloud: &SimCloud, effect: &Effect, event: SimEvent) -> Option<Option<SimEvent>> {
    use EffectFault::{Answered, DoneAndRaised, DoneAndSilent, Late, NotDoneAndSilent, Raised};
    let SimEvent::Fault(fault) = event else {
        let dies = is_cast(effect) && event == SimEvent::ConductorDies { done: true };
        return dies.then_some(Some(SimEvent::ConductorDies { done: false }));
    };
    let instead = match (effect, fault) {
        (_, Late) if effect.is_write() => EffectFault::Placement(Fault::LostBeforeWrite),
        (Effect::SelectDestinations(_), Late) => Raised(TOO_LATE),
        _ if !is_cast(effect) || !cloud.conductor => return None,
        (_, Answered) => return Some(None),
        (_, DoneAndRaised(error)) => Raised(error),
        (_, DoneAndSilent | Late) => NotDoneAndSilent,
        _ => return None,
    };
    Some(Some(SimEvent::Fault(instead)))
}

pub fn is_cast(effect: &Effect) -> bool {
    matches!(effect, Effect::PrepResize(_) | Effect::LiveMigration(_))
}
