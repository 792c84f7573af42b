//! Ids for a scenario on a real Placement, so that many scenarios run on one at the same time.

use serde::Serialize;
use serde::de::DeserializeOwned;
use swaparoo::simulation::fixture::{DESTINATION, MIGRATION, SERVER, SOURCE};
use swaparoo::simulation::scenario::Scenario;
use uuid::Uuid;

pub struct RandomIds {
    /// The provider of the server's node, and of another one.
    pub node: String,
    pub other: String,
    pub server: String,
    pub migration: String,
    /// The scenario's own ids of these.
    own: [String; 4],
}

impl RandomIds {
    pub fn of(scenario: &Scenario) -> Self {
        let provider = |host| scenario.cloud.node(host).unwrap().provider.clone();
        let own = [provider(SOURCE), provider(DESTINATION), SERVER.to_owned(), MIGRATION.to_owned()];
        let [node, other, server, migration] = std::array::from_fn(|_| Uuid::new_v4().to_string());
        Self { node, other, server, migration, own }
    }

    /// The value with these ids instead of the scenario's.
    pub fn put_into<T: Serialize + DeserializeOwned>(&self, value: &T) -> T {
        let ids = [&self.node, &self.other, &self.server, &self.migration];
        let text = serde_json::to_string(value).unwrap();
        let text = self.own.iter().zip(ids).fold(text, |text, (own, id)| text.replace(own, id));
        serde_json::from_str(&text).unwrap()
    }
}
