//! `/resource_classes`: the standard classes, which cannot be changed, and custom ones (placement
//! handlers/resource_class.py).

use serde_json::{Value, json};

use crate::Response;
use crate::errors::ErrorResponse;
use crate::routes::Call;
use crate::schema::{self, providers as schemas};
use crate::state::ModelState;

/// GET `/resource_classes`.
pub(crate) fn list(state: &ModelState, call: &Call) -> Result<Response, ErrorResponse> {
    call.since(2)?;
    let classes: Vec<_> = state.classes().map(to_json).collect();
    Ok(call.ok(json!({ "resource_classes": classes })))
}

/// GET `/resource_classes/{name}`.
pub(crate) fn show(state: &ModelState, call: &Call) -> Result<Response, ErrorResponse> {
    call.since(2)?;
    state.class(call.param(0))?;
    Ok(call.ok(to_json(call.param(0))))
}

/// POST `/resource_classes`.
pub(crate) fn create(state: &mut ModelState, call: &Call) -> Result<Response, ErrorResponse> {
    call.since(2)?;
    call.json_only()?;
    let body = call.document(&schemas::NEW_CLASS)?;
    let name = body.get("name").and_then(Value::as_str).unwrap_or_default();
    if !state.resource_classes.insert(name.to_owned()) {
        return Err(ErrorResponse::conflict(format!("Conflicting resource class already exists: {name}")));
    }
    Ok(Response::created(url(name), Value::Null))
}

/// PUT `/resource_classes/{name}`: creates the class if it does not exist. Below microversion 1.7 a PUT renames a
/// class; the model does not support this.
pub(crate) fn ensure(state: &mut ModelState, call: &Call) -> Result<Response, ErrorResponse> {
    call.since(7)?;
    let name = call.param(0);
    schema::check(&schemas::NEW_CLASS, &json!({ "name": name }))?;
    let made = state.resource_classes.insert(name.to_owned());
    let response = if made { Response::created(url(name), Value::Null) } else { Response::no_content() };
    Ok(Response { headers: vec![("location", url(name))], ..response })
}

/// DELETE `/resource_classes/{name}`.
pub(crate) fn delete(state: &mut ModelState, call: &Call) -> Result<Response, ErrorResponse> {
    call.since(2)?;
    let name = call.param(0);
    state.class(name)?;
    if ModelState::is_standard_class(name) {
        let text = format!("Error in delete resource class: Cannot delete standard resource class {name}.");
        return Err(ErrorResponse::bad_request(text));
    }
    if state.providers.values().any(|provider| provider.inventories.contains_key(name)) {
        let fault = format!("Cannot delete resource class {name}. Class is in use in inventory.");
        return Err(ErrorResponse::conflict(format!("Error in delete resource class: {fault}")));
    }
    state.resource_classes.remove(name);
    Ok(Response::no_content())
}

fn to_json(name: &str) -> Value {
    json!({ "name": name, "links": [{ "rel": "self", "href": url(name) }] })
}

fn url(name: &str) -> String {
    format!("/resource_classes/{name}")
}
