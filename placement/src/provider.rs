//! A resource provider: something that has inventory.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::Inventory;

/// A resource provider: a host, a disk pool, a device.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// Its name, which no other provider has.
    pub name: String,
    /// Goes up with every write to its inventories and with every allocation written on it.
    #[serde(default)]
    pub generation: u64,
    /// The uuid of the provider it is part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// What it has, by resource class.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub inventories: BTreeMap<String, Inventory>,
    /// The uuids of the aggregates it is in.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub aggregates: BTreeSet<String>,
    /// Its traits.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub traits: BTreeSet<String>,
}

impl Provider {
    /// A provider of that name with nothing in it, at generation 0.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }

    /// The same provider with an inventory of one more class.
    #[must_use]
    pub fn with(mut self, class: &str, inventory: Inventory) -> Self {
        self.inventories.insert(class.to_owned(), inventory);
        self
    }

    /// The same provider at another generation.
    #[must_use]
    pub fn at_generation(mut self, generation: u64) -> Self {
        self.generation = generation;
        self
    }
}
