//! `swaparoo confirm`, `revert-resize`, `abort` and `release`: how a migration ends, and what is left of one that did not.

use clap::Args;
use swaparoo::canonical::Canonical;
use swaparoo::contract::{MigrationTask, ReleaseTask, Task};

use super::connect::Server;
use super::task::{Asked, Common};

/// One server's migration
#[derive(Debug, Args)]
pub struct Migration {
    /// The server
    #[arg(long, value_name = "UUID")]
    server_uuid: Canonical,
    /// Its migration record
    #[arg(long, value_name = "UUID")]
    migration_uuid: Canonical,
    /// Whether the server exists; without, nova is asked where a cloud or a file is named
    #[arg(long, value_enum, conflicts_with = "nova")]
    server: Option<Server>,
    #[command(flatten)]
    common: Common,
}

/// Who holds what nobody should
#[derive(Debug, Args)]
pub struct Release {
    /// Who holds: the server itself, or a migration record of it
    #[arg(long, value_name = "UUID")]
    consumer: Canonical,
    /// The server
    #[arg(long, value_name = "UUID")]
    server_uuid: Canonical,
    /// Whether the server exists; without, nova is asked where a cloud or a file is named
    #[arg(long, value_enum, conflicts_with = "nova")]
    server: Option<Server>,
    #[command(flatten)]
    common: Common,
}

impl Migration {
    /// The task that the subcommand makes of it.
    pub fn asked(self, task: fn(MigrationTask) -> Task) -> Asked {
        let Self { server_uuid, migration_uuid, server, common } = self;
        let task = task(MigrationTask { server: server_uuid.into(), migration: migration_uuid.into() });
        Asked { task, server, common }
    }
}

impl From<Release> for Asked {
    fn from(asked: Release) -> Self {
        let Release { consumer, server_uuid, server, common } = asked;
        let task = Task::Release(ReleaseTask { consumer: consumer.into(), server: server_uuid.into() });
        Self { task, server, common }
    }
}
