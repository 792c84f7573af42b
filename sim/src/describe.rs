//! The events of the simulation, as text and as codes.

use swaparoo_placement::Fault;

use crate::{EffectFault, Reach, SimEvent};

/// The event as text.
#[must_use]
pub fn event(event: SimEvent) -> String {
    match event {
        SimEvent::Fault(fault) => of_fault(fault),
        SimEvent::ServerDeleted => "the server is deleted just before".to_owned(),
        SimEvent::ConductorDies { done: true } => "done, and then the conductor dies".to_owned(),
        SimEvent::ConductorDies { done: false } => "the conductor dies before it is done".to_owned(),
        SimEvent::ConductorReturns => "the conductor is back".to_owned(),
        SimEvent::Placement(Reach::Here) => "Placement answers again".to_owned(),
        SimEvent::Placement(Reach::Away) => "Placement refuses connections from here on".to_owned(),
        SimEvent::Placement(Reach::Silent) => "requests to Placement vanish from here on".to_owned(),
        SimEvent::Placement(Reach::ReadOnly) => "every write is answered 504 from here on".to_owned(),
        SimEvent::Placement(Reach::Busy) => "every write is in conflict from here on".to_owned(),
        SimEvent::LateArrives => "a delayed request arrives first".to_owned(),
        SimEvent::AnotherMove => "another caller makes the same move first".to_owned(),
    }
}

fn of_fault(fault: EffectFault) -> String {
    match fault {
        EffectFault::Answered => "answered normally".to_owned(),
        EffectFault::Placement(Fault::LostBeforeWrite) => "lost: not done, and no answer".to_owned(),
        EffectFault::Placement(Fault::LostAfterWrite) => "done, and the answer lost".to_owned(),
        EffectFault::Placement(Fault::ProviderConflict) => "409: another writer keeps changing the provider".to_owned(),
        EffectFault::Placement(Fault::ConsumerRaced) => "409: a consumer changes during the write".to_owned(),
        EffectFault::Placement(Fault::Outage) => "no connection to Placement".to_owned(),
        EffectFault::Refused => "409: it does not fit the inventory".to_owned(),
        EffectFault::Forbidden => "403 from a proxy instead of Placement".to_owned(),
        EffectFault::BadGateway => "done, and 502 from a proxy".to_owned(),
        EffectFault::ServerError => "not done, and Placement answers 500".to_owned(),
        EffectFault::DoneAndServerError => "done, and Placement answers 500".to_owned(),
        EffectFault::DoneAndForgotten => "done, and Placement answers 500 and forgets the new consumer".to_owned(),
        EffectFault::ForgottenAndBadGateway => {
            "done, Placement forgets the new consumer, and 502 from a proxy".to_owned()
        }
        EffectFault::Unreachable => "no connection to nova".to_owned(),
        EffectFault::Late => "no answer; the request arrives later".to_owned(),
        EffectFault::Stale => "answered from before the last commit".to_owned(),
        EffectFault::NotListed => "nova does not list the record".to_owned(),
        EffectFault::Raised(error) => format!("nova raises {error}"),
        EffectFault::DoneAndRaised(error) => format!("done, and nova raises {error}"),
        EffectFault::DoneAndSilent => "done, and the conductor says nothing".to_owned(),
        EffectFault::NotDoneAndSilent => "not done, and the conductor says nothing".to_owned(),
    }
}

impl SimEvent {
    /// A stable name of the event.
    #[must_use]
    pub fn code(self) -> String {
        match self {
            Self::Fault(fault) => code_of(fault),
            Self::ServerDeleted => "server-deleted".to_owned(),
            Self::ConductorDies { done: true } => "conductor-dies-after".to_owned(),
            Self::ConductorDies { done: false } => "conductor-dies-before".to_owned(),
            Self::ConductorReturns => "conductor-returns".to_owned(),
            Self::Placement(Reach::Here) => "placement-here".to_owned(),
            Self::Placement(Reach::Away) => "placement-away".to_owned(),
            Self::Placement(Reach::Silent) => "placement-silent".to_owned(),
            Self::Placement(Reach::ReadOnly) => "placement-read-only".to_owned(),
            Self::Placement(Reach::Busy) => "placement-busy".to_owned(),
            Self::LateArrives => "late-arrives".to_owned(),
            Self::AnotherMove => "another-move".to_owned(),
        }
    }
}

fn code_of(fault: EffectFault) -> String {
    match fault {
        EffectFault::Answered => "answered".to_owned(),
        EffectFault::Placement(Fault::LostBeforeWrite) => "lost-not-done".to_owned(),
        EffectFault::Placement(Fault::LostAfterWrite) => "lost-done".to_owned(),
        EffectFault::Placement(Fault::ProviderConflict) => "provider-conflict".to_owned(),
        EffectFault::Placement(Fault::ConsumerRaced) => "consumer-raced".to_owned(),
        EffectFault::Placement(Fault::Outage) => "no-connection".to_owned(),
        EffectFault::Refused => "refused".to_owned(),
        EffectFault::Forbidden => "forbidden".to_owned(),
        EffectFault::BadGateway => "bad-gateway".to_owned(),
        EffectFault::ServerError => "server-error".to_owned(),
        EffectFault::DoneAndServerError => "done-server-error".to_owned(),
        EffectFault::DoneAndForgotten => "done-forgotten".to_owned(),
        EffectFault::ForgottenAndBadGateway => "forgotten-bad-gateway".to_owned(),
        EffectFault::Unreachable => "unreachable".to_owned(),
        EffectFault::Late => "late".to_owned(),
        EffectFault::Stale => "stale".to_owned(),
        EffectFault::NotListed => "not-listed".to_owned(),
        EffectFault::Raised(error) => format!("raises-{error}"),
        EffectFault::DoneAndRaised(error) => format!("done-raises-{error}"),
        EffectFault::DoneAndSilent => "done-silent".to_owned(),
        EffectFault::NotDoneAndSilent => "not-done-silent".to_owned(),
    }
}
