//! Properties of an effect that do not depend on its reply.

use crate::Effect;

impl Effect {
    /// The kind of reply with which nova or the caller of the task answers it; `None` if Placement answers, or the
    /// host itself. nova may raise an exception instead, except if the rules only ask for a fact (`nova_may_raise`).
    #[must_use]
    pub fn answered_by(&self) -> Option<&'static str> {
        match self {
            Self::GetAllocations(_)
            | Self::PostAllocations(_)
            | Self::DeleteAllocations(_)
            | Self::PutAllocations(_)
            | Self::GetProviderTraits(_)
            | Self::Pause(_) => None,
            Self::FindServer(_) => Some("server"),
            Self::FindComputeNode(_) | Self::FindHostNode(_) => Some("compute-node"),
            Self::GetPortRequests(_) => Some("port-requests"),
            Self::FindCell(_) => Some("cell"),
            Self::FindMigration(_) | Self::GetMigration(_) | Self::CreateMigration(_) => Some("migration"),
            Self::EnsureProjectAndUser(_) => Some("project-and-user"),
            Self::SelectDestinations(_) => Some("selections"),
            Self::FindService(_) => Some("service"),
            Self::GetComputeRpcVersion => Some("rpc-version"),
            Self::GetAvailabilityZone(_) => Some("availability-zone"),
            Self::SetupInstanceGroup(_)
            | Self::SaveMigration(_)
            | Self::EnsureNetworkMetadata(_)
            | Self::HealIsBfv(_)
            | Self::PrepResize(_)
            | Self::LiveMigration(_)
            | Self::CheckNuma(_)
            | Self::CheckServiceUp(_)
            | Self::CheckDestination(_) => Some("done"),
        }
    }

    /// The names of all replies that may answer it; the answer without an error comes first.
    #[must_use]
    pub fn replies(&self) -> Vec<&'static str> {
        match (self, self.answered_by()) {
            (Self::Pause(_), _) => vec!["paused"],
            (_, Some(answer)) if self.nova_may_raise() => vec![answer, "nova-error", "abandoned", "unreachable"],
            (_, Some(answer)) => vec![answer, "abandoned", "unreachable"],
            (Self::GetProviderTraits(_), None) => vec!["traits", "refused", "foreign", "unreachable"],
            (_, None) if self.is_write() => vec!["written", "refused", "foreign", "lost", "unreachable"],
            (_, None) => vec!["holding", "refused", "foreign", "unreachable"],
        }
    }

    /// Whether `nova-error` answers it.
    #[must_use]
    pub fn nova_may_raise(&self) -> bool {
        self.answered_by().is_some() && !matches!(self, Self::FindServer(_) | Self::FindComputeNode(_))
    }

    /// Whether Placement may be another after it.
    #[must_use]
    pub fn is_write(&self) -> bool {
        matches!(self, Self::PostAllocations(_) | Self::DeleteAllocations(_) | Self::PutAllocations(_))
    }
}
