//! What somebody asks for.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{ComponentType, ConsumerId, Lift, Lower, ProviderId, RequestSpec, Selection};

/// What somebody asked for. The host hands it over unchanged at every call.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize)]
#[component(variant)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Task {
    /// Move all allocations of one consumer to another: nova's `move_allocations`.
    #[component(name = "move")]
    Move(MoveTask),
    /// Give a server's allocations to its migration record: nova's `replace_allocation_with_migration`.
    #[component(name = "replace")]
    Replace(ReplaceTask),
    /// Give them back when the migration failed: nova's `revert_allocation_for_migration`.
    #[component(name = "revert")]
    Revert(RevertTask),
    /// Cold migration or resize, up to the cast to the destination: nova's `MigrationTask`.
    #[component(name = "migrate")]
    Migrate(MigrateTask),
    /// Live migration, up to the cast to the source: nova's `LiveMigrationTask`.
    #[component(name = "live-migrate")]
    LiveMigrate(LiveMigrateTask),
    /// The migration is confirmed: drop what its record holds.
    #[component(name = "confirm")]
    Confirm(MigrationTask),
    /// The migration is taken back while the server holds the destination: the server gets what the record holds.
    #[component(name = "revert-resize")]
    RevertResize(MigrationTask),
    /// The migration is not to go on: if no compute service has begun with it, it is ended and rolled back.
    #[component(name = "abort")]
    Abort(MigrationTask),
    /// Somebody holds what nobody should: settle it by what nova knows, or leave it.
    #[component(name = "release")]
    Release(ReleaseTask),
}

/// The contract's `move-task`.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize)]
#[component(record)]
pub struct MoveTask {
    /// Who holds the allocations now.
    pub source: ConsumerId,
    /// Who is to hold them. Where a rule asks for a server, this is the server asked for.
    pub target: ConsumerId,
    /// True when the target is not expected to hold anything yet (the swap at a migration's start), false when
    /// it should already exist (the way back).
    #[component(name = "target-is-new")]
    pub target_is_new: bool,
}

/// The contract's `replace-task`.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize)]
#[component(record)]
pub struct ReplaceTask {
    /// `server`.
    pub server: ConsumerId,
    /// `migration`.
    pub migration: ConsumerId,
    /// The compute node that the server is on. None: the rules ask by `find-compute-node`.
    #[component(name = "source-node")]
    pub source_node: Option<ProviderId>,
}

/// The contract's `revert-task`.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize)]
#[component(record)]
pub struct RevertTask {
    /// `server`.
    pub server: ConsumerId,
    /// `migration`.
    pub migration: ConsumerId,
}

/// The kinds of task, for `describe`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize)]
#[component(enum)]
#[repr(u8)]
#[serde(rename_all = "kebab-case")]
pub enum TaskKind {
    /// `move`.
    #[component(name = "move")]
    Move,
    /// `replace`.
    #[component(name = "replace")]
    Replace,
    /// `revert`.
    #[component(name = "revert")]
    Revert,
    /// `task.migrate`.
    #[component(name = "migrate")]
    Migrate,
    /// `task.live-migrate`.
    #[component(name = "live-migrate")]
    LiveMigrate,
    /// `task.confirm`.
    #[component(name = "confirm")]
    Confirm,
    /// `task.revert-resize`.
    #[component(name = "revert-resize")]
    RevertResize,
    /// `task.abort`.
    #[component(name = "abort")]
    Abort,
    /// `task.release`.
    #[component(name = "release")]
    Release,
}

/// The conductor asks for it once it has been told to resize or migrate a server, and again by `host-list` when the
/// compute service could not take the server.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize, ToSchema)]
#[component(record)]
pub struct MigrateTask {
    /// nova's instance.
    pub server: ConsumerId,
    /// nova's flavor that the server has, by its id.
    #[component(name = "old-flavor")]
    pub old_flavor: String,
    /// The flavor that it is to have. Another one makes the migration a `resize`.
    #[component(name = "new-flavor")]
    pub new_flavor: String,
    /// As the conductor has it at the beginning; the rules change it and hand it over with the effects.
    #[component(name = "request-spec")]
    pub request_spec: RequestSpec,
    /// None: the scheduler is asked. Otherwise the alternates that are left, best first: a reschedule.
    #[component(name = "host-list")]
    pub host_list: Option<Vec<Selection>>,
    /// nova.conf, [scheduler]max_attempts.
    #[component(name = "max-attempts")]
    pub max_attempts: u32,
}

/// The conductor asks for it once it has made the migration record.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize, ToSchema)]
#[component(record)]
pub struct LiveMigrateTask {
    /// nova's instance.
    pub server: ConsumerId,
    /// nova's migration record.
    pub migration: ConsumerId,
    /// The host that the server is on.
    #[component(name = "source-host")]
    pub source_host: String,
    /// Is the server running or paused? Others cannot be migrated live.
    pub active: bool,
    /// The destination that an operator forced; none: the scheduler is asked.
    #[component(name = "forced-host")]
    pub forced_host: Option<String>,
    /// As in `migrate-task`.
    #[component(name = "request-spec")]
    pub request_spec: RequestSpec,
    /// nova.conf, [DEFAULT]migrate_max_retries. None (nova's -1): until no host is left.
    #[component(name = "max-retries")]
    pub max_retries: Option<u32>,
}

/// One server's migration, by both its consumers.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize, ToSchema)]
#[component(record)]
pub struct MigrationTask {
    /// nova's instance.
    pub server: ConsumerId,
    /// nova's migration record.
    pub migration: ConsumerId,
}

/// An operator, or `swaparoo audit`, asks for it.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize, ToSchema)]
#[component(record)]
pub struct ReleaseTask {
    /// Who holds: the server itself, or a migration record of it.
    pub consumer: ConsumerId,
    /// nova's instance.
    pub server: ConsumerId,
}
