//! Actions outside the task: users delete servers, and compute services continue migrations after a cast has arrived.

use super::SimCloud;
use super::cloud::{CastData, PortProviders};
use crate::contract::{ConsumerId, Effect, HostNode, MigrationType, ResourceRequest};

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

/// A cast to a compute service.
#[derive(Debug, Clone)]
pub(super) struct Cast {
    migration: ConsumerId,
    destination: HostNode,
    cast_data: CastData,
}

impl Cast {
    /// The effect, if it is a cast.
    pub(super) fn of(effect: &Effect) -> Option<Self> {
        let (migration, destination, zone, ports) = match effect {
            Effect::PrepResize(cast) => {
                let ports = &cast.request_spec.requested_resources;
                (&cast.migration, &cast.destination, &cast.availability_zone, Some(ports))
            }
            Effect::LiveMigration(cast) => (&cast.migration, &cast.destination, &cast.availability_zone, None),
            _ => return None,
        };
        let providers = |port: &ResourceRequest| (port.requester.clone(), port.providers.clone());
        let cast_data =
            CastData { ports: ports.map(|ports| ports.iter().map(providers).collect()), zone: zone.clone() };
        Some(Self { migration: migration.clone(), destination: destination.clone(), cast_data })
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
    pub(super) fn begin(&mut self, Cast { migration, destination, mut cast_data }: Cast) {
        if !self.is_received(&migration, &destination) {
            return;
        }
        if !self.sends_ports(&destination.host) {
            cast_data.ports.iter_mut().for_each(PortProviders::clear);
        }
        if let Some(migration) = self.migrations.get_mut(&migration) {
            (migration.destination, migration.cast_data) = (Some(destination), Some(cast_data));
            migration.record.status = "migrating".into();
        }
        self.clean_up(&migration);
    }

    /// Whether a compute service receives the cast: the destination is in the server's cell, and the source of a live
    /// migration, to which the cast goes, is up. A cast to a destination that is down waits for it.
    fn is_received(&self, migration: &str, destination: &HostNode) -> bool {
        let record = self.migrations.get(migration).map(|migration| &migration.record);
        let source = record.and_then(|record| self.node(&self.servers.get(&record.server)?.host));
        let is_live = record.is_some_and(|record| record.migration_type == MigrationType::LiveMigration);
        let destination = self.node(&destination.host);
        let same_cell = source.zip(destination).is_none_or(|(source, destination)| source.cell == destination.cell);
        same_cell && source.is_none_or(|node| node.up || !is_live)
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
        let (cast_data, moved) = (migration.cast_data.clone(), server.clone());
        let node_zone = || self.node(&moved.host).and_then(|node| node.zone.clone());
        let zone = cast_data.as_ref().map_or_else(node_zone, |data| data.zone.clone());
        let bound = cast_data.and_then(|data| data.ports).unwrap_or_else(|| self.ports_due(&moved));
        if let Some(server) = self.servers.get_mut(&id) {
            (server.bound, server.zone) = (bound, zone);
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
        (migration.destination, migration.cast_data) = (None, None);
        migration.record.status = "error".into();
        self.drop_all(id);
        self.drop_all(&server);
    }

    fn save(&mut self, id: &str, status: &str) {
        if let Some(migration) = self.migrations.get_mut(id) {
            migration.record.status = status.into();
            (migration.destination, migration.cast_data) = (None, None);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{LiveMigration, PrepResize, RequestSpec, RpcVersion};
    use crate::fixture::{DESTINATION, MIGRATION, SERVER, SOURCE, request_spec};
    use crate::{EffectFault, Violation};

    fn to() -> HostNode {
        HostNode { host: DESTINATION.into(), node: DESTINATION.into() }
    }

    fn with_ports() -> SimCloud {
        let cloud = SimCloud::with_a_server().unwrap().with_a_packet_rate().unwrap();
        cloud.with_a_migration(MigrationType::Resize, "pre-migrating").swapped(true).unwrap()
    }

    /// The cloud after the resize, whose cast names a provider for each port, or the same one for all.
    fn resized(mut cloud: SimCloud, right: bool) -> Vec<Violation> {
        let mut server = cloud.servers[SERVER].clone();
        server.host = DESTINATION.into();
        let due = cloud.ports_due(&server);
        let mut requested_resources = server.ports;
        for port in &mut requested_resources {
            let first = due.values().next().unwrap();
            port.providers = due.get(&port.requester).filter(|_| right).unwrap_or(first).clone();
        }
        let request_spec = RequestSpec { requested_resources, ..request_spec() };
        let (server, migration, host_list) = (SERVER.to_owned(), MIGRATION.to_owned(), Vec::new());
        let cast =
            PrepResize { server, migration, destination: to(), availability_zone: None, request_spec, host_list };
        cloud.answer(&Effect::PrepResize(cast), EffectFault::Answered);
        cloud.finish(MigrationEnd::Confirmed);
        cloud.violations()
    }

    #[test]
    fn ports_are_bound_to_the_providers_that_the_cast_names() {
        assert_eq!(with_ports().servers[SERVER].bound.len(), 2, "bandwidth and packet rate");
        assert_eq!(resized(with_ports(), true), []);
        assert_eq!(resized(with_ports(), false), [Violation::WrongPortProvider]);
    }

    #[test]
    fn an_old_compute_service_or_rpc_api_binds_no_port() {
        let mut old = with_ports();
        old.node_mut(DESTINATION).unwrap().version = Some(BINDS_PORTS - 1);
        assert_eq!(resized(old, true), [Violation::WrongPortProvider]);
        let mut pinned = with_ports();
        pinned.rpc = RpcVersion { major: 5, minor: 1 };
        assert_eq!(resized(pinned, true), [Violation::WrongPortProvider]);
    }

    #[test]
    fn a_live_migration_begins_only_if_its_source_is_up() {
        let cast = Effect::LiveMigration(LiveMigration {
            server: SERVER.into(),
            migration: MIGRATION.into(),
            source_host: SOURCE.into(),
            destination: to(),
            availability_zone: None,
        });
        for up in [true, false] {
            let cloud = SimCloud::with_a_server().unwrap();
            let mut cloud = cloud.with_a_migration(MigrationType::LiveMigration, "accepted");
            cloud.node_mut(SOURCE).unwrap().up = up;
            cloud.answer(&cast, EffectFault::Answered);
            assert_eq!(cloud.migrations[MIGRATION].record.status == "migrating", up);
        }
    }

    #[test]
    fn a_server_that_is_older_than_placement_must_hold_nothing_until_it_moves() {
        let mut cloud = SimCloud::with_a_server().unwrap().unaccounted().unwrap();
        assert_eq!((cloud.violations(), cloud.held(SERVER).len()), (vec![], 0));
        cloud = cloud.with_a_migration(MigrationType::Migration, "finished");
        let migration = cloud.migrations.get_mut(MIGRATION).unwrap();
        migration.destination = Some(to());
        cloud.arrive(MIGRATION);
        assert_eq!(cloud.violations(), [Violation::Lost], "what it uses of the destination");
    }
}
