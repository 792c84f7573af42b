//! Writes of allocations: check the consumers, then replace all their allocations (placement handlers/allocation.py,
//! _set_allocations_for_consumer and set_allocations; objects/allocation.py, _set_allocations).
//!
//! The real service does this in two transactions. [`begin`] is the first, [`commit`] the second; other requests
//! between them cause its races.

use std::collections::BTreeSet;

use super::AllocationEntry;
use crate::capacity::{self, CapacityRow};
use crate::consumer::{self, Claim};
use crate::errors::{ErrorCode, ErrorResponse};
use crate::state::ModelState;
use crate::{Microversion, Response};

/// A write of allocations after the check of its consumers and before its rows are written.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Draft {
    entries: Vec<AllocationEntry>,
    /// The generation of each entry's consumer at the check, in the same order.
    seen: Vec<u64>,
    /// Consumer records that this write created.
    made: Vec<String>,
    api_call: ApiCall,
    pub(crate) version: Microversion,
}

/// The API call of a write; the texts of its errors differ.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum ApiCall {
    Put { consumer: String },
    Post,
    Reshape,
}

/// Checks each consumer in order and creates missing records. The first refusal deletes these records again.
pub(crate) fn begin(
    state: &mut ModelState,
    entries: Vec<AllocationEntry>,
    version: Microversion,
    api_call: ApiCall,
) -> Result<Draft, ErrorResponse> {
    let mut made = Vec::new();
    for AllocationEntry { claim, .. } in &entries {
        match consumer::ensure(state, claim, version) {
            Ok(true) => made.push(claim.uuid.clone()),
            Ok(false) => {}
            Err(refusal) => {
                consumer::forget(state, &made);
                return Err(refusal);
            }
        }
    }
    let generation =
        |entry: &AllocationEntry| state.consumers.get(&entry.claim.uuid).map_or(0, |consumer| consumer.generation);
    let seen = entries.iter().map(generation).collect();
    Ok(Draft { entries, seen, made, api_call, version })
}

/// Writes the draft. A refusal deletes the records that the draft created; an unknown provider leaves them as orphans.
pub(crate) fn commit(state: &mut ModelState, draft: Draft) -> Result<Response, ErrorResponse> {
    let rows = draft.rows(state)?;
    let written = draft.write(state, &rows);
    if written.is_err() {
        draft.forget(state);
    }
    written.map(|()| Response::no_content())
}

impl Draft {
    /// The rows to write; an error if a provider is unknown.
    pub(crate) fn rows(&self, state: &ModelState) -> Result<Vec<CapacityRow>, ErrorResponse> {
        rows(state, &self.entries)
    }

    /// Writes everything, or nothing.
    pub(crate) fn write(&self, state: &mut ModelState, rows: &[CapacityRow]) -> Result<(), ErrorResponse> {
        fit(state, rows, &self.api_call)?;
        race(state, self)?;
        for (AllocationEntry { claim, .. }, seen) in self.entries.iter().zip(&self.seen) {
            adopt(state, claim, *seen);
        }
        apply(state, rows);
        Ok(())
    }

    /// Deletes the records that the draft created.
    pub(crate) fn forget(&self, state: &mut ModelState) {
        consumer::forget(state, &self.made);
    }
}

/// The new allocations, and with amount 0 everything that emptied consumers hold *now*. A consumer that lost its
/// allocations since the draft was begun has no row, so nothing checks it any more.
fn rows(state: &ModelState, entries: &[AllocationEntry]) -> Result<Vec<CapacityRow>, ErrorResponse> {
    let mut rows = Vec::new();
    for AllocationEntry { claim, providers } in entries {
        let row = |provider: &str, class: &str, amount| CapacityRow {
            consumer: claim.uuid.clone(),
            provider: provider.to_owned(),
            class: class.to_owned(),
            amount,
        };
        for (provider, _) in providers {
            if !state.providers.contains_key(provider) {
                let text = format!("Allocation for resource provider '{provider}' that does not exist.");
                return Err(ErrorResponse::bad_request(text));
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
fn fit(state: &ModelState, rows: &[CapacityRow], api_call: &ApiCall) -> Result<(), ErrorResponse> {
    capacity::check_classes(state, rows).map_err(|unknown| api_call.unknown_class(&unknown.0))?;
    capacity::check(state, rows)
}

impl ApiCall {
    fn unknown_class(&self, text: &str) -> ErrorResponse {
        ErrorResponse::bad_request(match self {
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
fn race(state: &ModelState, draft: &Draft) -> Result<(), ErrorResponse> {
    let moved = |(entry, seen): (&AllocationEntry, &u64)| {
        let now = state.consumers.get(&entry.claim.uuid).map(|consumer| consumer.generation);
        !entry.providers.is_empty() && now != Some(*seen)
    };
    if draft.entries.iter().zip(&draft.seen).any(moved) { Err(raced("data")) } else { Ok(()) }
}

/// The refusal of a write that another write overtook; `what` is `data` for a consumer, else `resource provider data`.
pub(crate) fn raced(what: &str) -> ErrorResponse {
    let text =
        "Inventory and/or allocations changed while attempting to allocate: Another thread concurrently updated the";
    ErrorResponse::conflict(format!("{text} {what}. Please retry your update")).code(ErrorCode::ConcurrentUpdate)
}

fn adopt(state: &mut ModelState, claim: &Claim, seen: u64) {
    if let Some(consumer) = state.consumers.get_mut(&claim.uuid).filter(|consumer| consumer.generation == seen) {
        consumer::adopt(consumer, claim);
    }
}

/// Replaces the allocations of the consumers in the rows. The generation of each of these consumers and providers
/// increases by 1, and the record of a consumer without allocations is deleted. A provider that only loses an
/// allocation has no row, so its generation does not change.
fn apply(state: &mut ModelState, rows: &[CapacityRow]) {
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
