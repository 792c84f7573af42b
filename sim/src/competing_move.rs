//! Another runner that makes the same move, as can happen with two runners without a common journal.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use swaparoo_placement::{Request, Resources};

use super::SimCloud;

/// The migration record that gets the server's allocations if the rival is first.
pub const COMPETITOR: &str = "319ba710-0000-4000-8000-00000000ffff";

impl SimCloud {
    /// Moves the server's allocations to the rival's migration record. If the server holds nothing, moves the
    /// allocations of one of its records back to the server.
    pub(super) fn move_first(&mut self) {
        let Some(server) = self.servers.keys().next().cloned() else { return };
        let holder = self.migrations.keys().find(|migration| !self.held(migration).is_empty()).cloned();
        let (source, target) = match holder {
            _ if !self.held(&server).is_empty() => (server, COMPETITOR.to_owned()),
            Some(migration) => (migration, server),
            None => return,
        };
        let held = self.held(&source);
        let body = json!({ &source: self.held_by(&source, &source, None), &target: self.held_by(&target, &source, Some(&held)) });
        self.placement.handle(&Request::post("/allocations", body));
    }

    fn held_by(&self, consumer: &str, owner: &str, held: Option<&BTreeMap<String, Resources>>) -> Value {
        let known = self.placement.consumers();
        let resources = held.into_iter().flatten().map(|(provider, of)| (provider.clone(), json!({ "resources": of })));
        json!({
            "allocations": resources.collect::<serde_json::Map<_, _>>(),
            "project_id": known.get(owner).map(|owner| &owner.project_id),
            "user_id": known.get(owner).map(|owner| &owner.user_id),
            "consumer_generation": known.get(consumer).map(|consumer| consumer.generation),
        })
    }
}
