//! Checks that the amounts of a write fit (placement objects/allocation.py, _check_capacity_exceeded).

use std::collections::{BTreeMap, BTreeSet};

use crate::Inventory;
use crate::errors::ErrorResponse;
use crate::state::{ModelState, no_such_class};

/// One allocation to write. Amount 0 deletes it.
#[derive(Clone, Debug)]
pub(crate) struct CapacityRow {
    pub(crate) consumer: String,
    pub(crate) provider: String,
    pub(crate) class: String,
    pub(crate) amount: u64,
}

/// The error for a row with an unknown class.
pub(crate) struct UnknownClass(pub(crate) String);

pub(crate) fn check_classes(state: &ModelState, rows: &[CapacityRow]) -> Result<(), UnknownClass> {
    let unknown = rows.iter().find(|row| !state.knows_class(&row.class));
    unknown.map_or(Ok(()), |row| Err(UnknownClass(no_such_class(&row.class))))
}

/// Checks the rows in order. The current allocations of their consumers do not count as used.
pub(crate) fn check(state: &ModelState, rows: &[CapacityRow]) -> Result<(), ErrorResponse> {
    let writers: BTreeSet<&str> = rows.iter().map(|row| row.consumer.as_str()).collect();
    check_providers(state, rows)?;
    let mut asked: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    for row in rows {
        let sum = asked.entry((&row.provider, &row.class)).or_default();
        *sum = sum.saturating_add(row.amount);
        if row.amount > 0 {
            check_row(state, row, *sum, &writers)?;
        }
    }
    Ok(())
}

/// Refuses first a provider that has none of the classes in the whole request.
fn check_providers(state: &ModelState, rows: &[CapacityRow]) -> Result<(), ErrorResponse> {
    let classes: BTreeSet<&str> = rows.iter().map(|row| row.class.as_str()).collect();
    let bare = |uuid: &str| {
        let provider = state.providers.get(uuid);
        !provider.is_some_and(|provider| classes.iter().any(|class| provider.inventories.contains_key(*class)))
    };
    let missing: BTreeSet<&str> = rows.iter().map(|row| row.provider.as_str()).filter(|uuid| bare(uuid)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let classes = state.classes().filter(|class| classes.contains(class)).collect::<Vec<_>>().join(", ");
    let missing = missing.into_iter().collect::<Vec<_>>().join(", ");
    Err(invalid(&classes, &missing))
}

fn check_row(state: &ModelState, row: &CapacityRow, sum: u64, writers: &BTreeSet<&str>) -> Result<(), ErrorResponse> {
    let CapacityRow { provider, class, amount, .. } = row;
    let inventory = state.providers.get(provider).and_then(|provider| provider.inventories.get(class));
    let Some(inventory) = inventory else { return Err(invalid(class, provider)) };
    if !inventory.permits(*amount) {
        return Err(cannot_create(row, "violate inventory constraints"));
    }
    let used = state.used(provider, class, |consumer| !writers.contains(consumer)).unwrap_or(0).saturating_add(sum);
    let before = state.used(provider, class, |_| true);
    // Usage above the capacity is accepted if it is not more than before.
    if exceeds(inventory, used) && before.is_none_or(|before| used > before) {
        return Err(cannot_create(row, "exceed the capacity"));
    }
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "Placement compares an integer with a double here too")]
fn exceeds(inventory: &Inventory, used: u64) -> bool {
    inventory.capacity() < used as f64
}

fn invalid(class: &str, provider: &str) -> ErrorResponse {
    refused(format!("Inventory for '{class}' on resource provider '{provider}' invalid."))
}

fn cannot_create(row: &CapacityRow, fault: &str) -> ErrorResponse {
    let CapacityRow { provider, class, .. } = row;
    refused(format!(
        "Unable to create allocation for '{class}' on resource provider '{provider}'. The requested amount would {fault}."
    ))
}

fn refused(text: String) -> ErrorResponse {
    ErrorResponse::conflict(format!("Unable to allocate inventory: {text}"))
}
