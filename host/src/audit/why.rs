//! The kinds of findings.

use serde::{Deserialize, Serialize};

/// Why a consumer should not hold its allocations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
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
    /// The migration has ended, and both its record and the server hold allocations of the server's node; the server's
    /// are not those of its flavor, or its flavor is not known.
    BothHoldTheNode,
    /// The migration has ended, and its record holds allocations of the server's node, which the server does not, but other
    /// amounts than the server's flavor needs.
    RecordNotItsFlavor,
    /// nova says that the migration has succeeded, and also that the server is on the compute node that it left.
    ContradictsNova,
    /// The migration has ended, and another one of the same server has not.
    BesideAMigration,
    /// The migration has not ended, and its record has not changed for hours.
    StuckMigration,
    /// The server was evacuated, and also holds allocations of the compute node that it left. nova keeps them until
    /// the compute service there starts again.
    Evacuated,
    /// The server exists and holds allocations of a compute node on which it does not run; no migration explains them.
    OtherNode,
    /// The same, of a provider that is no compute node of nova any more.
    FormerNode,
    /// The server is shelved and offloaded, or its build failed: it is on no compute node.
    NoHost,
    /// The server holds other amounts than its flavor needs.
    OtherAmounts,
    /// nova knows neither a server nor a migration with this id: its rows are archived, or it belongs to another
    /// service.
    UnknownToNova,
    /// nova gave no clear answer about the server.
    ServerUnknown,
}

impl Why {
    /// All kinds.
    pub const ALL: [Self; 17] = [
        Self::DeletedServer,
        Self::MigrationOfDeletedServer,
        Self::EndedMigration,
        Self::ServerLostIt,
        Self::NeitherHoldsTheNode,
        Self::BothHoldTheNode,
        Self::RecordNotItsFlavor,
        Self::ContradictsNova,
        Self::BesideAMigration,
        Self::StuckMigration,
        Self::Evacuated,
        Self::OtherNode,
        Self::FormerNode,
        Self::NoHost,
        Self::OtherAmounts,
        Self::UnknownToNova,
        Self::ServerUnknown,
    ];

    /// The name in JSON, in the metrics and in the configuration.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::DeletedServer => "deleted-server",
            Self::MigrationOfDeletedServer => "migration-of-deleted-server",
            Self::EndedMigration => "ended-migration",
            Self::ServerLostIt => "server-lost-it",
            Self::NeitherHoldsTheNode => "neither-holds-the-node",
            Self::BothHoldTheNode => "both-hold-the-node",
            Self::RecordNotItsFlavor => "record-not-its-flavor",
            Self::ContradictsNova => "contradicts-nova",
            Self::BesideAMigration => "beside-a-migration",
            Self::StuckMigration => "stuck-migration",
            Self::Evacuated => "evacuated",
            Self::OtherNode => "other-node",
            Self::FormerNode => "former-node",
            Self::NoHost => "no-host",
            Self::OtherAmounts => "other-amounts",
            Self::UnknownToNova => "unknown-to-nova",
            Self::ServerUnknown => "server-unknown",
        }
    }

    /// Whether a task `release` can repair it.
    #[must_use]
    pub fn is_repairable(self) -> bool {
        match self {
            Self::DeletedServer
            | Self::MigrationOfDeletedServer
            | Self::EndedMigration
            | Self::ServerLostIt
            | Self::OtherNode => true,
            Self::NeitherHoldsTheNode
            | Self::BothHoldTheNode
            | Self::RecordNotItsFlavor
            | Self::ContradictsNova
            | Self::BesideAMigration
            | Self::StuckMigration
            | Self::Evacuated
            | Self::FormerNode
            | Self::NoHost
            | Self::OtherAmounts
            | Self::UnknownToNova
            | Self::ServerUnknown => false,
        }
    }

    /// Whether only a person can judge it. Another audit settles the others, or `--repair` or `--repair-unknown` does.
    #[must_use]
    pub fn needs_a_person(self) -> bool {
        !self.is_repairable() && !matches!(self, Self::UnknownToNova | Self::ServerUnknown | Self::BesideAMigration)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_is_that_in_json() {
        for why in Why::ALL {
            assert_eq!(serde_json::to_value(why).unwrap(), why.name());
        }
    }
}
