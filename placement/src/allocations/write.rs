//! Writes of allocations: check the consumers, then replace all their allocations (placement handlers/allocation.py,
//! _set_allocations_for_consumer and set_allocations; objects/allocation.py, _set_allocations).
//!
//! The real service does this in two transactions. [`begin`] is the first, [`commit`] the second; other requests
//! between them cause its races.

use std::collections::BTreeSet;

use super::Entry;
use crate::capacity::{self, Row};
use crate::consumer::{self, Claim};
use crate::errors::{Code, Refusal};
use crate::state::State;
use crate::{Microversion, Response};

/// A write of allocations after the check of its consumers and before its rows are written.
#[derive(Clone, Debug)]
pub struct Draft {
    entries: Vec<Entry>,
    /// The generation of each entry's consumer at the check, in the same order.
    seen: Vec<u64>,
    /// Consumer records that this write created.
    made: Vec<String>,
    door: Door,
    pub(crate) version: Microversion,
}

/// The API call of a write; the texts of its errors differ.
#[derive(Clone, Debug)]
pub(crate) enum Door {
    Put { consumer: String },
    Post,
    Reshape,
}

/// Checks each consumer in order and creates missing records. The first refusal deletes these records again.
pub(crate) fn begin(
    state: &mut State,
    entries: Vec<Entry>,
    version: Microversion,
    door: Door,
) -> Result<Draft, Refusal> {
    let mut made = Vec::new();
    for Entry { claim, .. } in &entries {
        match consumer::ensure(state, claim, version) {
            Ok(true) => made.push(claim.uuid.clone()),
            Ok(false) => {}
            Err(refusal) => {
                consumer::forget(state, &made);
                return Err(refusal);
            }
        }
    }
    let generation = |entry: &Entry| state.consumers.get(&entry.claim.uuid).map_or(0, |consumer| consumer.generation);
    let seen = entries.iter().map(generation).collect();
    Ok(Draft { entries, seen, made, door, version })
}

/// Writes the draft. A refusal deletes the records that the draft created; an unknown provider leaves them as orphans.
pub(crate) fn commit(state: &mut State, draft: Draft) -> Result<Response, Refusal> {
    let rows = draft.rows(state)?;
    let written = draft.write(state, &rows);
    if written.is_err() {
        draft.forget(state);
    }
    written.map(|()| Response::no_content())
}

impl Draft {
    /// The rows to write; an error if a provider is unknown.
    pub(crate) fn rows(&self, state: &State) -> Result<Vec<Row>, Refusal> {
        rows(state, &self.entries)
    }

    /// Writes everything, or nothing.
    pub(crate) fn write(&self, state: &mut State, rows: &[Row]) -> Result<(), Refusal> {
        fit(state, rows, &self.door)?;
        race(state, self)?;
        for (Entry { claim, .. }, seen) in self.entries.iter().zip(&self.seen) {
            adopt(state, claim, *seen);
        }
        apply(state, rows);
        Ok(())
    }

    /// Deletes the records that the draft created.
    pub(crate) fn forget(&self, state: &mut State) {
        consumer::forget(state, &self.made);
    }
}

/// The new allocations, and with amount 0 everything that emptied consumers hold *now*. A consumer that lost its
/// allocations since the draft was begun has no row, so nothing checks it any more.
fn rows(state: &State, entries: &[Entry]) -> Result<Vec<Row>, Refusal> {
    let mut rows = Vec::new();
    for Entry { claim, providers } in entries {
        let row = |provider: &str, class: &str, amount| Row {
            consumer: claim.uuid.clone(),
            provider: provider.to_owned(),
            class: class.to_owned(),
            amount,
        };
        for (provider, _) in providers {
            if !state.providers.contains_key(provider) {
                let text = format!("Allocation for resource provider '{provider}' that does not exist.");
                return Err(Refusal::bad_request(text));
            }
        }
        if providers.is_empty() {
            let held = state.consumers.get(&claim.uuid).into_iter().flat_map(|consumer| &consumer.allocations);
            rows.extend(held.flat_map(|(provider, held)| held.keys().map(|class| row(provider, class, 0))));
        }
        rows.extend(
            providers.iter().flat_map(|(provider, resources)| {
                resources.iter().map(|(class, amount)| row(provider, class, *amount))
            }),
        );
    }
    Ok(rows)
}

/// Checks that the rows may be written.
fn fit(state: &State, rows: &[Row], door: &Door) -> Result<(), Refusal> {
    capacity::check_classes(state, rows).map_err(|unknown| door.unknown_class(&unknown.0))?;
    capacity::check(state, rows)
}

impl Door {
    fn unknown_class(&self, text: &str) -> Refusal {
        Refusal::bad_request(match self {
            Self::Put { consumer } => format!("Unable to allocate inventory for consumer {consumer}: {text}"),
            Self::Post => format!("Unable to allocate inventory {text}"),
            Self::Reshape => malformed_reshape(text),
        })
    }
}

pub(crate) fn malformed_reshape(text: &str) -> String {
    format!("malformed reshaper data: {text}")
}

/// Refuses a write if a consumer's generation has changed since it was begun. Emptied consumers are not checked.
fn race(state: &State, draft: &Draft) -> Result<(), Refusal> {
    let moved = |(entry, seen): (&Entry, &u64)| {
        let now = state.consumers.get(&entry.claim.uuid).map(|consumer| consumer.generation);
        !entry.providers.is_empty() && now != Some(*seen)
    };
    if draft.entries.iter().zip(&draft.seen).any(moved) { Err(raced("data")) } else { Ok(()) }
}

/// The refusal of a write that another write overtook; `what` is `data` for a consumer, else `resource provider data`.
pub(crate) fn raced(what: &str) -> Refusal {
    let text =
        "Inventory and/or allocations changed while attempting to allocate: Another thread concurrently updated the";
    Refusal::conflict(format!("{text} {what}. Please retry your update")).code(Code::ConcurrentUpdate)
}

fn adopt(state: &mut State, claim: &Claim, seen: u64) {
    if let Some(consumer) = state.consumers.get_mut(&claim.uuid).filter(|consumer| consumer.generation == seen) {
        consumer::adopt(consumer, claim);
    }
}

/// Replaces the allocations of the consumers in the rows. The generation of each of these consumers and providers
/// increases by 1, and the record of a consumer without allocations is deleted. A provider that only loses an
/// allocation has no row, so its generation does not change.
fn apply(state: &mut State, rows: &[Row]) {
    let consumers: BTreeSet<&str> = rows.iter().map(|row| row.consumer.as_str()).collect();
    for uuid in &consumers {
        if let Some(consumer) = state.consumers.get_mut(*uuid) {
            consumer.allocations.clear();
            consumer.generation += 1;
        }
    }
    for row in rows.iter().filter(|row| row.amount > 0) {
        if let Some(consumer) = state.consumers.get_mut(&row.consumer) {
            let resources = consumer.allocations.entry(row.provider.clone()).or_default();
            resources.insert(row.class.clone(), row.amount);
        }
    }
    state.consumers.retain(|uuid, consumer| !consumers.contains(uuid.as_str()) || !consumer.allocations.is_empty());
    for uuid in rows.iter().map(|row| row.provider.as_str()).collect::<BTreeSet<_>>() {
        if let Some(provider) = state.providers.get_mut(uuid) {
            provider.generation += 1;
        }
    }
}
