//! A finding: allocations that their consumer should not hold.

use serde::Serialize;

use super::ConsumerOwner;
use crate::contract::Allocation;
use crate::{describe, printable};

/// Allocations of one consumer that it should not hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The UUID of the consumer.
    pub consumer: String,
    /// The UUID of the server concerned.
    pub server: String,
    /// The allocations of the consumer.
    pub allocations: Vec<Allocation>,
    /// Why the consumer should not hold them.
    pub why: Why,
    /// The last change of the migration record, in nova's format; null if unknown.
    pub since: Option<String>,
    /// Whether a task `release` can repair it.
    pub repairable: bool,
    /// The owner according to Placement, if nova does not know the consumer.
    pub owner: Option<ConsumerOwner>,
}

/// Why a consumer should not hold its allocations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// The server is deleted.
    DeletedServer,
    /// The migration has ended, and its server is deleted.
    MigrationOfDeletedServer,
    /// The migration has ended, and the server holds its own allocations.
    EndedMigration,
    /// The migration has ended, and its record holds the allocations that the server should hold on its node.
    ServerLostIt,
    /// The migration has ended, and neither its record nor the server holds allocations of the server's node.
    NeitherHoldsTheNode,
    /// The server exists and holds allocations of a compute node on which it does not run; no migration explains them.
    OtherNode,
    /// nova knows neither a server nor a migration with this id: its rows are archived, or it belongs to another
    /// service.
    UnknownToNova,
    /// nova gave no clear answer about the server.
    ServerUnknown,
}

impl Why {
    /// Whether a task `release` can repair it.
    #[must_use]
    pub fn is_repairable(self) -> bool {
        match self {
            Self::DeletedServer
            | Self::MigrationOfDeletedServer
            | Self::EndedMigration
            | Self::ServerLostIt
            | Self::OtherNode => true,
            Self::NeitherHoldsTheNode | Self::UnknownToNova | Self::ServerUnknown => false,
        }
    }
}

impl Finding {
    /// Whether the consumer may belong to archived rows of nova: nova does not know it, and no other service is known
    /// to own it.
    #[must_use]
    pub fn may_be_archived(&self) -> bool {
        self.why == Why::UnknownToNova && !self.owner.as_ref().is_some_and(ConsumerOwner::is_another_services)
    }

    /// The reason in words, and what a repair does.
    #[must_use]
    pub fn words(&self) -> String {
        let Self { consumer, server, .. } = self;
        match self.why {
            Why::DeletedServer => format!("server {server} is deleted: a repair drops its allocations"),
            Why::MigrationOfDeletedServer => {
                format!("migration {consumer} has ended and server {server} is deleted: a repair drops its allocations")
            }
            Why::EndedMigration => {
                format!(
                    "migration {consumer} has ended and server {server} holds its own allocations: a repair drops these"
                )
            }
            Why::ServerLostIt => {
                format!(
                    "migration {consumer} has ended and holds the allocations of server {server}: a repair gives them back"
                )
            }
            Why::NeitherHoldsTheNode => format!(
                "migration {consumer} has ended, and neither it nor server {server} holds allocations of the server's \
                 node: an operator must decide"
            ),
            Why::OtherNode => format!(
                "server {server} holds allocations of a compute node on which it does not run, and no migration explains \
                 them: a repair drops them if the server keeps what its flavor requires"
            ),
            Why::UnknownToNova => format!(
                "nova knows neither a server nor a migration {consumer}{}: its rows are archived, or it belongs to \
                 another service or another nova; --repair-unknown drops its allocations",
                self.owner.as_ref().map_or_else(String::new, |owner| format!(" ({})", printable::line(&owner.words())))
            ),
            Why::ServerUnknown => format!("nova gave no clear answer about server {server}: try again later"),
        }
    }

    /// The allocations in words.
    #[must_use]
    pub fn describe_held(&self) -> String {
        describe::allocations(&self.allocations)
    }
}
