//! An allocation that nobody should hold.

use serde::Serialize;

use super::Owner;
use crate::contract::Allocation;
use crate::{printable, words};

/// One.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Who holds.
    pub consumer: String,
    /// The server that it is about.
    pub server: String,
    /// What is held.
    pub allocations: Vec<Allocation>,
    /// Why it should not be.
    pub why: Why,
    /// Since when, as nova tells of the migration; null where nobody knows.
    pub since: Option<String>,
    /// Whether a task `release` can settle it.
    pub repairable: bool,
    /// Whose it is to Placement, where nova does not know it.
    pub owner: Option<Owner>,
}

/// Why somebody should not hold something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// The server is deleted, and holds.
    DeletedServer,
    /// The migration has ended, and its server is deleted.
    MigrationOfDeletedServer,
    /// The migration has ended, and the server holds what is its own.
    EndedMigration,
    /// The migration has ended, and its record holds what the server on that node should.
    ServerLostIt,
    /// The migration has ended, and neither it nor the server holds anything of the node that the server is on.
    NobodyHoldsTheNode,
    /// The server is alive, and holds of a compute node that it is not on; no migration explains it.
    OtherNode,
    /// nova knows neither a server nor a migration of this id: it is of rows that are archived, or another service's.
    UnknownToNova,
    /// nova could not tell what has become of the server.
    ServerUnknown,
}

impl Why {
    /// A task `release` settles it.
    #[must_use]
    pub fn is_repairable(self) -> bool {
        match self {
            Self::DeletedServer | Self::MigrationOfDeletedServer | Self::EndedMigration | Self::ServerLostIt => true,
            Self::NobodyHoldsTheNode | Self::OtherNode | Self::UnknownToNova | Self::ServerUnknown => false,
        }
    }
}

impl Finding {
    /// Whether it may be of rows that nova has archived: it does not know the consumer, and nobody else is known to.
    #[must_use]
    pub fn may_be_archived(&self) -> bool {
        self.why == Why::UnknownToNova && !self.owner.as_ref().is_some_and(Owner::is_another_services)
    }

    /// Why, in words, and what would be done about it.
    #[must_use]
    pub fn words(&self) -> String {
        let Self { consumer, server, .. } = self;
        match self.why {
            Why::DeletedServer => format!("server {server} is deleted: to be dropped"),
            Why::MigrationOfDeletedServer => {
                format!("migration {consumer} has ended and server {server} is deleted: to be dropped")
            }
            Why::EndedMigration => {
                format!("migration {consumer} has ended and server {server} holds what is its own: to be dropped")
            }
            Why::ServerLostIt => {
                format!("migration {consumer} has ended and holds what server {server} should: to be given back")
            }
            Why::NobodyHoldsTheNode => format!(
                "migration {consumer} has ended, and neither it nor server {server} holds anything of the node that the \
                 server is on: for a person to decide"
            ),
            Why::OtherNode => format!(
                "server {server} holds of a compute node that it is not on, and no migration explains it: for a person \
                 to decide"
            ),
            Why::UnknownToNova => format!(
                "nova knows neither a server nor a migration {consumer}{}: of rows that are archived, or another \
                 service's or nova's; --repair-unknown drops it",
                self.owner.as_ref().map_or_else(String::new, |owner| format!(" ({})", printable::line(&owner.words())))
            ),
            Why::ServerUnknown => format!("nova could not tell what has become of server {server}: look again later"),
        }
    }

    /// What is held, in words.
    #[must_use]
    pub fn held(&self) -> String {
        words::allocations(&self.allocations)
    }
}
