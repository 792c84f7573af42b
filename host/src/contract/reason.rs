//! Reasons: which rule spoke, with what it saw.

use serde::{Deserialize, Serialize};

use super::{
    ComponentType, ForeignAnswer, Generation, Lift, Lower, MigrationRecord, NovaError, OfHost, OfMigration, Owner,
    ProviderId, Refusal, Silence,
};

/// Which rule led to this step, with what it saw. Data; the host's text for people is made from it elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize)]
#[component(variant)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Reason {
    /// Reads both consumers to decide by what they hold now.
    #[component(name = "read-both")]
    ReadBoth(Attempt),
    /// Source holds, target does not, and the target is new: swap.
    #[component(name = "target-is-new")]
    TargetIsNew,
    /// Both hold and the target is not expected to be empty: write over it, its generation enforced.
    #[component(name = "target-holds")]
    TargetHolds(Owner),
    /// Both hold although the target was said to be new: written over, as nova does.
    #[component(name = "new-target-holds")]
    NewTargetHolds(Owner),
    /// Source holds, target does not, and it should: ask whether the server exists.
    #[component(name = "target-is-empty")]
    TargetIsEmpty,
    /// The server is gone: its allocations must not come back (bug 1848343).
    #[component(name = "server-is-gone")]
    ServerIsGone,
    /// The server is alive: it gets its allocations back, though Placement has forgotten it.
    #[component(name = "server-is-present")]
    ServerIsPresent,
    /// Nobody could tell.
    #[component(name = "server-is-unknown")]
    ServerIsUnknown,
    /// The server may have been deleted while its allocations were restored: ask again.
    #[component(name = "check-after-restore")]
    CheckAfterRestore,
    /// The rule of the seed: Placement does not know the target, so the source's allocations are deleted.
    #[component(name = "placement-forgot-target")]
    PlacementForgotTarget,
    /// nova 34: the target is created again, whatever became of it.
    #[component(name = "recreate-target")]
    RecreateTarget,
    /// The source is empty and the target holds.
    #[component(name = "source-is-empty")]
    SourceIsEmpty,
    /// Both are empty.
    #[component(name = "both-empty")]
    BothEmpty,
    /// Source and target are one consumer.
    #[component(name = "same-consumer")]
    SameConsumer,
    /// A consumer's generation was not the one read: read again and decide anew.
    #[component(name = "consumer-conflict")]
    ConsumerConflict(Conflict),
    /// A provider changed meanwhile, or a consumer at write time: pause, read again, decide anew.
    #[component(name = "provider-conflict")]
    ProviderConflict(Conflict),
    /// The target is a record that holds nothing and that GET does not show: taken over at its generation.
    #[component(name = "orphan-target")]
    OrphanTarget(OrphanRecord),
    /// A write went unanswered: read again.
    #[component(name = "write-was-lost")]
    WriteWasLost(Attempt),
    /// What is read now shows that the lost write was done.
    #[component(name = "lost-write-was-done")]
    LostWriteWasDone,
    /// The attempts are used up.
    #[component(name = "attempts-used-up")]
    AttemptsUsedUp(Attempt),
    /// The task does not name a compute node: ask which one the server is on.
    #[component(name = "node-not-named")]
    NodeNotNamed,
    /// The server holds something of its compute node: swap.
    #[component(name = "node-is-held")]
    NodeIsHeld(Node),
    /// The server holds nothing of it.
    #[component(name = "node-not-held")]
    NodeNotHeld(Node),
    /// Placement refused, and trying again does not help.
    #[component(name = "not-retried")]
    NotRetried(Refusal),
    /// The transport gave no answer.
    #[component(name = "no-answer")]
    NoAnswer(Silence),
    /// Something that is not Placement answered.
    #[component(name = "not-placement")]
    NotPlacement(ForeignAnswer),
    /// Which rule of a migration speaks.
    #[component(name = "by-rule")]
    ByRule(OfRule),
    /// A record of the same server and type is there already, and is used.
    #[component(name = "migration-reused")]
    MigrationReused(OfMigration),
    /// A host's compute service is too old for what the ports need, or the RPC API is pinned.
    #[component(name = "host-too-old")]
    HostTooOld(OfHost),
    /// The claim on this host did not work: the next one.
    #[component(name = "host-not-claimed")]
    HostNotClaimed(OfHost),
    /// A host without an allocation request: taken unclaimed.
    #[component(name = "host-not-claimable")]
    HostNotClaimable(OfHost),
    /// The destination may not be used: the next one.
    #[component(name = "destination-unfit")]
    DestinationUnfit(NovaError),
    /// The migration is rolled back, because of this.
    #[component(name = "rolling-back")]
    RollingBack(NovaError),
    /// The status could not be saved; that does not stop the rollback.
    #[component(name = "status-not-saved")]
    StatusNotSaved(NovaError),
    /// The rollback has not worked yet: wait, and try again.
    #[component(name = "rollback-waits")]
    RollbackWaits(Attempt),
    /// Nobody knows whether the cast was sent: ask what became of the migration.
    #[component(name = "cast-unanswered")]
    CastUnanswered(Attempt),
    /// A compute service has begun: nova says this status.
    #[component(name = "compute-has-begun")]
    ComputeHasBegun(MigrationRecord),
    /// The migration has ended: nova says this status.
    #[component(name = "migration-has-ended")]
    MigrationHasEnded(MigrationRecord),
}

/// The contract's `orphan-record`.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize)]
#[component(record)]
pub struct OrphanRecord {
    /// `generation`.
    pub generation: Generation,
}

/// The contract's `node`.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize)]
#[component(record)]
pub struct Node {
    /// `node`.
    pub node: ProviderId,
}

/// The contract's `attempt`.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize)]
#[component(record)]
pub struct Attempt {
    /// From 1.
    pub number: u32,
    /// The bound.
    pub of: u32,
}

/// The contract's `conflict`.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize)]
#[component(record)]
pub struct Conflict {
    /// `attempt`.
    pub attempt: Attempt,
    /// `refusal`.
    pub refusal: Refusal,
}

/// The contract's `of-rule`.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize)]
#[component(record)]
pub struct OfRule {
    /// Which one.
    pub rule: MigrationRule,
}

/// The rules of a migration, by nova's names for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize)]
#[component(enum)]
#[repr(u8)]
#[serde(rename_all = "kebab-case")]
pub enum MigrationRule {
    /// `reset_forced_destinations`.
    #[component(name = "reset-forced-destinations")]
    ResetForcedDestinations,
    /// `setup_instance_group`.
    #[component(name = "setup-instance-group")]
    SetupInstanceGroup,
    /// `populate_retry`.
    #[component(name = "populate-retry")]
    PopulateRetry,
    /// `get_requested_resource_for_instance`.
    #[component(name = "get-port-requests")]
    GetPortRequests,
    /// `_restrict_request_spec_to_cell`.
    #[component(name = "restrict-request-spec-to-cell")]
    RestrictRequestSpecToCell,
    /// `_preallocate_migration`.
    #[component(name = "preallocate-migration")]
    PreallocateMigration,
    /// `ensure_project_and_user_id`, `ensure_network_metadata`, `heal_reqspec_is_bfv`.
    #[component(name = "heal-request-spec")]
    HealRequestSpec,
    /// `_schedule`.
    #[component(name = "schedule")]
    Schedule,
    /// `_support_resource_request`.
    #[component(name = "support-resource-request")]
    SupportResourceRequest,
    /// `_get_host_supporting_request`.
    #[component(name = "get-host-supporting-request")]
    GetHostSupportingRequest,
    /// `_reschedule`.
    #[component(name = "reschedule")]
    Reschedule,
    /// `claim_resources`.
    #[component(name = "claim-resources")]
    ClaimResources,
    /// `fill_provider_mapping`.
    #[component(name = "fill-provider-mapping")]
    FillProviderMapping,
    /// `populate_filter_properties`.
    #[component(name = "populate-filter-properties")]
    PopulateFilterProperties,
    /// `prep_resize`.
    #[component(name = "prep-resize")]
    PrepResize,
    /// `rollback`.
    #[component(name = "rollback")]
    Rollback,
    /// `_find_destination`.
    #[component(name = "find-destination")]
    FindDestination,
    /// `claim_resources_on_destination`.
    #[component(name = "claim-resources-on-destination")]
    ClaimResourcesOnDestination,
    /// `live_migration`.
    #[component(name = "live-migration")]
    LiveMigration,
}
