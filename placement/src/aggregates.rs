//! `/resource_providers/{uuid}/aggregates`: stored and returned, without effect on allocations (placement
//! handlers/aggregate.py).

use serde_json::{Value, json};

use crate::errors::{ErrorCode, ErrorResponse};
use crate::inventories::same_generation;
use crate::routes::Call;
use crate::schema::providers as schemas;
use crate::state::ModelState;
use crate::{Provider, Response};

/// GET the aggregates.
pub(crate) fn list(state: &ModelState, call: &Call) -> Result<Response, ErrorResponse> {
    call.since(1)?;
    Ok(aggregates_response(call, state.provider(call.param(0))?))
}

/// PUT the aggregates; from microversion 1.19 on with the provider's generation, which then increases.
pub(crate) fn replace(state: &mut ModelState, call: &Call) -> Result<Response, ErrorResponse> {
    call.json_only()?;
    call.since(1)?;
    state.provider(call.param(0))?;
    let body = call.document(schemas::aggregates(call.version))?;
    let provider = state.provider_mut(call.param(0))?;
    let uuids = if call.version.since(19) {
        check_generation(provider, &body)?;
        provider.generation += 1;
        body.get("aggregates").unwrap_or(&Value::Null)
    } else {
        &body
    };
    provider.aggregates = texts(uuids).collect();
    Ok(aggregates_response(call, provider))
}

/// Refuses a document with another generation than the provider's.
pub(crate) fn check_generation(provider: &Provider, body: &Value) -> Result<(), ErrorResponse> {
    if same_generation(provider, body) {
        return Ok(());
    }
    let text = "Resource provider's generation already changed. Please update the generation and try again.";
    Err(ErrorResponse::conflict(text).code(ErrorCode::ConcurrentUpdate))
}

/// The strings of a list.
pub(crate) fn texts(list: &Value) -> impl Iterator<Item = String> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned)
}

fn aggregates_response(call: &Call, provider: &Provider) -> Response {
    let mut body = json!({ "aggregates": provider.aggregates });
    if let (true, Some(body)) = (call.version.since(19), body.as_object_mut()) {
        body.insert("resource_provider_generation".to_owned(), json!(provider.generation));
    }
    call.ok(body)
}
