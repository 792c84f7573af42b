//! The body of `POST /v1/tasks`.

use serde::Deserialize;
use utoipa::ToSchema;

use super::with_path;
use crate::canonical::Canonical;
use crate::contract::{
    LiveMigrateTask, MigrateTask, MigrationTask, MoveTask, ReleaseTask, ReplaceTask, RequestSpec, RevertTask,
    Selection, ServerState, Task,
};

/// Default of nova.conf, [scheduler]max_attempts.
const MAX_ATTEMPTS: u32 = 3;

/// A task that a client submits.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum NewTask {
    /// Move all allocations of one consumer to another.
    Move {
        /// The consumer that holds them now.
        source: Canonical,
        /// The consumer that will hold them.
        target: Canonical,
        /// True if the target should not hold any allocations yet.
        #[serde(default)]
        target_is_new: bool,
        /// Whether the target's server exists. Default: the service asks nova if it can, otherwise the caller.
        #[serde(default)]
        server: Option<ServerState>,
    },
    /// Give a server's allocations to its migration record, at the start of a migration.
    Replace {
        /// UUID of the server.
        server: Canonical,
        /// UUID of its migration record.
        migration: Canonical,
        /// The compute node that the server is on. Default: the service asks nova if it can, otherwise the caller.
        #[serde(default)]
        source_node: Option<Canonical>,
    },
    /// Give the allocations back to the server, after a migration failed.
    Revert {
        /// UUID of the server.
        server: Canonical,
        /// UUID of its migration record.
        migration: Canonical,
        /// Whether the server exists. Default: the service asks nova if it can, otherwise the caller.
        #[serde(default)]
        server_state: Option<ServerState>,
    },
    /// Cold-migrate or resize a server, up to the cast to the destination: nova's `MigrationTask`.
    Migrate {
        /// UUID of the server.
        server: Canonical,
        /// The server's current flavor, by nova's id.
        #[schema(min_length = 1, max_length = 255)]
        old_flavor: String,
        /// The requested flavor, by nova's id; the same flavor means a migration, another one a resize.
        #[schema(min_length = 1, max_length = 255)]
        new_flavor: String,
        /// The part of nova's request spec that the rules read and change.
        #[serde(deserialize_with = "with_path::request_spec")]
        request_spec: RequestSpec,
        /// The alternates that are left, for a reschedule. Default: the scheduler is asked.
        #[serde(default, deserialize_with = "with_path::host_list")]
        host_list: Option<Vec<Selection>>,
        /// nova.conf, [scheduler]max_attempts; default 3.
        #[serde(default)]
        #[schema(minimum = 1, maximum = 4_294_967_295_u64)]
        max_attempts: Option<u32>,
    },
    /// Live-migrate a server, up to the cast to the source: nova's `LiveMigrationTask`.
    LiveMigrate {
        /// UUID of the server.
        server: Canonical,
        /// UUID of its migration record.
        migration: Canonical,
        /// The compute service's host that the server is on.
        #[schema(min_length = 1, max_length = 255)]
        source_host: String,
        /// True if the server is running or paused.
        active: bool,
        /// The destination that an operator forced. Default: the scheduler is asked.
        #[serde(default)]
        #[schema(min_length = 1, max_length = 255)]
        forced_host: Option<String>,
        /// The part of nova's request spec that the rules read and change.
        #[serde(deserialize_with = "with_path::request_spec")]
        request_spec: RequestSpec,
        /// nova.conf, migrate_max_retries. Default (nova's -1): until no host is left.
        #[serde(default)]
        #[schema(maximum = 4_294_967_295_u64)]
        max_retries: Option<u32>,
    },
    /// Confirm the migration: drop what its record holds.
    Confirm {
        /// UUID of the server.
        server: Canonical,
        /// UUID of its migration record.
        migration: Canonical,
    },
    /// Revert the resize: replace what the server holds on the destination with what the migration record holds.
    RevertResize {
        /// UUID of the server.
        server: Canonical,
        /// UUID of its migration record.
        migration: Canonical,
        /// Whether the server exists. Default: the service asks nova if it can, otherwise the caller.
        #[serde(default)]
        server_state: Option<ServerState>,
    },
    /// End a migration that no compute service has started, or that failed and was not rolled back.
    Abort {
        /// UUID of the server.
        server: Canonical,
        /// UUID of its migration record.
        migration: Canonical,
        /// Whether the server exists. Default: the service asks nova if it can, otherwise the caller.
        #[serde(default)]
        server_state: Option<ServerState>,
    },
    /// Release what a consumer holds but should not: a deleted server, or the record of a migration that has ended.
    Release {
        /// The consumer: the server itself, or one of its migration records.
        consumer: Canonical,
        /// UUID of the server.
        server: Canonical,
        /// Whether the server exists. Default: the service asks nova if it can, otherwise the caller.
        #[serde(default)]
        server_state: Option<ServerState>,
    },
}

impl NewTask {
    /// The task, and the caller's knowledge of the server.
    pub fn parts(self) -> (Task, Option<ServerState>) {
        let of = |server: Canonical, migration: Canonical| MigrationTask {
            server: server.into(),
            migration: migration.into(),
        };
        match self {
            Self::Move { source, target, target_is_new, server } => {
                (Task::Move(MoveTask { source: source.into(), target: target.into(), target_is_new }), server)
            }
            Self::Replace { server, migration, source_node } => {
                let source_node = source_node.map(String::from);
                (Task::Replace(ReplaceTask { server: server.into(), migration: migration.into(), source_node }), None)
            }
            Self::Revert { server, migration, server_state } => {
                (Task::Revert(RevertTask { server: server.into(), migration: migration.into() }), server_state)
            }
            Self::Migrate { server, old_flavor, new_flavor, request_spec, host_list, max_attempts } => {
                let (server, max_attempts) = (server.into(), max_attempts.unwrap_or(MAX_ATTEMPTS));
                let task = MigrateTask { server, old_flavor, new_flavor, request_spec, host_list, max_attempts };
                (Task::Migrate(task), None)
            }
            Self::LiveMigrate { server, migration, source_host, active, forced_host, request_spec, max_retries } => {
                let (server, migration) = (server.into(), migration.into());
                let task =
                    LiveMigrateTask { server, migration, source_host, active, forced_host, request_spec, max_retries };
                (Task::LiveMigrate(task), None)
            }
            Self::Confirm { server, migration } => (Task::Confirm(of(server, migration)), None),
            Self::RevertResize { server, migration, server_state } => {
                (Task::RevertResize(of(server, migration)), server_state)
            }
            Self::Abort { server, migration, server_state } => (Task::Abort(of(server, migration)), server_state),
            Self::Release { consumer, server, server_state } => {
                (Task::Release(ReleaseTask { consumer: consumer.into(), server: server.into() }), server_state)
            }
        }
    }
}
