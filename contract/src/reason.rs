//! The codes of the reasons that the policies of this project give, with the data of each, in one list. A policy of
//! others may have codes of its own: the contract's reason is open.

use serde::Serialize;
use serde_json::Value;

use crate::reason_data::FromJson;
use crate::{ForeignAnswer, Generation, MigrationRecord, NovaError, OfHost, OfMigration, Owner, ProviderId, Reason};
use crate::{Refusal, Silence};

/// An enum of codes: `without` lists those without data, `with` those with data of this type.
macro_rules! built_in_reasons {
    (
        without { $($(#[$plain_doc:meta])* $plain:ident = $plain_code:literal,)* }
        with { $($(#[$doc:meta])* $name:ident($data:ty) = $code:literal,)* }
    ) => {
        /// A reason whose code this project knows.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum BuiltInReason {
            $($(#[$plain_doc])* $plain,)*
            $($(#[$doc])* $name($data),)*
        }

        impl BuiltInReason {
            /// All codes.
            pub const CODES: &'static [&'static str] = &[$($plain_code,)* $($code,)*];

            /// The code in the contract's reason.
            #[must_use]
            pub fn code(&self) -> &'static str {
                match self {
                    $(Self::$plain => $plain_code,)*
                    $(Self::$name(_) => $code,)*
                }
            }

            /// The data in the contract's reason.
            fn data(&self) -> Option<String> {
                match self {
                    $(Self::$plain => None,)*
                    $(Self::$name(data) => serde_json::to_string(data).ok(),)*
                }
            }

            /// The reason with this code and this data, if it is one of these.
            fn of(code: &str, data: Option<&str>) -> Option<Self> {
                let data: Option<Value> = data.map(|data| serde_json::from_slice(data.as_bytes())).transpose().ok()?;
                match (code, &data) {
                    $(($plain_code, None) => Some(Self::$plain),)*
                    $(($code, Some(data)) => <$data>::from_json(data).map(Self::$name),)*
                    _ => None,
                }
            }
        }
    };
}

built_in_reasons! {
    without {
        /// The target is new: read what the source holds. Placement refuses the write if the target holds something.
        ReadSource = "read-source",
        /// The source holds, the target does not, and the target is new: swap.
        TargetIsNew = "target-is-new",
        /// The source holds and the target does not, although it should: ask whether the server exists.
        TargetIsEmpty = "target-is-empty",
        /// The server does not exist any more: do not restore its allocations (bug 1848343).
        ServerIsGone = "server-is-gone",
        /// The server exists: it may get its allocations, whatever Placement knows of it.
        ServerIsPresent = "server-is-present",
        /// nova is deleting the server: restore its allocations, which nova deletes with it.
        ServerIsBeingDeleted = "server-is-being-deleted",
        /// It is not known whether the server exists.
        ServerIsUnknown = "server-is-unknown",
        /// The server may have been deleted while its allocations were restored: ask again.
        CheckAfterRestore = "check-after-restore",
        /// The source is empty and the target holds.
        SourceIsEmpty = "source-is-empty",
        /// Both are empty.
        BothEmpty = "both-empty",
        /// Source and target are the same consumer.
        SameConsumer = "same-consumer",
        /// A consumer seems to hold nothing: a replica of Placement's database may be behind, so read again after a pause.
        ReadAgain = "read-again",
        /// A consumer seems to hold allocations: write them again as read, which Placement refuses if the read was out of
        /// date.
        WriteAsRead = "write-as-read",
        /// A read shows that the lost write was done.
        LostWriteWasDone = "lost-write-was-done",
        /// The task does not name a compute node: ask nova which one the server is on.
        NodeNotNamed = "node-not-named",
        /// nova's `reset_forced_destinations`.
        ResetForcedDestinations = "reset-forced-destinations",
        /// nova's `setup_instance_group`.
        SetupInstanceGroup = "setup-instance-group",
        /// nova's `populate_retry`.
        PopulateRetry = "populate-retry",
        /// nova's `get_requested_resource_for_instance`.
        GetPortRequests = "get-port-requests",
        /// nova's `_restrict_request_spec_to_cell`.
        RestrictRequestSpecToCell = "restrict-request-spec-to-cell",
        /// nova's `_preallocate_migration`.
        PreallocateMigration = "preallocate-migration",
        /// nova's `ensure_project_and_user_id`, `ensure_network_metadata`, `heal_reqspec_is_bfv`.
        HealRequestSpec = "heal-request-spec",
        /// nova's `_schedule`.
        Schedule = "schedule",
        /// nova's `_support_resource_request`.
        SupportResourceRequest = "support-resource-request",
        /// nova's `_get_host_supporting_request`.
        GetHostSupportingRequest = "get-host-supporting-request",
        /// nova's `_reschedule`.
        Reschedule = "reschedule",
        /// nova's `claim_resources`.
        ClaimResources = "claim-resources",
        /// nova's `fill_provider_mapping`.
        FillProviderMapping = "fill-provider-mapping",
        /// nova's `populate_filter_properties`.
        PopulateFilterProperties = "populate-filter-properties",
        /// nova's `prep_resize`.
        PrepResize = "prep-resize",
        /// nova's `rollback`.
        Rollback = "rollback",
        /// nova's `_find_destination`.
        FindDestination = "find-destination",
        /// nova's `claim_resources_on_destination`.
        ClaimResourcesOnDestination = "claim-resources-on-destination",
        /// nova's `live_migration`.
        LiveMigration = "live-migration",
    }
    with {
        /// Read both consumers to decide by what they hold now.
        ReadBoth(Attempt) = "read-both",
        /// Both hold, and the target need not be empty: overwrite it, with its generation enforced.
        TargetHolds(Owner) = "target-holds",
        /// Both hold, although the task says that the target is new: overwrite it, as nova does.
        NewTargetHolds(Owner) = "new-target-holds",
        /// A consumer's generation was not the one that was read: read again and decide again.
        ConsumerConflict(Conflict) = "consumer-conflict",
        /// A provider changed since the read, or a consumer during the write: pause, read again and decide again.
        ProviderConflict(Conflict) = "provider-conflict",
        /// The target is an empty record, which GET does not show: take it over at its generation.
        OrphanTarget(OrphanRecord) = "orphan-target",
        /// A write got no answer: read again.
        WriteWasLost(Attempt) = "write-was-lost",
        /// The attempts are used up.
        AttemptsUsedUp(Attempt) = "attempts-used-up",
        /// The server holds something of its compute node: swap.
        NodeIsHeld(Node) = "node-is-held",
        /// The server holds nothing of it.
        NodeNotHeld(Node) = "node-not-held",
        /// Placement refused, and a retry does not help.
        NotRetried(Refusal) = "not-retried",
        /// The transport got no answer.
        NoAnswer(Silence) = "no-answer",
        /// Placement answered a write with 5xx: it may have been done.
        ServerError(Refusal) = "server-error",
        /// The answer did not come from Placement.
        NotPlacement(ForeignAnswer) = "not-placement",
        /// A record of the same server and type exists already and is used.
        MigrationReused(OfMigration) = "migration-reused",
        /// A host's compute service is too old for the ports' requests, or the RPC API is pinned.
        HostTooOld(OfHost) = "host-too-old",
        /// The claim on this host failed: use the next one.
        HostNotClaimed(OfHost) = "host-not-claimed",
        /// The host has no allocation request: use it without a claim.
        HostNotClaimable(OfHost) = "host-not-claimable",
        /// The destination failed a check: use the next one.
        DestinationUnfit(NovaError) = "destination-unfit",
        /// Roll the migration back because of this error.
        RollingBack(NovaError) = "rolling-back",
        /// The status could not be saved. The rollback continues.
        StatusNotSaved(NovaError) = "status-not-saved",
        /// The rollback has not succeeded yet: wait and try again.
        RollbackWaits(Attempt) = "rollback-waits",
        /// It is not known whether the cast was sent: read the migration record.
        CastUnanswered(Attempt) = "cast-unanswered",
        /// A compute service has begun: nova shows this status.
        ComputeHasBegun(MigrationRecord) = "compute-has-begun",
        /// The migration has ended: nova shows this status.
        MigrationHasEnded(MigrationRecord) = "migration-has-ended",
    }
}

/// An empty consumer record, before it is taken over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct OrphanRecord {
    /// The generation of the target in the next write.
    pub generation: Generation,
}

/// The server's compute node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Node {
    /// The UUID of its root provider.
    pub node: ProviderId,
}

/// A round of reads and one write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Attempt {
    /// The number of this round, from 1.
    pub number: u32,
    /// The maximum number of rounds.
    pub of: u32,
}

/// A write that failed because another writer was faster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Conflict {
    /// The round that ended with the conflict.
    pub attempt: Attempt,
    /// Placement's refusal.
    pub refusal: Refusal,
}

impl From<BuiltInReason> for Reason {
    fn from(reason: BuiltInReason) -> Self {
        Self { code: reason.code().into(), data: reason.data() }
    }
}

impl Reason {
    /// A reason of a policy's own, with its text for people.
    #[must_use]
    pub fn with_text(code: &str, text: &str) -> Self {
        #[derive(Serialize)]
        struct Text<'a> {
            text: &'a str,
        }
        Self { code: code.into(), data: serde_json::to_string(&Text { text }).ok() }
    }

    /// The same reason, if this project knows its code and the data is of the code's type.
    #[must_use]
    pub fn built_in(&self) -> Option<BuiltInReason> {
        BuiltInReason::of(&self.code, self.data.as_deref())
    }
}
