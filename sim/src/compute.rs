//! Actions outside the task: users delete servers, and compute services continue migrations after a cast has arrived.

use super::SimCloud;
use super::cloud::PortProviders;
use crate::contract::{ConsumerId, Effect, HostNode, MigrationRecord, MigrationType, ResourceRequest};

/// The end of a migration that a compute service has started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MigrationEnd {
    /// The server stays on the destination.
    Confirmed,
    /// The server goes back to the source, or never leaves it.
    Reverted,
    /// `finish_resize` fails on the destination. The server stays there, and nova deletes the record's allocations.
    FinishFailed,
}

/// The first version of nova-compute that binds the ports of a moved server to the providers in its request spec.
const BINDS_PORTS: u32 = 39;
/// The first version of the compute RPC API that sends the request spec to all methods that need it.
const SENDS_REQUEST_SPEC: (u32, u32) = (5, 2);

/// What a compute service is told by a cast.
#[derive(Debug, Clone)]
pub(super) struct Cast {
    migration: ConsumerId,
    destination: HostNode,
    /// The providers of the ports, which a cast to the destination names.
    named: Option<PortProviders>,
}

impl Cast {
    /// The effect, if it is a cast.
    pub(super) fn of(effect: &Effect) -> Option<Self> {
        let (migration, destination, ports) = match effect {
            Effect::PrepResize(cast) => {
                (&cast.migration, &cast.destination, Some(&cast.request_spec.requested_resources))
            }
            Effect::LiveMigration(cast) => (&cast.migration, &cast.destination, None),
            _ => return None,
        };
        let providers = |port: &ResourceRequest| (port.requester.clone(), port.providers.clone());
        let named = ports.map(|ports| ports.iter().map(providers).collect());
        Some(Self { migration: migration.clone(), destination: destination.clone(), named })
    }
}

impl SimCloud {
    /// Deletes the server and its allocations, as nova does.
    pub fn delete_server(&mut self, server: &str) {
        if let Some(server) = self.servers.get_mut(server) {
            server.alive = false;
        }
        self.drop_all(server);
    }

    /// A compute service receives the cast and stores this in the record. If the server is deleted, it cleans up.
    pub(super) fn begin(&mut self, Cast { migration, destination, named }: Cast) {
        if !self.is_received(&migration, &destination) {
            return;
        }
        let named = named.map(|named| if self.sends_ports(&destination.host) { named } else { PortProviders::new() });
        if let Some(migration) = self.migrations.get_mut(&migration) {
            (migration.destination, migration.named) = (Some(destination), named);
            migration.record.status = "migrating".into();
        }
        self.clean_up(&migration);
    }

    /// Whether the compute service to which the cast goes is up: that of the source for a live migration.
    fn is_received(&self, migration: &str, destination: &HostNode) -> bool {
        let live = |record: &MigrationRecord| record.migration_type == MigrationType::LiveMigration;
        let record = self.migrations.get(migration).map(|migration| &migration.record).filter(|record| live(record));
        let source = record.and_then(|record| self.servers.get(&record.server)).map(|server| &server.host);
        self.node(source.unwrap_or(&destination.host)).is_none_or(|node| node.up)
    }

    /// Whether this compute service gets the providers of the ports, and uses them.
    fn sends_ports(&self, host: &str) -> bool {
        let is_new = |version: Option<u32>| version.is_some_and(|version| version >= BINDS_PORTS);
        (self.rpc.major, self.rpc.minor) >= SENDS_REQUEST_SPEC
            && self.node(host).is_some_and(|node| is_new(node.version))
    }

    /// The compute services finish all migrations that they have started. If the server is deleted meanwhile, nova
    /// deletes the allocations of the server and its migration.
    pub fn finish(&mut self, ending: MigrationEnd) {
        let begun = |status: &str| ["migrating", "finished"].contains(&status);
        let ids: Vec<String> = self
            .migrations
            .iter()
            .filter(|(_, migration)| begun(&migration.record.status))
            .map(|(id, _)| id.clone())
            .collect();
        for id in ids {
            self.clean_up(&id);
            match ending {
                MigrationEnd::Confirmed => self.confirm(&id),
                MigrationEnd::Reverted => self.revert(&id),
                MigrationEnd::FinishFailed => self.fail_to_finish(&id),
            }
        }
    }

    /// The server now runs on the destination with its new flavor, and the migration waits for a user to confirm it.
    pub fn arrive(&mut self, migration: &str) {
        let Some(migration) = self.migrations.get_mut(migration) else { return };
        let id = migration.record.server.clone();
        let (Some(server), Some(destination)) = (self.servers.get_mut(&id), &migration.destination) else { return };
        migration.record.status = "finished".into();
        server.host.clone_from(&destination.host);
        server.flavor.clone_from(&migration.new_flavor);
        server.unaccounted = false;
        let (named, moved) = (migration.named.clone(), server.clone());
        let bound = named.unwrap_or_else(|| self.ports_due(&moved));
        if let Some(server) = self.servers.get_mut(&id) {
            server.bound = bound;
        }
    }

    fn confirm(&mut self, id: &str) {
        let Some(migration) = self.migrations.get(id).filter(|migration| migration.destination.is_some()) else {
            return;
        };
        let live = migration.record.migration_type == MigrationType::LiveMigration;
        self.arrive(id);
        self.drop_all(id);
        self.save(id, if live { "completed" } else { "confirmed" });
    }

    /// nova's row of the server names the destination already. Its claim there stays, so the server has the flavor of it.
    fn fail_to_finish(&mut self, id: &str) {
        if self.migrations.get(id).is_some_and(|migration| migration.destination.is_some()) {
            self.arrive(id);
            self.drop_all(id);
            self.save(id, "error");
        }
    }

    /// The server gets the record's allocations of the source in exchange for those of the destination.
    fn revert(&mut self, id: &str) {
        let Some(server) = self.migrations.get(id).filter(|migration| migration.destination.is_some()) else { return };
        let server = server.record.server.clone();
        if !self.held(id).is_empty() {
            self.give_all(id, &server);
        }
        self.save(id, "reverted");
    }

    /// A compute service finds that the server is deleted: it deletes all its allocations.
    fn clean_up(&mut self, id: &str) {
        let Some(migration) = self.migrations.get_mut(id) else { return };
        let server = migration.record.server.clone();
        if self.servers.get(&server).is_some_and(|server| server.alive) {
            return;
        }
        (migration.destination, migration.named) = (None, None);
        migration.record.status = "error".into();
        self.drop_all(id);
        self.drop_all(&server);
    }

    fn save(&mut self, id: &str, status: &str) {
        if let Some(migration) = self.migrations.get_mut(id) {
            migration.record.status = status.into();
            (migration.destination, migration.named) = (None, None);
        }
    }
}
