//! Compares Placement's allocations with nova's data.

use std::collections::{BTreeMap, BTreeSet};

use super::{Finding, KnownMigration, PlacementHoldings, Unanswered, Why};
use crate::contract::ServerState;
use crate::executor::{NovaLists, NovaSource};

/// All findings, in ascending order of consumer. `ended` are the statuses of migrations that have ended, as the policy's
/// description has them.
pub async fn look(
    holdings: &PlacementHoldings,
    nova: &NovaSource,
    ended: &[String],
) -> Result<Vec<Finding>, Unanswered> {
    let known = nova.known().await?;
    let nodes: BTreeSet<&str> = known.compute_nodes.iter().map(String::as_str).collect();
    let migrations: BTreeMap<&str, &KnownMigration> =
        known.migrations.iter().map(|migration| (migration.uuid.as_str(), migration)).collect();
    let look = Look { holdings, nova, ended, known: &known, nodes, migrations };
    let mut findings = Vec::new();
    for consumer in holdings.consumers.keys() {
        findings.extend(look.at(consumer).await?);
    }
    Ok(findings)
}

struct Look<'a> {
    holdings: &'a PlacementHoldings,
    nova: &'a NovaSource,
    ended: &'a [String],
    known: &'a NovaLists,
    nodes: BTreeSet<&'a str>,
    migrations: BTreeMap<&'a str, &'a KnownMigration>,
}

impl Look<'_> {
    async fn at(&self, consumer: &str) -> Result<Option<Finding>, Unanswered> {
        match self.migrations.get(consumer) {
            Some(migration) if !self.has_ended(migration) => Ok(None),
            Some(migration) => self.ended_migration(migration).await,
            None if self.known.other_migrations.iter().any(|other| other == consumer) => Ok(None),
            None => self.server(consumer).await,
        }
    }

    fn has_ended(&self, migration: &KnownMigration) -> bool {
        self.ended.contains(&migration.status)
    }

    /// The finding for a migration record that holds allocations although the migration has ended.
    async fn ended_migration(&self, migration: &KnownMigration) -> Result<Option<Finding>, Unanswered> {
        let (record, server) = (migration.uuid.as_str(), migration.server.as_str());
        let why = match self.nova.state_of(server).await {
            ServerState::Gone => Why::MigrationOfDeletedServer,
            ServerState::Unknown | ServerState::Deleting => Why::ServerUnknown,
            ServerState::Present => match self.nova.node_of(server).await? {
                Some(node) if self.holdings.holds_of(server, &node) => Why::EndedMigration,
                Some(node) if self.holdings.holds_of(record, &node) => Why::ServerLostIt,
                _ => Why::NeitherHoldsTheNode,
            },
        };
        Ok(Some(self.finding(record, server, why, migration.updated_at.clone())))
    }

    /// The finding for a server, or for a consumer that nova does not know.
    async fn server(&self, server: &str) -> Result<Option<Finding>, Unanswered> {
        let finding = |why| Ok(Some(self.finding(server, server, why, None)));
        let of_it: Vec<&&KnownMigration> =
            self.migrations.values().filter(|migration| migration.server.as_str() == server).collect();
        let is_known = self.known.servers.iter().any(|known| known == server) || !of_it.is_empty();
        match self.nova.state_of(server).await {
            ServerState::Gone if is_known => finding(Why::DeletedServer),
            ServerState::Gone => finding(Why::UnknownToNova),
            // nova deletes its allocations with it.
            ServerState::Deleting => Ok(None),
            ServerState::Unknown if is_known => Ok(None),
            ServerState::Unknown => finding(Why::UnknownToNova),
            // During a migration the server may hold allocations on both nodes.
            ServerState::Present if of_it.iter().any(|one| !self.has_ended(one)) => Ok(None),
            ServerState::Present => match self.nova.node_of(server).await? {
                Some(node) if self.holds_of_another(server, &node) => finding(Why::OtherNode),
                _ => Ok(None),
            },
        }
    }

    /// Whether the server holds allocations of another compute node. Shared providers do not count.
    fn holds_of_another(&self, server: &str, node: &str) -> bool {
        self.holdings.roots_of(server).any(|root| root != node && self.nodes.contains(root))
    }

    fn finding(&self, consumer: &str, server: &str, why: Why, since: Option<String>) -> Finding {
        Finding {
            consumer: consumer.to_owned(),
            server: server.to_owned(),
            allocations: self.holdings.consumers.get(consumer).cloned().unwrap_or_default(),
            why,
            since,
            repairable: why.is_repairable(),
            owner: None,
        }
    }
}
