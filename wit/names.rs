//! What is said of the contract's values in the same words by each crate that makes types of them: whose they are, and
//! what they are called. Each includes this file, since an `impl` belongs to the crate of its type.

use super::{Effect, Failure, Outcome, Reason, Reply, RevertTask, Task, TaskKind};

impl Task {
    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> TaskKind {
        match self {
            Self::Move(_) => TaskKind::Move,
            Self::Replace(_) => TaskKind::Replace,
            Self::Revert(_) => TaskKind::Revert,
            Self::Migrate(_) => TaskKind::Migrate,
            Self::LiveMigrate(_) => TaskKind::LiveMigrate,
            Self::Confirm(_) => TaskKind::Confirm,
            Self::RevertResize(_) => TaskKind::RevertResize,
            Self::Abort(_) => TaskKind::Abort,
            Self::Release(_) => TaskKind::Release,
        }
    }

    /// The consumers that it names, by the part that each plays; who gives comes first.
    #[must_use]
    pub fn parties(&self) -> Vec<(&'static str, &str)> {
        match self {
            Self::Move(task) => vec![("source", &task.source), ("target", &task.target)],
            Self::Replace(task) => vec![("server", &task.server), ("migration", &task.migration)],
            Self::Migrate(task) => vec![("server", &task.server)],
            Self::LiveMigrate(task) => vec![("server", &task.server), ("migration", &task.migration)],
            Self::Revert(RevertTask { server, migration }) => vec![("migration", migration), ("server", server)],
            Self::Confirm(task) | Self::RevertResize(task) | Self::Abort(task) => {
                vec![("migration", &task.migration), ("server", &task.server)]
            }
            Self::Release(task) if task.consumer == task.server => vec![("server", &task.server)],
            Self::Release(task) => vec![("migration", &task.consumer), ("server", &task.server)],
        }
    }
}

impl TaskKind {
    /// All of them, in the contract's order.
    pub const ALL: [Self; 9] = [
        Self::Move,
        Self::Replace,
        Self::Revert,
        Self::Migrate,
        Self::LiveMigrate,
        Self::Confirm,
        Self::RevertResize,
        Self::Abort,
        Self::Release,
    ];

    /// Its name in the contract.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Move => "move",
            Self::Replace => "replace",
            Self::Revert => "revert",
            Self::Migrate => "migrate",
            Self::LiveMigrate => "live-migrate",
            Self::Confirm => "confirm",
            Self::RevertResize => "revert-resize",
            Self::Abort => "abort",
            Self::Release => "release",
        }
    }
}

impl Effect {
    /// Its name in the contract.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::GetAllocations(_) => "get-allocations",
            Self::PostAllocations(_) => "post-allocations",
            Self::DeleteAllocations(_) => "delete-allocations",
            Self::FindServer(_) => "find-server",
            Self::FindComputeNode(_) => "find-compute-node",
            Self::Pause(_) => "pause",
            Self::PutAllocations(_) => "put-allocations",
            Self::GetProviderTraits(_) => "get-provider-traits",
            Self::SetupInstanceGroup(_) => "setup-instance-group",
            Self::GetPortRequests(_) => "get-port-requests",
            Self::FindCell(_) => "find-cell",
            Self::FindMigration(_) => "find-migration",
            Self::GetMigration(_) => "get-migration",
            Self::CreateMigration(_) => "create-migration",
            Self::SaveMigration(_) => "save-migration",
            Self::EnsureProjectAndUser(_) => "ensure-project-and-user",
            Self::EnsureNetworkMetadata(_) => "ensure-network-metadata",
            Self::HealIsBfv(_) => "heal-is-bfv",
            Self::SelectDestinations(_) => "select-destinations",
            Self::FindService(_) => "find-service",
            Self::GetComputeRpcVersion => "get-compute-rpc-version",
            Self::GetAvailabilityZone(_) => "get-availability-zone",
            Self::PrepResize(_) => "prep-resize",
            Self::LiveMigration(_) => "live-migration",
            Self::CheckNuma(_) => "check-numa",
            Self::CheckServiceUp(_) => "check-service-up",
            Self::FindHostNode(_) => "find-host-node",
            Self::CheckDestination(_) => "check-destination",
        }
    }

    /// The kind of reply by which nova, or whoever asked for the task, answers it; none when that is Placement, or the
    /// host itself. nova may raise an exception instead, save where the rules ask for a mere fact (`nova_may_raise`).
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

impl Reply {
    /// Its name in the contract.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Holding(_) => "holding",
            Self::Written => "written",
            Self::Refused(_) => "refused",
            Self::Foreign(_) => "foreign",
            Self::Lost(_) => "lost",
            Self::Unreachable(_) => "unreachable",
            Self::Server(_) => "server",
            Self::ComputeNode(_) => "compute-node",
            Self::Paused(_) => "paused",
            Self::Done => "done",
            Self::NovaError(_) => "nova-error",
            Self::Abandoned(_) => "abandoned",
            Self::Traits(_) => "traits",
            Self::PortRequests(_) => "port-requests",
            Self::Cell(_) => "cell",
            Self::Migration(_) => "migration",
            Self::ProjectAndUser(_) => "project-and-user",
            Self::Selections(_) => "selections",
            Self::Service(_) => "service",
            Self::RpcVersion(_) => "rpc-version",
            Self::AvailabilityZone(_) => "availability-zone",
        }
    }
}

impl Outcome {
    /// Its name in the contract.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Moved(_) => "moved",
            Self::AlreadyMoved(_) => "already-moved",
            Self::SourceDeleted(_) => "source-deleted",
            Self::TargetDeleted(_) => "target-deleted",
            Self::NothingToMove => "nothing-to-move",
            Self::NotHeld(_) => "not-held",
            Self::Started(_) => "started",
            Self::Released(_) => "released",
            Self::NothingHeld(_) => "nothing-held",
            Self::Aborted(_) => "aborted",
        }
    }
}

impl Failure {
    /// Its name in the contract.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::AllocationMoveFailed(_) => "allocation-move-failed",
            Self::AllocationDeleteFailed(_) => "allocation-delete-failed",
            Self::AllocationRetrievalFailed(_) => "allocation-retrieval-failed",
            Self::OutOfRetries(_) => "out-of-retries",
            Self::Refused(_) => "refused",
            Self::MalformedAnswer(_) => "malformed-answer",
            Self::KeyError(_) => "key-error",
            Self::Unreachable(_) => "unreachable",
            Self::Undecided(_) => "undecided",
            Self::Unsettled(_) => "unsettled",
            Self::Leaked(_) => "leaked",
            Self::OrphanInTheWay(_) => "orphan-in-the-way",
            Self::ComputeHostNotFound(_) => "compute-host-not-found",
            Self::UnsupportedTask(_) => "unsupported-task",
            Self::NoValidHost(_) => "no-valid-host",
            Self::MaxRetriesExceeded(_) => "max-retries-exceeded",
            Self::NovaFailed(_) => "nova-failed",
            Self::Abandoned(_) => "abandoned",
            Self::NotRolledBack(_) => "not-rolled-back",
            Self::CastUnsettled(_) => "cast-unsettled",
            Self::StillInUse(_) => "still-in-use",
            Self::Diverged(_) => "diverged",
        }
    }
}

impl Reason {
    /// Its name in the contract.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::ReadBoth(_) => "read-both",
            Self::TargetIsNew => "target-is-new",
            Self::TargetHolds(_) => "target-holds",
            Self::NewTargetHolds(_) => "new-target-holds",
            Self::TargetIsEmpty => "target-is-empty",
            Self::ServerIsGone => "server-is-gone",
            Self::ServerIsPresent => "server-is-present",
            Self::ServerIsUnknown => "server-is-unknown",
            Self::CheckAfterRestore => "check-after-restore",
            Self::PlacementForgotTarget => "placement-forgot-target",
            Self::RecreateTarget => "recreate-target",
            Self::SourceIsEmpty => "source-is-empty",
            Self::BothEmpty => "both-empty",
            Self::SameConsumer => "same-consumer",
            Self::ConsumerConflict(_) => "consumer-conflict",
            Self::ProviderConflict(_) => "provider-conflict",
            Self::OrphanTarget(_) => "orphan-target",
            Self::WriteWasLost(_) => "write-was-lost",
            Self::LostWriteWasDone => "lost-write-was-done",
            Self::AttemptsUsedUp(_) => "attempts-used-up",
            Self::NodeNotNamed => "node-not-named",
            Self::NodeIsHeld(_) => "node-is-held",
            Self::NodeNotHeld(_) => "node-not-held",
            Self::NotRetried(_) => "not-retried",
            Self::NoAnswer(_) => "no-answer",
            Self::NotPlacement(_) => "not-placement",
            Self::ByRule(_) => "by-rule",
            Self::MigrationReused(_) => "migration-reused",
            Self::HostTooOld(_) => "host-too-old",
            Self::HostNotClaimed(_) => "host-not-claimed",
            Self::HostNotClaimable(_) => "host-not-claimable",
            Self::DestinationUnfit(_) => "destination-unfit",
            Self::RollingBack(_) => "rolling-back",
            Self::StatusNotSaved(_) => "status-not-saved",
            Self::RollbackWaits(_) => "rollback-waits",
            Self::CastUnanswered(_) => "cast-unanswered",
            Self::ComputeHasBegun(_) => "compute-has-begun",
            Self::MigrationHasEnded(_) => "migration-has-ended",
        }
    }
}
