//! A resource provider: it has inventories.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::Inventory;

/// A resource provider: a host, a disk pool, a device.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// The provider's name, which is unique.
    pub name: String,
    /// Increases with every write to its inventories and with every write of an allocation on it.
    #[serde(default)]
    pub generation: u64,
    /// The uuid of the parent provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// The inventories by resource class.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub inventories: BTreeMap<String, Inventory>,
    /// The uuids of the provider's aggregates.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub aggregates: BTreeSet<String>,
    /// The names of the provider's traits.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub traits: BTreeSet<String>,
}

impl Provider {
    /// A provider with this name, without inventories, at generation 0.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }

    /// Adds an inventory of one class.
    #[must_use]
    pub fn with(mut self, class: &str, inventory: Inventory) -> Self {
        self.inventories.insert(class.to_owned(), inventory);
        self
    }

    /// Sets the generation.
    #[must_use]
    pub fn at_generation(mut self, generation: u64) -> Self {
        self.generation = generation;
        self
    }
}
