//! `/resource_providers/{uuid}/traits`: stored and returned, without effect on allocations. The list of standard traits
//! is not modelled: any well-formed name is a trait (placement handlers/trait.py).

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::aggregates::{check_generation, texts};
use crate::errors::ErrorResponse;
use crate::routes::Call;
use crate::schema::providers as schemas;
use crate::state::{ModelState, no_such_provider};
use crate::{Provider, Response};

/// GET the traits.
pub(crate) fn list(state: &ModelState, call: &Call) -> Result<Response, ErrorResponse> {
    call.since(6)?;
    let uuid = call.param(0);
    let missing = || format!("No resource provider with uuid {uuid} found: {}", no_such_provider(uuid));
    let provider = state.providers.get(uuid).ok_or_else(|| ErrorResponse::not_found(missing()))?;
    Ok(traits_response(call, provider))
}

/// PUT the traits, with the provider's generation.
pub(crate) fn replace(state: &mut ModelState, call: &Call) -> Result<Response, ErrorResponse> {
    call.since(6)?;
    call.json_only()?;
    let body = call.document(&schemas::TRAITS)?;
    let provider = state.provider_mut(call.param(0))?;
    check_generation(provider, &body)?;
    set(provider, texts(body.get("traits").unwrap_or(&Value::Null)).collect());
    Ok(traits_response(call, provider))
}

/// DELETE the traits.
pub(crate) fn clear(state: &mut ModelState, call: &Call) -> Result<Response, ErrorResponse> {
    call.since(6)?;
    let provider = state.provider_mut(call.param(0))?;
    set(provider, BTreeSet::new());
    Ok(Response::no_content())
}

/// Sets the traits; the generation increases if this changes anything.
fn set(provider: &mut Provider, traits: BTreeSet<String>) {
    if provider.traits != traits {
        provider.traits = traits;
        provider.generation += 1;
    }
}

fn traits_response(call: &Call, provider: &Provider) -> Response {
    call.ok(json!({ "traits": provider.traits, "resource_provider_generation": provider.generation }))
}
