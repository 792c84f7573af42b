//! What other clients of Placement do to a consumer: another runner that makes the same move, as can happen with two
//! runners without a common journal; the scheduler; an operator.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use swaparoo_placement::{Request, Resources};

use super::SimCloud;
use super::fixture::DESTINATION;

/// The migration record that gets the server's allocations if the other runner is first.
pub const COMPETITOR: &str = "319ba710-0000-4000-8000-00000000ffff";
/// What the scheduler claims in addition, in VCPU.
const CLAIM: u64 = 3;

impl SimCloud {
    /// Moves the server's allocations to the other runner's migration record. If the server holds nothing, moves the
    /// allocations of one of its records back to the server.
    pub(super) fn move_first(&mut self) {
        let Some(server) = self.servers.keys().next().cloned() else { return };
        let holder = self.migrations.keys().find(|migration| !self.held(migration).is_empty()).cloned();
        let (source, target) = match holder {
            _ if !self.held(&server).is_empty() => (server, COMPETITOR.to_owned()),
            Some(migration) => (migration, server),
            None => return,
        };
        self.give_all(&source, &target);
    }

    /// Gives all allocations of a consumer to another one, in one write.
    pub(super) fn give_all(&mut self, source: &str, target: &str) {
        let given = self.entry(target, self.held(source), source);
        let body = json!({ source: self.entry(source, BTreeMap::new(), source), target: given });
        self.remember();
        self.placement.handle(&Request::post("/allocations", body));
    }

    /// Writes a consumer's allocations again, unchanged.
    pub(super) fn touch(&mut self, consumer: &str) {
        self.put(consumer, self.held(consumer));
    }

    /// Adds a claim on the destination, as nova's scheduler does.
    pub(super) fn claim_more(&mut self, consumer: &str) {
        let node = self.node(DESTINATION).map(|node| node.provider.clone());
        let claim = node.map(|node| (node, Resources::from([("VCPU".to_owned(), CLAIM)])));
        self.put(consumer, self.held(consumer).into_iter().chain(claim).collect());
    }

    /// Creates a record without allocations.
    pub(super) fn orphan(&mut self, consumer: &str) {
        self.put(consumer, BTreeMap::new());
    }

    /// Deletes a consumer's allocations.
    pub(super) fn drop_all(&mut self, consumer: &str) {
        self.remember();
        self.placement.handle(&Request::delete(&format!("/allocations/{consumer}")));
    }

    fn put(&mut self, consumer: &str, held: BTreeMap<String, Resources>) {
        let body = self.entry(consumer, held, consumer);
        self.remember();
        self.placement.handle(&Request::put(&format!("/allocations/{consumer}"), body));
    }

    /// What a write says of one consumer. A new one gets the project and user of `like`, or of the server.
    fn entry(&self, consumer: &str, held: BTreeMap<String, Resources>, like: &str) -> Value {
        let known = self.placement.consumers();
        let owner = known.get(consumer).or_else(|| known.get(like));
        let owner = owner.map(|owner| (&owner.project_id, &owner.user_id));
        let owner = owner.or_else(|| self.servers.values().next().map(|server| (&server.project, &server.user)));
        let resources = held.into_iter().map(|(provider, of)| (provider, json!({ "resources": of })));
        json!({
            "allocations": resources.collect::<Map<_, _>>(),
            "project_id": owner.map(|(project, _)| project),
            "user_id": owner.map(|(_, user)| user),
            "consumer_generation": known.get(consumer).map(|consumer| consumer.generation),
        })
    }
}
