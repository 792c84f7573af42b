//! `/resource_providers/{uuid}/inventories`: the inventories of a provider (placement handlers/inventory.py).

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::errors::{ErrorCode, ErrorResponse};
use crate::inventory::Ratio;
use crate::routes::Call;
use crate::schema::providers as schemas;
use crate::state::{ModelState, no_such_class, no_such_provider};
use crate::{Inventory, Microversion, Provider, Response};

/// GET all inventories.
pub(crate) fn list(state: &ModelState, call: &Call) -> Result<Response, ErrorResponse> {
    Ok(call.ok(to_json(visible(state, call)?)))
}

/// GET the inventory of one class.
pub(crate) fn show(state: &ModelState, call: &Call) -> Result<Response, ErrorResponse> {
    let (uuid, class) = (call.param(0), call.param(1));
    let provider = visible(state, call)?;
    match provider.inventories.get(class) {
        Some(inventory) => Ok(call.ok(single(inventory, provider.generation))),
        None => Err(ErrorResponse::not_found(format!("No inventory of class {class} for {uuid}"))),
    }
}

/// POST an inventory of a class that the provider does not have yet.
pub(crate) fn create(state: &mut ModelState, call: &Call) -> Result<Response, ErrorResponse> {
    call.json_only()?;
    let uuid = call.param(0);
    state.provider(uuid)?;
    let body = call.document(&schemas::NEW_INVENTORY)?;
    let class = body.get("resource_class").and_then(Value::as_str).unwrap_or_default();
    let inventory = read(&body);
    let refuse =
        |fault| ErrorResponse::bad_request(format!("Unable to create inventory for resource provider {uuid}: {fault}"));
    check_reserved(call.version, uuid, class, &inventory).map_err(refuse)?;
    if !state.knows_class(class) {
        return Err(refuse(no_such_class(class)));
    }
    let provider = state.provider_mut(uuid)?;
    if provider.inventories.contains_key(class) {
        return Err(
            ErrorResponse::conflict(format!("Update conflict: {class} is there")).code(ErrorCode::ConcurrentUpdate)
        );
    }
    provider.inventories.insert(class.to_owned(), inventory);
    provider.generation += 1;
    let location = format!("/resource_providers/{uuid}/inventories/{class}");
    Ok(Response::created(location, single(&inventory, provider.generation)))
}

/// PUT all inventories.
pub(crate) fn replace(state: &mut ModelState, call: &Call) -> Result<Response, ErrorResponse> {
    call.json_only()?;
    let uuid = call.param(0);
    state.provider(uuid)?;
    let body = call.document(&schemas::INVENTORIES)?;
    check_generation(state.provider(uuid)?, &body)?;
    let new = of_document(&body);
    for (class, inventory) in &new {
        check_reserved(call.version, uuid, class, inventory).map_err(|fault| unable_to_update(uuid, &fault))?;
    }
    set(state, uuid, &new)?;
    Ok(call.ok(to_json(state.provider(uuid)?)))
}

/// PUT the inventory of a class that the provider has.
pub(crate) fn update(state: &mut ModelState, call: &Call) -> Result<Response, ErrorResponse> {
    call.json_only()?;
    let (uuid, class) = (call.param(0), call.param(1));
    state.provider(uuid)?;
    let body = call.document(&schemas::INVENTORY)?;
    check_generation(state.provider(uuid)?, &body)?;
    let inventory = read(&body);
    check_reserved(call.version, uuid, class, &inventory).map_err(|fault| unable_to_update(uuid, &fault))?;
    state.class(class)?;
    let provider = state.provider_mut(uuid)?;
    let Some(old) = provider.inventories.get_mut(class) else {
        let text = format!("No inventory record with resource class for resource provider {uuid}: {}", none_of(class));
        return Err(ErrorResponse::bad_request(text));
    };
    *old = inventory;
    provider.generation += 1;
    Ok(call.ok(single(&inventory, provider.generation)))
}

/// DELETE the inventory of one class.
pub(crate) fn delete(state: &mut ModelState, call: &Call) -> Result<Response, ErrorResponse> {
    let (uuid, class) = (call.param(0), call.param(1));
    state.provider(uuid)?;
    let missing = |fault| ErrorResponse::not_found(format!("No inventory of class {class} found for delete: {fault}"));
    if !state.knows_class(class) {
        return Err(missing(no_such_class(class)));
    }
    if state.classes_in_use(uuid).contains(class) {
        let text = format!("Unable to delete inventory of class {class}: {}", in_use(class, uuid));
        return Err(ErrorResponse::conflict(text).code(ErrorCode::ConcurrentUpdate));
    }
    let provider = state.provider_mut(uuid)?;
    if provider.inventories.remove(class).is_none() {
        return Err(missing(format!("No inventory of class {class} found for delete")));
    }
    provider.generation += 1;
    Ok(Response::no_content())
}

/// DELETE all inventories.
pub(crate) fn clear(state: &mut ModelState, call: &Call) -> Result<Response, ErrorResponse> {
    if !call.version.since(5) {
        return Err(ErrorResponse::not_allowed("", None));
    }
    let uuid = call.param(0);
    state.provider(uuid)?;
    let held: Vec<&str> = state.classes_in_use(uuid).into_iter().collect();
    if !held.is_empty() {
        return Err(ErrorResponse::conflict(in_use(&held.join(", "), uuid)).code(ErrorCode::InventoryInUse));
    }
    let provider = state.provider_mut(uuid)?;
    provider.inventories.clear();
    provider.generation += 1;
    Ok(Response::no_content())
}

/// Replaces all inventories of a provider. A class with allocations must stay, but its numbers may change.
pub(crate) fn set(state: &mut ModelState, uuid: &str, new: &BTreeMap<String, Inventory>) -> Result<(), ErrorResponse> {
    if let Some(class) = new.keys().find(|class| !state.knows_class(class)) {
        let text =
            format!("Unknown resource class in inventory for resource provider {uuid}: {}", no_such_class(class));
        return Err(ErrorResponse::bad_request(text));
    }
    let held: Vec<&str> = state.classes_in_use(uuid).into_iter().filter(|class| !new.contains_key(*class)).collect();
    if !held.is_empty() {
        let text = format!("update conflict: {}", in_use(&held.join(", "), uuid));
        return Err(ErrorResponse::conflict(text).code(ErrorCode::InventoryInUse));
    }
    let provider = state.provider_mut(uuid)?;
    provider.inventories.clone_from(new);
    provider.generation += 1;
    Ok(())
}

/// The inventories of a document with the key `inventories`.
pub(crate) fn of_document(body: &Value) -> BTreeMap<String, Inventory> {
    let inventories = body.get("inventories").and_then(Value::as_object).into_iter().flatten();
    inventories.map(|(class, body)| (class.clone(), read(body))).collect()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the schema has checked: whole, 0 to 2^31 - 1"
)]
fn read(body: &Value) -> Inventory {
    let whole = |field| body.get(field).and_then(Value::as_f64).map(|number| number as u64);
    let defaults = Inventory::of(0);
    Inventory {
        total: whole("total").unwrap_or(0),
        reserved: whole("reserved").unwrap_or(defaults.reserved),
        min_unit: whole("min_unit").unwrap_or(defaults.min_unit),
        max_unit: whole("max_unit").unwrap_or(defaults.max_unit),
        step_size: whole("step_size").unwrap_or(defaults.step_size),
        allocation_ratio: body.get("allocation_ratio").and_then(Value::as_f64).map_or_else(Ratio::default, Ratio),
    }
}

fn visible<'a>(state: &'a ModelState, call: &Call) -> Result<&'a Provider, ErrorResponse> {
    let uuid = call.param(0);
    let missing = || format!("No resource provider with uuid {uuid} found : {}", no_such_provider(uuid));
    state.providers.get(uuid).ok_or_else(|| ErrorResponse::not_found(missing()))
}

/// True if the document's `resource_provider_generation` is the provider's generation.
pub(crate) fn same_generation(provider: &Provider, body: &Value) -> bool {
    let given = body.get("resource_provider_generation").and_then(Value::as_f64);
    #[expect(clippy::cast_precision_loss, reason = "a generation is far below 2^53")]
    let generation = provider.generation as f64;
    given == Some(generation)
}

fn check_generation(provider: &Provider, body: &Value) -> Result<(), ErrorResponse> {
    let conflict =
        || ErrorResponse::conflict("resource provider generation conflict").code(ErrorCode::ConcurrentUpdate);
    if same_generation(provider, body) { Ok(()) } else { Err(conflict()) }
}

/// From microversion 1.26 on, the whole total may be reserved; before, some of it must remain.
fn check_reserved(version: Microversion, uuid: &str, class: &str, inventory: &Inventory) -> Result<(), String> {
    let capacity = inventory.capacity().trunc();
    let (refused, fault) = if version.since(26) {
        (capacity < 0.0, "greater than total")
    } else {
        (capacity <= 0.0, "greater than or equal to total")
    };
    let text =
        || format!("Invalid inventory for '{class}' on resource provider '{uuid}'. The reserved value is {fault}.");
    if refused { Err(text()) } else { Ok(()) }
}

fn unable_to_update(uuid: &str, fault: &str) -> ErrorResponse {
    ErrorResponse::bad_request(format!("Unable to update inventory for resource provider {uuid}: {fault}"))
}

fn none_of(class: &str) -> String {
    format!("No inventory of class {class} found.")
}

fn in_use(classes: &str, uuid: &str) -> String {
    format!("Inventory for '{classes}' on resource provider '{uuid}' in use.")
}

fn to_json(provider: &Provider) -> Value {
    json!({ "resource_provider_generation": provider.generation, "inventories": provider.inventories })
}

/// One inventory with its provider's generation, which is left out if it is 0.
fn single(inventory: &Inventory, generation: u64) -> Value {
    let mut body: Map<String, Value> = match json!(inventory) {
        Value::Object(body) => body,
        _ => Map::new(),
    };
    if generation > 0 {
        body.insert("resource_provider_generation".to_owned(), json!(generation));
    }
    Value::Object(body)
}
