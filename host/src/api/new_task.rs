//! A task as a client asks for it.

use serde::Deserialize;
use utoipa::ToSchema;

use super::located;
use crate::canonical::Canonical;
use crate::contract::{
    LiveMigrateTask, MigrateTask, MigrationTask, MoveTask, ReleaseTask, ReplaceTask, RequestSpec, RevertTask,
    Selection, ServerState, Task,
};

/// nova.conf's default, [scheduler]max_attempts.
const MAX_ATTEMPTS: u32 = 3;

/// A task to be done.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum NewTask {
    /// Move all allocations of one consumer to another.
    Move {
        /// Who holds them now.
        source: Canonical,
        /// Who is to hold them.
        target: Canonical,
        /// The target is not expected to hold anything yet.
        #[serde(default)]
        target_is_new: bool,
        /// Whether the target's server exists; left out, nova is asked, or else the caller.
        #[serde(default)]
        server: Option<ServerState>,
    },
    /// Give a server's allocations to its migration record, as a migration begins.
    Replace {
        /// The server.
        server: Canonical,
        /// Its migration record.
        migration: Canonical,
        /// The compute node that the server is on; left out, nova is asked, or else the caller.
        #[serde(default)]
        source_node: Option<Canonical>,
    },
    /// Give them back to the server, as a migration has failed.
    Revert {
        /// The server.
        server: Canonical,
        /// Its migration record.
        migration: Canonical,
        /// Whether the server exists; left out, nova is asked, or else the caller.
        #[serde(default)]
        server_state: Option<ServerState>,
    },
    /// Migrate a server cold, or resize it, up to the cast to the destination: nova's `MigrationTask`.
    Migrate {
        /// The server.
        server: Canonical,
        /// The flavor that it has, by nova's id.
        #[schema(min_length = 1, max_length = 255)]
        old_flavor: String,
        /// The flavor that it is to have; the same one is a migration, another one a resize.
        #[schema(min_length = 1, max_length = 255)]
        new_flavor: String,
        /// What the rules read and change of nova's request spec.
        #[serde(deserialize_with = "located::request_spec")]
        request_spec: RequestSpec,
        /// The alternates that are left, for a reschedule; left out, the scheduler is asked.
        #[serde(default, deserialize_with = "located::host_list")]
        host_list: Option<Vec<Selection>>,
        /// nova.conf, [scheduler]max_attempts; left out, 3.
        #[serde(default)]
        #[schema(minimum = 1, maximum = 4_294_967_295_u64)]
        max_attempts: Option<u32>,
    },
    /// Migrate a server live, up to the cast to the source: nova's `LiveMigrationTask`.
    LiveMigrate {
        /// The server.
        server: Canonical,
        /// Its migration record.
        migration: Canonical,
        /// The host that it is on.
        #[schema(min_length = 1, max_length = 255)]
        source_host: String,
        /// It is running or paused.
        active: bool,
        /// The destination that an operator forced; left out, the scheduler is asked.
        #[serde(default)]
        #[schema(min_length = 1, max_length = 255)]
        forced_host: Option<String>,
        /// What the rules read and change of nova's request spec.
        #[serde(deserialize_with = "located::request_spec")]
        request_spec: RequestSpec,
        /// nova.conf, migrate_max_retries; left out (nova's -1), until no host is left.
        #[serde(default)]
        #[schema(maximum = 4_294_967_295_u64)]
        max_retries: Option<u32>,
    },
    /// The migration is confirmed: drop what its record holds.
    Confirm {
        /// The server.
        server: Canonical,
        /// Its migration record.
        migration: Canonical,
    },
    /// The resize is taken back: the server gets what the record holds for what it holds of the destination.
    RevertResize {
        /// The server.
        server: Canonical,
        /// Its migration record.
        migration: Canonical,
        /// Whether the server exists; left out, nova is asked, or else the caller.
        #[serde(default)]
        server_state: Option<ServerState>,
    },
    /// End a migration that no compute service has begun with, or that failed and was not rolled back.
    Abort {
        /// The server.
        server: Canonical,
        /// Its migration record.
        migration: Canonical,
        /// Whether the server exists; left out, nova is asked, or else the caller.
        #[serde(default)]
        server_state: Option<ServerState>,
    },
    /// Settle what somebody holds who should not: a deleted server, or the record of a migration that has ended.
    Release {
        /// Who holds: the server itself, or a migration record of it.
        consumer: Canonical,
        /// The server.
        server: Canonical,
        /// Whether the server exists; left out, nova is asked, or else the caller.
        #[serde(default)]
        server_state: Option<ServerState>,
    },
}

impl NewTask {
    /// The task, and what the caller knows of the server.
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
