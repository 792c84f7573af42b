//! A consumer: it holds allocations. Placement creates and deletes these records itself (handlers/util.py
//! ensure_consumer, objects/consumer.py delete_consumers_if_no_allocations).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::errors::{ErrorCode, ErrorResponse};
use crate::{Microversion, Resources, state::ModelState};

/// A consumer with its allocations. One without allocations is an orphan: a GET does not show it, but a write must name
/// its generation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Consumer {
    /// The project that uses the resources.
    pub project_id: String,
    /// The user that uses the resources.
    pub user_id: String,
    /// `INSTANCE`, `MIGRATION`, ...; none if the record was created below microversion 1.38.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consumer_type: Option<String>,
    /// 0 for a new record; each write of its allocations adds 1.
    #[serde(default)]
    pub generation: u64,
    /// Amounts by provider uuid and resource class.
    #[serde(default)]
    pub allocations: BTreeMap<String, Resources>,
}

impl Consumer {
    /// A consumer without allocations, at generation 0.
    #[must_use]
    pub fn of(project_id: &str, user_id: &str) -> Self {
        Self { project_id: project_id.to_owned(), user_id: user_id.to_owned(), ..Self::default() }
    }

    /// Adds an allocation; a consumer at generation 0 gets generation 1.
    #[must_use]
    pub fn holding(mut self, provider: &str, class: &str, amount: u64) -> Self {
        self.allocations.entry(provider.to_owned()).or_default().insert(class.to_owned(), amount);
        self.generation = self.generation.max(1);
        self
    }

    /// Sets the consumer type.
    #[must_use]
    pub fn typed(mut self, consumer_type: &str) -> Self {
        self.consumer_type = Some(consumer_type.to_owned());
        self
    }

    /// Sets the generation.
    #[must_use]
    pub fn at_generation(mut self, generation: u64) -> Self {
        self.generation = generation;
        self
    }
}

/// The consumer's part of a write.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Claim {
    pub(crate) uuid: String,
    pub(crate) project_id: String,
    pub(crate) user_id: String,
    /// Sent from microversion 1.38 on.
    pub(crate) consumer_type: Option<String>,
    /// A number or null, as sent; checked from microversion 1.28 on.
    pub(crate) generation: Value,
}

/// Checks the claimed generation, and creates the record if it does not exist. Returns true if it created one.
pub(crate) fn ensure(state: &mut ModelState, claim: &Claim, version: Microversion) -> Result<bool, ErrorResponse> {
    let existing = state.consumers.get(&claim.uuid);
    if version.since(28) {
        check_generation(existing, &claim.generation)?;
    }
    if existing.is_some() {
        return Ok(false);
    }
    let consumer =
        Consumer { consumer_type: claim.consumer_type.clone(), ..Consumer::of(&claim.project_id, &claim.user_id) };
    state.consumers.insert(claim.uuid.clone(), consumer);
    Ok(true)
}

fn check_generation(existing: Option<&Consumer>, claimed: &Value) -> Result<(), ErrorResponse> {
    let expected = existing.map(|consumer| consumer.generation);
    // 1.0 equals 1 to Placement, as it does to Python.
    #[expect(clippy::cast_precision_loss, reason = "a generation is far below 2^53")]
    let same = match expected {
        Some(generation) => claimed.as_f64() == Some(generation as f64),
        None => claimed.is_null(),
    };
    if same {
        return Ok(());
    }
    let expected = expected.map_or_else(|| "null".to_owned(), |generation| generation.to_string());
    let got = if claimed.is_null() { "None".to_owned() } else { claimed.to_string() };
    let text = format!("consumer generation conflict - expected {expected} but got {got}");
    Err(ErrorResponse::conflict(text).code(ErrorCode::ConcurrentUpdate))
}

/// Deletes records that a failed request created, unless another request has written to them in the meantime.
pub(crate) fn forget(state: &mut ModelState, made: &[String]) {
    for uuid in made {
        if state.consumers.get(uuid).is_some_and(|consumer| consumer.allocations.is_empty()) {
            state.consumers.remove(uuid);
        }
    }
}

/// Sets the record's project, user and type from a write. A write without a type does not change the type.
pub(crate) fn adopt(consumer: &mut Consumer, claim: &Claim) {
    consumer.project_id.clone_from(&claim.project_id);
    consumer.user_id.clone_from(&claim.user_id);
    if claim.consumer_type.is_some() {
        consumer.consumer_type.clone_from(&claim.consumer_type);
    }
}
