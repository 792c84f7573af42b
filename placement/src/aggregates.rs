//! `/resource_providers/{uuid}/aggregates`: stored and returned, without effect on allocations (placement
//! handlers/aggregate.py).

use serde_json::{Value, json};

use crate::errors::{Code, Refusal};
use crate::inventories::same_generation;
use crate::routes::Call;
use crate::schema::providers as schemas;
use crate::state::State;
use crate::{Provider, Response};

/// GET the aggregates.
pub(crate) fn list(state: &State, call: &Call) -> Result<Response, Refusal> {
    call.since(1)?;
    Ok(shown(call, state.provider(call.param(0))?))
}

/// PUT the aggregates; from microversion 1.19 on with the provider's generation, which then increases.
pub(crate) fn replace(state: &mut State, call: &Call) -> Result<Response, Refusal> {
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
    Ok(shown(call, provider))
}

/// Refuses a document with another generation than the provider's.
pub(crate) fn check_generation(provider: &Provider, body: &Value) -> Result<(), Refusal> {
    if same_generation(provider, body) {
        return Ok(());
    }
    let text = "Resource provider's generation already changed. Please update the generation and try again.";
    Err(Refusal::conflict(text).code(Code::ConcurrentUpdate))
}

/// The strings of a list.
pub(crate) fn texts(list: &Value) -> impl Iterator<Item = String> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned)
}

fn shown(call: &Call, provider: &Provider) -> Response {
    let mut body = json!({ "aggregates": provider.aggregates });
    if let (true, Some(body)) = (call.version.since(19), body.as_object_mut()) {
        body.insert("resource_provider_generation".to_owned(), json!(provider.generation));
    }
    call.ok(body)
}
