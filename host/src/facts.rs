//! What nova knows, as values: from a file, for clouds whose nova cannot be asked from here and for tests, and from nova
//! itself.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::canonical::Canonical;
use crate::contract::{MigrationRecord, MigrationType, ServerState};

/// The file's form. What it does not name is not known, unless it is complete.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    /// nova has no server and no migration but these: what the file does not name is gone.
    #[serde(default)]
    pub complete: bool,
    /// Compute nodes, by their root providers. Other providers may be shared, and are nobody's own.
    #[serde(default)]
    pub compute_nodes: Vec<Canonical>,
    /// Servers, deleted ones among them as long as nova has their rows.
    pub servers: Vec<KnownServer>,
    /// Migration records.
    pub migrations: Vec<KnownMigration>,
}

/// A server.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownServer {
    /// nova's instance.
    pub uuid: Canonical,
    /// `present`, `gone` or `unknown` (such as while it is being deleted).
    pub state: ServerState,
    /// The compute node that it is on; none: it is on none.
    #[serde(default)]
    pub node: Option<Canonical>,
}

/// A migration record.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownMigration {
    /// The record.
    pub uuid: Canonical,
    /// Whose it is.
    pub server: Canonical,
    /// nova's type.
    #[serde(rename = "type")]
    pub migration_type: MigrationType,
    /// nova's word.
    pub status: String,
    /// When it last changed, as nova writes it.
    #[serde(default)]
    pub updated_at: Option<String>,
}

/// nova did not answer, so nothing can be said.
#[derive(Debug, thiserror::Error)]
#[error("nova could not be asked for {what}: {why}")]
pub struct Unanswered {
    /// What.
    pub what: String,
    /// Its words.
    pub why: String,
}

/// The file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FactsError {
    /// It cannot be read.
    #[error("what nova knows cannot be read from {0}")]
    Unreadable(PathBuf, #[source] std::io::Error),
    /// It is not of the form.
    #[error("{file} is not what nova knows, at {at}")]
    Malformed {
        /// Which.
        file: PathBuf,
        /// Where.
        at: String,
        /// Why.
        #[source]
        why: serde_json::Error,
    },
}

impl Facts {
    /// Reads the file.
    ///
    /// # Errors
    /// It is not there, or not of the form.
    pub fn read(file: &Path) -> Result<Self, FactsError> {
        let text = std::fs::read(file).map_err(|why| FactsError::Unreadable(file.to_owned(), why))?;
        let mut json = serde_json::Deserializer::from_slice(&text);
        serde_path_to_error::deserialize(&mut json).map_err(|error| {
            let at = error.path().to_string();
            FactsError::Malformed { file: file.to_owned(), at, why: error.into_inner() }
        })
    }

    /// Whether there is such a server.
    #[must_use]
    pub fn state_of(&self, server: &str) -> ServerState {
        let unnamed = if self.complete { ServerState::Gone } else { ServerState::Unknown };
        self.server(server).map_or(unnamed, |known| known.state)
    }

    /// What it says of a server, if it names it.
    #[must_use]
    pub fn server(&self, server: &str) -> Option<&KnownServer> {
        self.servers.iter().find(|known| known.uuid.as_str() == server)
    }

    /// The record of this id.
    #[must_use]
    pub fn migration(&self, migration: &str) -> Option<&KnownMigration> {
        self.migrations.iter().find(|known| known.uuid.as_str() == migration)
    }
}

impl KnownMigration {
    /// The same as a value of the contract.
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
