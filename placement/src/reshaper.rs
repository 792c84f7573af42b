//! `/reshaper`: changes inventories and allocations together, for example to split a provider into a tree (placement
//! handlers/reshaper.py, objects/reshaper.py).

use std::collections::BTreeMap;

use serde_json::Value;

use crate::allocations::{self, ApiCall, malformed_reshape};
use crate::errors::{ErrorCode, ErrorResponse};
use crate::inventories::{of_document, same_generation, set};
use crate::routes::Call;
use crate::schema::allocations as schemas;
use crate::state::{ModelState, no_such_class, no_such_provider};
use crate::{Inventory, Response};

/// The new inventories of providers, in the order of the request.
type New = Vec<(String, BTreeMap<String, Inventory>)>;

/// POST `/reshaper`.
pub(crate) fn reshape(state: &mut ModelState, call: &Call) -> Result<Response, ErrorResponse> {
    call.since(30)?;
    call.json_only()?;
    let body = call.document(schemas::reshape(call.version))?;
    let new = read(state, &body)?;
    let entries = allocations::of_document(body.get("allocations").unwrap_or(&Value::Null));
    let draft = allocations::begin(state, entries, call.version, ApiCall::Reshape)?;
    let rows = draft.rows(state)?;
    let before = state.clone();
    let done = widen(state, &new).and_then(|()| draft.write(state, &rows)).and_then(|()| narrow(state, &new));
    if done.is_err() {
        *state = before;
        draft.forget(state);
    }
    done.map(|()| Response::no_content())
}

fn read(state: &ModelState, body: &Value) -> Result<New, ErrorResponse> {
    let providers = body.get("inventories").and_then(Value::as_object).into_iter().flatten();
    let one = |(uuid, body): (&String, &Value)| {
        let Some(provider) = state.providers.get(uuid) else {
            let text = format!("Resource provider {uuid} in inventories not found: {}", no_such_provider(uuid));
            return Err(ErrorResponse::bad_request(text).code(ErrorCode::ProviderNotFound));
        };
        if !same_generation(provider, body) {
            let given = body.get("resource_provider_generation").unwrap_or(&Value::Null);
            let text = format!("resource provider generation conflict for provider {uuid}");
            let text = format!("{text}: actual: {}, given: {given}", provider.generation);
            return Err(ErrorResponse::conflict(text).code(ErrorCode::ConcurrentUpdate));
        }
        Ok((uuid.clone(), of_document(body)))
    };
    providers.map(one).collect()
}

/// First gives every provider its old and its new inventories, so that allocations can move from one to the other.
fn widen(state: &mut ModelState, new: &New) -> Result<(), ErrorResponse> {
    for (uuid, inventories) in new.iter().filter(|(_, inventories)| !inventories.is_empty()) {
        check_classes(state, inventories)?;
        let mut both = state.provider(uuid)?.inventories.clone();
        both.extend(inventories.iter().map(|(class, inventory)| (class.clone(), *inventory)));
        set(state, uuid, &both)?;
    }
    Ok(())
}

fn narrow(state: &mut ModelState, new: &New) -> Result<(), ErrorResponse> {
    new.iter().try_for_each(|(uuid, inventories)| set(state, uuid, inventories))
}

fn check_classes(state: &ModelState, inventories: &BTreeMap<String, Inventory>) -> Result<(), ErrorResponse> {
    match inventories.keys().find(|class| !state.knows_class(class)) {
        Some(class) => Err(ErrorResponse::bad_request(malformed_reshape(&no_such_class(class)))),
        None => Ok(()),
    }
}
