//! Actions outside the task: users delete servers, and compute services continue migrations after a cast has arrived.

use super::SimCloud;
use crate::contract::{HostNode, MigrationType};

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

impl SimCloud {
    /// Deletes the server and its allocations, as nova does.
    pub fn delete_server(&mut self, server: &str) {
        if let Some(server) = self.servers.get_mut(server) {
            server.alive = false;
        }
        self.drop_all(server);
    }

    /// A compute service receives the cast and stores this in the record. If the server is deleted, it cleans up.
    pub(super) fn begin(&mut self, migration: &str, destination: HostNode) {
        if let Some(migration) = self.migrations.get_mut(migration) {
            migration.destination = Some(destination);
            migration.record.status = "migrating".into();
        }
        self.clean_up(migration);
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
        let (Some(server), Some(destination)) =
            (self.servers.get_mut(&migration.record.server), &migration.destination)
        else {
            return;
        };
        migration.record.status = "finished".into();
        server.host.clone_from(&destination.host);
        server.flavor.clone_from(&migration.new_flavor);
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
        migration.destination = None;
        migration.record.status = "error".into();
        self.drop_all(id);
        self.drop_all(&server);
    }

    fn save(&mut self, id: &str, status: &str) {
        if let Some(migration) = self.migrations.get_mut(id) {
            migration.record.status = status.into();
            migration.destination = None;
        }
    }
}
