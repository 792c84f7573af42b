//! The state of a Placement as a JSON file that people can read and edit:
//!
//! ```json
//! {
//!   "version": 1,
//!   "resource_classes": ["CUSTOM_GOLD"],
//!   "providers": { "UUID": { "name": "host-1", "generation": 1, "inventories": { "VCPU": { "total": 16 } } } },
//!   "consumers": { "UUID": { "project_id": "p", "user_id": "u", "generation": 1,
//!                            "allocations": { "PROVIDER UUID": { "VCPU": 4 } } } }
//! }
//! ```
//!
//! A consumer without allocations is an empty (orphan) record.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::schema::Pattern;
use crate::state::ModelState;
use crate::uuids::{canonical, is_uuid};
use crate::{Consumer, Inventory, Placement, Provider};

const VERSION: u32 = 1;

/// A state that a real Placement cannot have.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Invalid {
    /// The text is not JSON in this format; the error names line and column.
    #[error("not a placement state: {0}")]
    Form(#[from] serde_json::Error),
    /// The file has another version of the format.
    #[error("version {0} of a placement state is unknown, this program reads version {VERSION}")]
    Version(u32),
    /// The format is right, but a value is impossible.
    #[error("{place}: {fault}")]
    Content {
        /// The place of the value, such as `consumers.UUID.allocations`.
        place: String,
        /// What is wrong, including the value.
        fault: String,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StateFile {
    version: u32,
    #[serde(default)]
    resource_classes: BTreeSet<String>,
    #[serde(default)]
    providers: BTreeMap<String, Provider>,
    #[serde(default)]
    consumers: BTreeMap<String, Consumer>,
}

impl StateFile {
    fn checked(self) -> Result<Placement, Invalid> {
        let Self { version, resource_classes, providers, consumers } = self;
        if version != VERSION {
            return Err(Invalid::Version(version));
        }
        Placement::checked(ModelState { resource_classes, providers, consumers })
    }
}

impl Placement {
    /// Reads the text of a state file.
    ///
    /// # Errors
    /// [`Invalid`] if the text has another format, or a state that a real Placement cannot have.
    pub fn from_json(text: &str) -> Result<Self, Invalid> {
        #[derive(Deserialize)]
        struct Version {
            version: u32,
        }
        let Version { version } = serde_json::from_str(text)?;
        if version != VERSION {
            return Err(Invalid::Version(version));
        }
        serde_json::from_str::<StateFile>(text)?.checked()
    }

    /// The text of a state file. The same state always gives the same text.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default()
    }
}

impl Serialize for Placement {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let ModelState { resource_classes, providers, consumers } = self.state().clone();
        StateFile { version: VERSION, resource_classes, providers, consumers }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Placement {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        StateFile::deserialize(deserializer)?.checked().map_err(de::Error::custom)
    }
}

/// Refuses everything that Placement's API would refuse.
pub(crate) fn check(state: &ModelState) -> Result<(), Invalid> {
    for name in &state.resource_classes {
        let place = || format!("resource_classes.{name}");
        holds(Pattern::CustomClass.fits(name), place, || {
            "a custom resource class is named CUSTOM_ and A-Z, 0-9, _".into()
        })?;
    }
    let mut names = BTreeMap::new();
    for (uuid, provider) in &state.providers {
        let place = || format!("providers.{uuid}");
        check_provider(state, uuid, provider)?;
        let double = names.insert(&provider.name, uuid);
        holds(double.is_none(), place, || {
            format!("the name {:?} is taken by {}", provider.name, double.map_or("", |uuid| uuid))
        })?;
    }
    state.consumers.iter().try_for_each(|(uuid, consumer)| check_consumer(state, uuid, consumer))
}

fn check_provider(state: &ModelState, uuid: &str, provider: &Provider) -> Result<(), Invalid> {
    let place = || format!("providers.{uuid}");
    holds(canonical(uuid).as_deref() == Some(uuid), place, || "not a uuid in lower case with dashes".into())?;
    holds(!provider.name.is_empty(), place, || "a provider needs a name".into())?;
    if let Some(parent) = &provider.parent {
        holds(state.providers.contains_key(parent), place, || {
            format!("its parent {parent} is not among the providers")
        })?;
        holds(!is_own_ancestor(state, uuid), place, || "it is its own ancestor".into())?;
    }
    for (class, inventory) in &provider.inventories {
        let place = || format!("providers.{uuid}.inventories.{class}");
        holds(state.knows_class(class), place, || "no such resource class, add it to resource_classes".into())?;
        check_inventory(inventory, place)?;
    }
    Ok(())
}

fn is_own_ancestor(state: &ModelState, uuid: &str) -> bool {
    let parent = |uuid: &&str| state.providers.get(*uuid).and_then(|provider| provider.parent.as_deref());
    let above = std::iter::successors(parent(&uuid), |uuid| parent(uuid));
    above.take(state.providers.len()).any(|ancestor| ancestor == uuid)
}

fn check_inventory(inventory: &Inventory, place: impl Fn() -> String) -> Result<(), Invalid> {
    let Inventory { total, reserved, min_unit, max_unit, step_size, allocation_ratio } = *inventory;
    let least = total.min(min_unit).min(max_unit).min(step_size);
    let most = total.max(reserved).max(min_unit).max(max_unit).max(step_size);
    holds(least >= 1, &place, || "total, min_unit, max_unit and step_size are at least 1".into())?;
    holds(most <= crate::inventory::MAX_INT, &place, || format!("{most} is more than {}", crate::inventory::MAX_INT))?;
    holds(reserved <= total, &place, || format!("reserved {reserved} is more than total {total}"))?;
    holds(allocation_ratio.0.is_finite(), &place, || "allocation_ratio is not a number".into())
}

fn check_consumer(state: &ModelState, uuid: &str, consumer: &Consumer) -> Result<(), Invalid> {
    let place = || format!("consumers.{uuid}");
    // A POST stores a consumer's uuid as it is written, so spellings other than the canonical one exist.
    holds(is_uuid(uuid) || Pattern::Uuid36.fits(uuid), place, || "not a uuid".into())?;
    for name in [&consumer.project_id, &consumer.user_id] {
        holds((1..=255).contains(&name.chars().count()), place, || {
            "project_id and user_id have 1 to 255 characters".into()
        })?;
    }
    if let Some(name) = &consumer.consumer_type {
        holds(Pattern::Class.fits(name), place, || format!("consumer_type {name:?} is not made of A-Z, 0-9, _"))?;
    }
    for (provider, resources) in &consumer.allocations {
        let place = || format!("consumers.{uuid}.allocations.{provider}");
        let Some(owner) = state.providers.get(provider) else {
            return holds(false, place, || "no such provider".into());
        };
        holds(!resources.is_empty(), place, || "it holds nothing there, leave the provider out".into())?;
        for (class, amount) in resources {
            let place = || format!("consumers.{uuid}.allocations.{provider}.{class}");
            holds(owner.inventories.contains_key(class), place, || "the provider has no such inventory".into())?;
            holds(*amount >= 1, place, || "an amount is at least 1".into())?;
        }
    }
    Ok(())
}

fn holds(condition: bool, place: impl Fn() -> String, fault: impl Fn() -> String) -> Result<(), Invalid> {
    if condition { Ok(()) } else { Err(Invalid::Content { place: place(), fault: fault() }) }
}
