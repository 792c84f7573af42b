//! Usages: sums of allocations by provider and by project (placement handlers/usage.py, objects/usage.py).

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::errors::ErrorResponse;
use crate::routes::Call;
use crate::schema::providers as schemas;
use crate::state::{ModelState, no_such_provider};
use crate::{Consumer, Resources, Response};

/// GET `/resource_providers/{uuid}/usages`.
pub(crate) fn of_provider(state: &ModelState, call: &Call) -> Result<Response, ErrorResponse> {
    let uuid = call.param(0);
    let Some(provider) = state.providers.get(uuid) else {
        let text = format!("No resource provider with uuid {uuid} found: {}", no_such_provider(uuid));
        return Err(ErrorResponse::not_found(text));
    };
    let used = |class: &String| state.used(uuid, class, |_| true).unwrap_or(0);
    let usages: Map<_, _> = provider.inventories.keys().map(|class| (class.clone(), json!(used(class)))).collect();
    Ok(call.ok(json!({ "usages": usages, "resource_provider_generation": provider.generation })))
}

/// GET `/usages`: of a project, or of one user in it; from microversion 1.38 on by consumer type.
pub(crate) fn of_project(state: &ModelState, call: &Call) -> Result<Response, ErrorResponse> {
    call.since(9)?;
    let query = call.query(schemas::usages(call.version))?;
    let parameter = |name| query.get(name).and_then(Value::as_str);
    let matching = |consumer: &&Consumer| {
        Some(consumer.project_id.as_str()) == parameter("project_id")
            && parameter("user_id").is_none_or(|user| consumer.user_id == user)
            && !consumer.allocations.is_empty()
    };
    let consumers = state.consumers.values().filter(matching);
    let usages =
        if call.version.since(38) { by_type(consumers, parameter("consumer_type")) } else { json!(sum(consumers)) };
    Ok(call.ok(json!({ "usages": usages })))
}

/// Groups by consumer type. `all` counts all consumers under one key; `unknown` are the consumers without a type.
fn by_type<'a>(consumers: impl Iterator<Item = &'a Consumer>, wanted: Option<&str>) -> Value {
    let mut groups: BTreeMap<&str, Vec<&Consumer>> = BTreeMap::new();
    for consumer in consumers {
        let own = consumer.consumer_type.as_deref().unwrap_or("unknown");
        match wanted {
            Some("all") => groups.entry("all").or_default().push(consumer),
            Some(wanted) if wanted != own => {}
            _ => groups.entry(own).or_default().push(consumer),
        }
    }
    let shown = |consumers: Vec<&Consumer>| {
        let mut usage = json!(sum(consumers.iter().copied()));
        if let Some(usage) = usage.as_object_mut() {
            usage.insert("consumer_count".to_owned(), json!(consumers.len()));
        }
        usage
    };
    groups.into_iter().map(|(name, consumers)| (name.to_owned(), shown(consumers))).collect()
}

fn sum<'a>(consumers: impl Iterator<Item = &'a Consumer>) -> Resources {
    let mut sum = Resources::new();
    for (class, amount) in consumers.flat_map(|consumer| consumer.allocations.values()).flatten() {
        *sum.entry(class.clone()).or_default() += amount;
    }
    sum
}
