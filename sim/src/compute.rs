//! What others do beside the task: users delete servers, and compute services go on where a cast has come to them.

use serde_json::{Map, Value, json};
use swaparoo_placement::Request;

use super::Cloud;
use crate::contract::{HostNode, MigrationType};

/// How a migration ends that a compute service has begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The server stays on the destination.
    Confirmed,
    /// It goes back to the source, or never leaves it.
    Reverted,
}

impl Cloud {
    /// nova has the server no more, and drops what it holds, whatever that is.
    pub fn delete_server(&mut self, server: &str) {
        if let Some(server) = self.servers.get_mut(server) {
            server.alive = false;
        }
        self.drop_all(server);
    }

    /// The compute service has the cast, and says so in the record. It finds a server that is gone, and cleans up.
    pub(super) fn begin(&mut self, migration: &str, destination: HostNode) {
        if let Some(migration) = self.migrations.get_mut(migration) {
            migration.destination = Some(destination);
            migration.record.status = "migrating".into();
        }
        self.clean_up(migration);
    }

    /// The compute services come to the end of what they have begun. nova deletes what a server and its migration hold
    /// when the server is gone by then.
    pub fn finish(&mut self, ending: Ending) {
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
                Ending::Confirmed => self.confirm(&id),
                Ending::Reverted => self.revert(&id),
            }
        }
    }

    /// The server is on the destination by now, with its new flavor, and a user is asked whether that is well.
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

    /// The server has what the record holds of the source, in exchange for the destination.
    fn revert(&mut self, id: &str) {
        let Some(server) = self.migrations.get(id).filter(|migration| migration.destination.is_some()) else { return };
        let server = server.record.server.clone();
        if !self.held(id).is_empty() {
            let post = Request::post(
                "/allocations",
                json!({ id: self.entry(id, None), &server: self.entry(&server, Some(id)) }),
            );
            self.placement.handle(&post);
        }
        self.save(id, "reverted");
    }

    /// An entry of a POST: the consumer is to hold what `like` holds, or nothing.
    fn entry(&self, consumer: &str, like: Option<&str>) -> Value {
        let known = self.placement.consumers();
        let held = like.and_then(|like| known.get(like)).map(|like| like.allocations.clone()).unwrap_or_default();
        let resources = held.into_iter().map(|(provider, of)| (provider, json!({ "resources": of })));
        let owner = known.get(consumer).or_else(|| like.and_then(|like| known.get(like)));
        json!({
            "allocations": resources.collect::<Map<_, _>>(),
            "project_id": owner.map(|owner| &owner.project_id),
            "user_id": owner.map(|owner| &owner.user_id),
            "consumer_generation": known.get(consumer).map(|consumer| consumer.generation),
        })
    }

    /// A compute service comes upon a server that is gone: nobody is to hold anything for it.
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

    fn drop_all(&mut self, consumer: &str) {
        self.placement.handle(&Request::delete(&format!("/allocations/{consumer}")));
    }
}
