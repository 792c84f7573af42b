//! The fate of one effect: answered, or failed in one of several ways.

use swaparoo_placement::Fault;

use crate::contract::{Effect, NewHolding};

/// What happens to an effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EffectFault {
    /// It is done and answered.
    Answered,
    /// Effects to Placement: the model applies this fault.
    Placement(Fault),
    /// Effects to Placement: a write is refused, and a retry would not help.
    Refused,
    /// Effects to Placement: a proxy answers and does not forward the request.
    Forbidden,
    /// Effects to Placement: it is done, and a proxy answers 502.
    BadGateway,
    /// A write to Placement: it is not done, and Placement answers 500 in its own form.
    ServerError,
    /// A write to Placement: it is done, and Placement answers 500 in its own form, as after a commit whose answer was
    /// lost.
    DoneAndServerError,
    /// The same, and Placement has deleted the records of the consumers that this write created: the allocations are
    /// committed, but no read shows them.
    DoneAndForgotten,
    /// The same, and a proxy answers 502 instead of Placement.
    ForgottenAndBadGateway,
    /// Questions that nova's API answers: it cannot be reached.
    Unreachable,
    /// A write to Placement or a cast: it is not answered and arrives later ([`super::SimCloud::deliver_late`]).
    Late,
    /// A read of Placement: a replica of its database answers, which has not applied the last commit yet. During a pause
    /// it catches up.
    Stale,
    /// A question about a migration record: nova leaves the record out of its list, as when a cell does not answer.
    NotListed,
    /// Effects to nova: nova raises this exception.
    Raised(&'static str),
    /// Effects to nova: it is done, and nova raises this exception afterwards.
    DoneAndRaised(&'static str),
    /// Effects to nova: it is done, but not answered.
    DoneAndSilent,
    /// Effects to nova: it is neither done nor answered.
    NotDoneAndSilent,
}

impl EffectFault {
    /// The ways in which Placement may answer the write with 500.
    #[must_use]
    pub fn server_errors(write: &Effect) -> Vec<Self> {
        let is_new = |new: &NewHolding| new.generation.is_none() && !new.allocations.is_empty();
        let creates = match write {
            Effect::PostAllocations(post) => post.consumers.iter().any(is_new),
            Effect::PutAllocations(put) => is_new(&put.holding),
            _ => false,
        };
        let mut all = vec![Self::ServerError, Self::DoneAndServerError];
        all.extend(creates.then_some(Self::DoneAndForgotten));
        all
    }

    /// The exceptions that nova may raise for `effect`.
    #[must_use]
    pub fn exceptions(effect: &Effect) -> Vec<Self> {
        use EffectFault::{DoneAndRaised, Raised};
        if !effect.nova_may_raise() {
            return Vec::new();
        }
        match effect {
            Effect::SetupInstanceGroup(_) => vec![Raised("UnsupportedPolicyException")],
            Effect::GetPortRequests(_) => vec![Raised("ConnectionFailed")],
            Effect::FindCell(_) => vec![Raised("InstanceMappingNotFound")],
            Effect::CreateMigration(_) | Effect::SaveMigration(_) => {
                vec![Raised("DBConnectionError"), DoneAndRaised("DBConnectionError")]
            }
            Effect::SelectDestinations(_) => {
                vec![Raised("NoValidHost"), Raised("MessagingTimeout"), DoneAndRaised("MessagingTimeout")]
            }
            Effect::PrepResize(_) | Effect::LiveMigration(_) => vec![
                Raised("RPCVersionCapError"),
                Raised("MessageDeliveryFailure"),
                DoneAndRaised("MessageDeliveryFailure"),
            ],
            Effect::CheckNuma(_) | Effect::CheckDestination(_) => vec![Raised("MigrationPreCheckError")],
            Effect::CheckServiceUp(_) => vec![Raised("ComputeServiceUnavailable")],
            _ => vec![Raised("DBConnectionError")],
        }
    }
}
