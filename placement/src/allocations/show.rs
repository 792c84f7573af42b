//! Reads allocations by consumer and by provider.

use serde_json::{Map, Value, json};

use crate::errors::ErrorResponse;
use crate::routes::Call;
use crate::state::{ModelState, no_such_provider};
use crate::{Consumer, Response};

/// GET `/allocations/{consumer}`: never a 404. For a consumer without allocations, the answer has only `allocations`.
pub(crate) fn of_consumer(state: &ModelState, call: &Call) -> Result<Response, ErrorResponse> {
    let mut body = Map::new();
    let holder = state.consumers.get(call.param(0)).filter(|consumer| !consumer.allocations.is_empty());
    body.insert("allocations".to_owned(), holder.map_or_else(|| json!({}), |consumer| by_provider(state, consumer)));
    if let Some(consumer) = holder {
        let mut show = |since, field: &str, value| {
            if call.version.since(since) {
                body.insert(field.to_owned(), value);
            }
        };
        show(12, "project_id", json!(consumer.project_id));
        show(12, "user_id", json!(consumer.user_id));
        show(28, "consumer_generation", json!(consumer.generation));
        show(38, "consumer_type", json!(consumer.consumer_type.as_deref().unwrap_or("unknown")));
    }
    Ok(call.ok(Value::Object(body)))
}

fn by_provider(state: &ModelState, consumer: &Consumer) -> Value {
    let entry = |uuid: &String| {
        let generation = state.providers.get(uuid).map_or(0, |provider| provider.generation);
        json!({ "generation": generation, "resources": consumer.allocations.get(uuid) })
    };
    consumer.allocations.keys().map(|uuid| (uuid.clone(), entry(uuid))).collect()
}

/// GET `/resource_providers/{uuid}/allocations`.
pub(crate) fn of_provider(state: &ModelState, call: &Call) -> Result<Response, ErrorResponse> {
    let uuid = call.param(0);
    let Some(provider) = state.providers.get(uuid) else {
        let text = format!("Resource provider '{uuid}' not found: {}", no_such_provider(uuid));
        return Err(ErrorResponse::not_found(text));
    };
    let holders =
        state.consumers.iter().filter_map(|(id, consumer)| Some((id, consumer, consumer.allocations.get(uuid)?)));
    let entry = |consumer: &Consumer, resources| {
        let mut entry = json!({ "resources": resources });
        if let (true, Some(entry)) = (call.version.since(28), entry.as_object_mut()) {
            entry.insert("consumer_generation".to_owned(), json!(consumer.generation));
        }
        entry
    };
    let allocations: Map<_, _> = holders.map(|(id, consumer, held)| (id.clone(), entry(consumer, held))).collect();
    Ok(call.ok(json!({ "allocations": allocations, "resource_provider_generation": provider.generation })))
}
