//! What nova knows, as values: from a file, for clouds whose nova cannot be reached from here and for tests, and from
//! nova itself.

mod flavor;
mod time;

use std::path::{Path, PathBuf};

use serde::Deserialize;

pub use self::flavor::KnownFlavor;
pub use self::time::timestamp;
use crate::canonical::Canonical;
use crate::contract::{MigrationRecord, MigrationType, ServerDetails, ServerMigration, ServerState};

/// The content of the file. Servers and migrations that it does not name are unknown, unless it is complete.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    /// Whether nova has only these servers and migrations: all others are gone.
    #[serde(default)]
    pub complete: bool,
    /// The names of nova's cells that did not answer when the file was made: a server that the file does not name may
    /// be in one of them.
    #[serde(default)]
    pub down_cells: Vec<String>,
    /// The root providers of the compute nodes. Other providers may be shared and belong to no server's node.
    #[serde(default)]
    pub compute_nodes: Vec<Canonical>,
    /// Servers, including deleted ones whose rows nova still has.
    pub servers: Vec<KnownServer>,
    /// Migration records.
    pub migrations: Vec<KnownMigration>,
}

/// A server.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownServer {
    /// The UUID of nova's instance.
    pub uuid: Canonical,
    /// `present`, `gone`, `deleting` or `unknown`.
    pub state: ServerState,
    /// The compute node of the server; `None` if it has none.
    #[serde(default)]
    pub node: Option<Canonical>,
    /// nova's `OS-EXT-SRV-ATTR:host`; `None` if it has none, or if it is not known.
    #[serde(default)]
    pub host: Option<String>,
    /// nova's `OS-EXT-STS:vm_state`; `None` if it is not known.
    #[serde(default)]
    pub vm_state: Option<String>,
    /// nova's `OS-EXT-STS:task_state`; `None` if nova has no task for the server, or if it is not known.
    #[serde(default)]
    pub task_state: Option<String>,
    /// The server's flavor.
    #[serde(default)]
    pub flavor: Option<KnownFlavor>,
    /// Whether the root disk is a volume, so that it needs no `DISK_GB`; `None` if it is not known.
    #[serde(default)]
    pub volume_booted: Option<bool>,
}

/// A migration record.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownMigration {
    /// The UUID of the record.
    pub uuid: Canonical,
    /// The UUID of the server.
    pub server: Canonical,
    /// nova's `migration_type`.
    #[serde(rename = "type")]
    pub migration_type: MigrationType,
    /// nova's status.
    pub status: String,
    /// The time of the last change, in nova's format.
    #[serde(default)]
    pub updated_at: Option<String>,
    /// The compute node that the server left.
    #[serde(default)]
    pub source: Option<Canonical>,
    /// The host and the name of that compute node, as nova's list has them.
    #[serde(skip)]
    pub source_names: Option<(String, String)>,
}

/// nova did not answer, so nothing can be said.
#[derive(Debug, thiserror::Error)]
#[error("nova could not be asked for {what}: {why}")]
pub struct Unanswered {
    /// What.
    pub what: String,
    /// Its words.
    pub why: String,
    /// Whether nova may answer later without a change of a configuration or a certificate.
    pub passes: bool,
}

/// The file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FactsError {
    /// The file cannot be read.
    #[error("the file of nova's data {0} cannot be read")]
    Unreadable(PathBuf, #[source] std::io::Error),
    /// The file does not have the right form.
    #[error("{file} is not a valid file of nova's data: error at {at}")]
    Malformed {
        /// The path of the file.
        file: PathBuf,
        /// The position of the error in the JSON.
        at: String,
        /// The error of the parser.
        #[source]
        why: serde_json::Error,
    },
    /// A time does not have nova's format.
    #[error(
        "{file}: the updated_at of migration {migration} is {value:?}: write it as nova does, such as \
         \"2026-11-25T10:00:00\" (UTC), or omit it"
    )]
    Time {
        /// The path of the file.
        file: PathBuf,
        /// The migration record's UUID.
        migration: Canonical,
        /// The value in the file.
        value: String,
    },
}

impl Facts {
    /// Reads the file.
    ///
    /// # Errors
    /// [`FactsError`]: the file cannot be read, or does not have the right form.
    pub fn read(file: &Path) -> Result<Self, FactsError> {
        let text = std::fs::read(file).map_err(|why| FactsError::Unreadable(file.to_owned(), why))?;
        let mut json = serde_json::Deserializer::from_slice(&text);
        let facts: Self = serde_path_to_error::deserialize(&mut json).map_err(|error| {
            let at = error.path().to_string();
            FactsError::Malformed { file: file.to_owned(), at, why: error.into_inner() }
        })?;
        facts.check_times(file)?;
        Ok(facts)
    }

    /// A time that is not understood would count as unknown, and its migration never as stuck.
    fn check_times(&self, file: &Path) -> Result<(), FactsError> {
        let times = self.migrations.iter().filter_map(|one| Some((&one.uuid, one.updated_at.as_ref()?)));
        match times.into_iter().find(|(_, time)| timestamp(time).is_none()) {
            Some((migration, value)) => {
                Err(FactsError::Time { file: file.to_owned(), migration: migration.clone(), value: value.clone() })
            }
            None => Ok(()),
        }
    }

    /// The state of a server.
    #[must_use]
    pub fn state_of(&self, server: &str) -> ServerState {
        let unnamed = if self.complete { ServerState::Gone } else { ServerState::Unknown };
        self.server(server).map_or(unnamed, |known| known.state)
    }

    /// What else the file says of a server that exists. Its migrations are known only if the file is complete.
    #[must_use]
    pub fn details_of(&self, server: &str) -> Option<ServerDetails> {
        let known = self.server(server).filter(|known| known.state == ServerState::Present)?;
        let of_it = self.migrations.iter().filter(|migration| migration.server == known.uuid);
        Some(ServerDetails {
            host: known.host.clone(),
            node: None,
            vm_state: known.vm_state.clone(),
            task_state: known.task_state.clone(),
            flavor: known.flavor.as_ref().and_then(|flavor| flavor.required_amounts(known.volume_booted)),
            migrations: self.complete.then(|| of_it.map(KnownMigration::of_server).collect()),
        })
    }

    /// The server, if the file names it.
    #[must_use]
    pub fn server(&self, server: &str) -> Option<&KnownServer> {
        self.servers.iter().find(|known| known.uuid.as_str() == server)
    }

    /// The migration record with this id.
    #[must_use]
    pub fn migration(&self, migration: &str) -> Option<&KnownMigration> {
        self.migrations.iter().find(|known| known.uuid.as_str() == migration)
    }
}

impl KnownMigration {
    /// The record in an answer about its server.
    #[must_use]
    pub fn of_server(&self) -> ServerMigration {
        ServerMigration { migration: self.uuid.to_string(), status: self.status.clone() }
    }

    /// The record as a value of the contract.
    #[must_use]
    pub fn record(&self) -> MigrationRecord {
        MigrationRecord {
            migration: self.uuid.to_string(),
            server: self.server.to_string(),
            migration_type: self.migration_type,
            status: self.status.clone(),
        }
    }
}
