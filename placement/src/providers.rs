//! `/resource_providers` (placement handlers/resource_provider.py).

use serde_json::{Map, Value, json};

use crate::errors::{ErrorCode, ErrorResponse};
use crate::routes::Call;
use crate::schema::providers as schemas;
use crate::state::ModelState;
use crate::{Provider, Response, uuids};

/// GET `/resource_providers`, filtered by name, uuid or tree. The filters by resources, aggregates and traits are not
/// modelled.
pub(crate) fn list(state: &ModelState, call: &Call) -> Result<Response, ErrorResponse> {
    let query = call.query(schemas::list(call.version))?;
    let parameter = |name| query.get(name).and_then(Value::as_str);
    let tree = parameter("in_tree").map(|uuid| root(state, uuid));
    let matching = |(uuid, provider): &(&String, &Provider)| {
        parameter("uuid").is_none_or(|wanted| *uuid == wanted)
            && parameter("name").is_none_or(|wanted| provider.name == wanted)
            && tree.is_none_or(|tree| root(state, uuid) == tree)
    };
    let providers =
        state.providers.iter().filter(matching).map(|(uuid, provider)| to_json(state, call, uuid, provider));
    Ok(call.ok(json!({ "resource_providers": providers.collect::<Vec<_>>() })))
}

/// GET `/resource_providers/{uuid}`.
pub(crate) fn show(state: &ModelState, call: &Call) -> Result<Response, ErrorResponse> {
    let uuid = call.param(0);
    Ok(call.ok(to_json(state, call, uuid, state.provider(uuid)?)))
}

/// POST `/resource_providers`. A provider without a uuid in the request gets one that is derived from its name.
pub(crate) fn create(state: &mut ModelState, call: &Call) -> Result<Response, ErrorResponse> {
    call.json_only()?;
    let body = call.document(schemas::create(call.version))?;
    let text = |field| body.get(field).and_then(Value::as_str).filter(|text| !text.is_empty());
    let name = text("name").unwrap_or_default();
    let uuid = text("uuid").and_then(uuids::canonical).unwrap_or_else(|| free_uuid(state, name));
    let parent = text("parent_provider_uuid").map(str::to_owned);
    if let Some(fault) = creation_fault(state, name, &uuid, parent.as_deref()) {
        let text = format!(
            "Unable to create resource provider \"{name}\", {uuid}: Object action create failed because: {fault}"
        );
        return Err(ErrorResponse::bad_request(text));
    }
    if let Some(taken) = taken(state, &uuid, name) {
        return Err(conflicting(&taken));
    }
    state.providers.insert(uuid.clone(), Provider { parent, ..Provider::named(name) });
    let location = url(&uuid);
    if call.version.since(20) {
        let body = to_json(state, call, &uuid, state.provider(&uuid)?);
        let mut response = call.ok(body);
        response.headers.push(("location", location));
        return Ok(response);
    }
    Ok(Response::created(location, Value::Null))
}

/// PUT `/resource_providers/{uuid}`: changes the name or the parent.
pub(crate) fn update(state: &mut ModelState, call: &Call) -> Result<Response, ErrorResponse> {
    let uuid = call.param(0);
    let old = state.provider(uuid)?.clone();
    call.json_only()?;
    let body = call.document(schemas::update(call.version))?;
    let name = body.get("name").and_then(Value::as_str).unwrap_or_default();
    let parent = match body.get("parent_provider_uuid") {
        Some(parent) => parent.as_str().map(str::to_owned),
        None => old.parent.clone(),
    };
    let moved = call.version.since(37) || old.parent.is_none();
    if let Some(fault) = move_fault(state, uuid, &old, parent.as_deref(), moved) {
        let text = format!("Unable to save resource provider {uuid}: Object action update failed because: {fault}");
        return Err(ErrorResponse::bad_request(text));
    }
    if state.providers.iter().any(|(other, provider)| other != uuid && provider.name == name) {
        return Err(conflicting(name));
    }
    state.providers.insert(uuid.to_owned(), Provider { name: name.to_owned(), parent, ..old });
    Ok(call.ok(to_json(state, call, uuid, state.provider(uuid)?)))
}

/// DELETE `/resource_providers/{uuid}`.
pub(crate) fn delete(state: &mut ModelState, call: &Call) -> Result<Response, ErrorResponse> {
    let uuid = call.param(0);
    if !state.providers.contains_key(uuid) {
        return Err(ErrorResponse::not_found(format!("No resource provider with uuid {uuid} found for delete")));
    }
    if state.providers.values().any(|provider| provider.parent.as_deref() == Some(uuid)) {
        let text = format!("Unable to delete parent resource provider {uuid}: It has child resource providers.");
        return Err(ErrorResponse::conflict(text).code(ErrorCode::CannotDeleteParent));
    }
    if !state.classes_in_use(uuid).is_empty() {
        let text = format!("Unable to delete resource provider {uuid}: Resource provider has allocations.");
        return Err(ErrorResponse::conflict(text).code(ErrorCode::ProviderInUse));
    }
    state.providers.remove(uuid);
    Ok(Response::no_content())
}

fn creation_fault(state: &ModelState, name: &str, uuid: &str, parent: Option<&str>) -> Option<String> {
    if name.is_empty() {
        return Some("name is required".to_owned());
    }
    match parent {
        Some(parent) if parent == uuid => Some(
            "parent provider UUID cannot be same as UUID. \
             Please set parent provider UUID to None if there is no parent."
                .to_owned(),
        ),
        Some(parent) if !state.providers.contains_key(parent) => {
            Some("parent provider UUID does not exist.".to_owned())
        }
        _ => None,
    }
}

/// Below microversion 1.37 a provider can get a parent, but not change it.
fn move_fault(
    state: &ModelState,
    uuid: &str,
    old: &Provider,
    parent: Option<&str>,
    may_move: bool,
) -> Option<&'static str> {
    match parent {
        parent if parent == old.parent.as_deref() => None,
        _ if !may_move => Some("re-parenting a provider is not currently allowed."),
        Some(parent) if !state.providers.contains_key(parent) => Some("parent provider UUID does not exist."),
        Some(parent) if ancestors(state, parent).any(|ancestor| ancestor == uuid) => {
            Some("creating loop in the provider tree is not allowed.")
        }
        _ => None,
    }
}

fn taken(state: &ModelState, uuid: &str, name: &str) -> Option<String> {
    let by_name = state.providers.values().any(|provider| provider.name == name);
    let by_uuid = state.providers.contains_key(uuid);
    by_uuid.then(|| format!("uuid: {uuid}")).or_else(|| by_name.then(|| format!("name: {name}")))
}

fn conflicting(what: &str) -> ErrorResponse {
    ErrorResponse::conflict(format!("Conflicting resource provider {what} already exists."))
        .code(ErrorCode::DuplicateName)
}

fn free_uuid(state: &ModelState, name: &str) -> String {
    let mut seed = name.to_owned();
    loop {
        let uuid = uuids::derived(&seed);
        if !state.providers.contains_key(&uuid) {
            return uuid;
        }
        seed.push('+');
    }
}

/// A provider and its ancestors. It always ends, because it takes at most as many steps as there are providers.
fn ancestors<'a>(state: &'a ModelState, uuid: &'a str) -> impl Iterator<Item = &'a str> {
    let parent = |uuid: &&'a str| state.providers.get(*uuid)?.parent.as_deref();
    std::iter::successors(Some(uuid), parent).take(state.providers.len())
}

fn root<'a>(state: &'a ModelState, uuid: &'a str) -> &'a str {
    ancestors(state, uuid).last().unwrap_or(uuid)
}

fn to_json(state: &ModelState, call: &Call, uuid: &str, provider: &Provider) -> Value {
    let mut body = Map::new();
    body.insert("uuid".to_owned(), json!(uuid));
    body.insert("name".to_owned(), json!(provider.name));
    body.insert("generation".to_owned(), json!(provider.generation));
    body.insert("links".to_owned(), links(call, uuid));
    if call.version.since(14) {
        body.insert("parent_provider_uuid".to_owned(), json!(provider.parent));
        body.insert("root_provider_uuid".to_owned(), json!(root(state, uuid)));
    }
    Value::Object(body)
}

fn links(call: &Call, uuid: &str) -> Value {
    let since = [(0, "inventories"), (0, "usages"), (1, "aggregates"), (6, "traits"), (11, "allocations")];
    let known = since.iter().filter(|(minor, _)| call.version.since(*minor));
    let parts = known.map(|(_, rel)| json!({ "rel": rel, "href": format!("{}/{rel}", url(uuid)) }));
    std::iter::once(json!({ "rel": "self", "href": url(uuid) })).chain(parts).collect()
}

fn url(uuid: &str) -> String {
    format!("/resource_providers/{uuid}")
}
