//! `swaparoo confirm`, `revert-resize`, `abort` and `release`: end a migration, or clean up after one that failed.

use clap::Args;
use swaparoo::canonical::Canonical;
use swaparoo::contract::{MigrationTask, ReleaseTask, Task};

use super::connect::ServerArg;
use super::task::{Common, TaskOptions};

/// A migration of one server, for `revert` and the commands above.
#[derive(Debug, Args)]
pub struct MigrationArgs {
    /// The server
    #[arg(long, value_name = "UUID")]
    server_uuid: Canonical,
    /// Its migration record
    #[arg(long, value_name = "UUID")]
    migration_uuid: Canonical,
    /// Whether the server exists; default: nova is asked, if a cloud or a file is given
    #[arg(long, value_enum, conflicts_with = "nova")]
    server: Option<ServerArg>,
    #[command(flatten)]
    common: Common,
}

/// Release what a consumer holds but should not
#[derive(Debug, Args)]
pub struct Release {
    /// The consumer: the server itself, or one of its migration records
    #[arg(long, value_name = "UUID")]
    consumer: Canonical,
    /// The server
    #[arg(long, value_name = "UUID")]
    server_uuid: Canonical,
    /// Whether the server exists; default: nova is asked, if a cloud or a file is given
    #[arg(long, value_enum, conflicts_with = "nova")]
    server: Option<ServerArg>,
    #[command(flatten)]
    common: Common,
}

impl MigrationArgs {
    /// Builds the task; `task` selects the kind.
    pub fn run_options(self, task: fn(MigrationTask) -> Task) -> TaskOptions {
        let Self { server_uuid, migration_uuid, server, common } = self;
        let task = task(MigrationTask { server: server_uuid.into(), migration: migration_uuid.into() });
        TaskOptions { task, server, common }
    }
}

impl From<Release> for TaskOptions {
    fn from(asked: Release) -> Self {
        let Release { consumer, server_uuid, server, common } = asked;
        let task = Task::Release(ReleaseTask { consumer: consumer.into(), server: server_uuid.into() });
        Self { task, server, common }
    }
}
