//! The events of a rehearsal, as text and as codes.

use swaparoo_placement::Fault;

use crate::{Fate, Happening, Reach};

/// The event as text.
#[must_use]
pub fn happening(happening: Happening) -> String {
    match happening {
        Happening::Fate(fate) => of_fate(fate),
        Happening::ServerDeleted => "the server is deleted just before".to_owned(),
        Happening::ConductorDies { done: true } => "done, and then the conductor dies".to_owned(),
        Happening::ConductorDies { done: false } => "the conductor dies before it is done".to_owned(),
        Happening::ConductorReturns => "the conductor is back".to_owned(),
        Happening::Placement(Reach::Here) => "Placement answers again".to_owned(),
        Happening::Placement(Reach::Away) => "Placement refuses connections from here on".to_owned(),
        Happening::Placement(Reach::Silent) => "requests to Placement vanish from here on".to_owned(),
        Happening::Placement(Reach::Busy) => "every write is in conflict from here on".to_owned(),
        Happening::LateArrives => "a delayed request arrives first".to_owned(),
        Happening::AnotherMove => "another caller makes the same move first".to_owned(),
    }
}

fn of_fate(fate: Fate) -> String {
    match fate {
        Fate::Answered => "answered normally".to_owned(),
        Fate::Fault(Fault::LostBeforeWrite) => "lost: not done, and no answer".to_owned(),
        Fate::Fault(Fault::LostAfterWrite) => "done, and the answer lost".to_owned(),
        Fate::Fault(Fault::ProviderConflict) => "409: another writer keeps changing the provider".to_owned(),
        Fate::Fault(Fault::ConsumerRaced) => "409: a consumer changes during the write".to_owned(),
        Fate::Fault(Fault::Outage) => "no connection to Placement".to_owned(),
        Fate::Refused => "409: it does not fit the inventory".to_owned(),
        Fate::Forbidden => "403 from a proxy instead of Placement".to_owned(),
        Fate::Late => "no answer; the request arrives later".to_owned(),
        Fate::Raised(error) => format!("nova raises {error}"),
        Fate::DoneAndRaised(error) => format!("done, and nova raises {error}"),
        Fate::DoneAndSilent => "done, and the conductor says nothing".to_owned(),
        Fate::NotDoneAndSilent => "not done, and the conductor says nothing".to_owned(),
    }
}

impl Happening {
    /// A stable name of the event.
    #[must_use]
    pub fn code(self) -> String {
        match self {
            Self::Fate(fate) => code_of(fate),
            Self::ServerDeleted => "server-deleted".to_owned(),
            Self::ConductorDies { done: true } => "conductor-dies-after".to_owned(),
            Self::ConductorDies { done: false } => "conductor-dies-before".to_owned(),
            Self::ConductorReturns => "conductor-returns".to_owned(),
            Self::Placement(Reach::Here) => "placement-here".to_owned(),
            Self::Placement(Reach::Away) => "placement-away".to_owned(),
            Self::Placement(Reach::Silent) => "placement-silent".to_owned(),
            Self::Placement(Reach::Busy) => "placement-busy".to_owned(),
            Self::LateArrives => "late-arrives".to_owned(),
            Self::AnotherMove => "another-move".to_owned(),
        }
    }
}

fn code_of(fate: Fate) -> String {
    match fate {
        Fate::Answered => "answered".to_owned(),
        Fate::Fault(Fault::LostBeforeWrite) => "lost-not-done".to_owned(),
        Fate::Fault(Fault::LostAfterWrite) => "lost-done".to_owned(),
        Fate::Fault(Fault::ProviderConflict) => "provider-conflict".to_owned(),
        Fate::Fault(Fault::ConsumerRaced) => "consumer-raced".to_owned(),
        Fate::Fault(Fault::Outage) => "no-connection".to_owned(),
        Fate::Refused => "refused".to_owned(),
        Fate::Forbidden => "forbidden".to_owned(),
        Fate::Late => "late".to_owned(),
        Fate::Raised(error) => format!("raises-{error}"),
        Fate::DoneAndRaised(error) => format!("done-raises-{error}"),
        Fate::DoneAndSilent => "done-silent".to_owned(),
        Fate::NotDoneAndSilent => "not-done-silent".to_owned(),
    }
}
