//! What can happen to one effect.

use swaparoo_placement::Fault;

use crate::contract::Effect;

/// What an effect meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is answered.
    Answered,
    /// Placement's: its model answers with this fault, or does not.
    Fault(Fault),
    /// Placement's: it refuses a write for good.
    Refused,
    /// Placement's: a proxy answers in its place, and does not pass the request on.
    Forbidden,
    /// A write of Placement's or a cast: no answer comes, and it arrives later ([`super::Cloud::deliver_late`]).
    Late,
    /// nova's: it raises this exception.
    Raised(&'static str),
    /// nova's: it is done all the same, and the exception is about the answer.
    DoneAndRaised(&'static str),
    /// nova's: it is done, and no answer comes.
    DoneAndSilent,
    /// nova's: it is not done, and no answer comes.
    NotDoneAndSilent,
}

impl Fate {
    /// The exceptions that nova may raise where it carries out or answers `effect`.
    #[must_use]
    pub fn exceptions(effect: &Effect) -> Vec<Self> {
        use Fate::{DoneAndRaised, Raised};
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
