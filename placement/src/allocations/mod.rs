//! `/allocations`: the allocations of consumers (placement handlers/allocation.py).

mod entry;
mod show;
mod write;

pub(crate) use entry::{AllocationEntry, of_document};
pub(crate) use show::{of_consumer, of_provider};
pub use write::Draft;
pub(crate) use write::{ApiCall, begin, commit, malformed_reshape, raced};

use crate::errors::ErrorResponse;
use crate::routes::Call;
use crate::schema::allocations as schemas;
use crate::state::ModelState;
use crate::{Response, uuids};

/// PUT `/allocations/{consumer}`.
pub(crate) fn put(state: &mut ModelState, call: &Call) -> Result<Response, ErrorResponse> {
    let draft = begin_put(state, call)?;
    commit(state, draft)
}

/// POST `/allocations`.
pub(crate) fn post(state: &mut ModelState, call: &Call) -> Result<Response, ErrorResponse> {
    let draft = begin_post(state, call)?;
    commit(state, draft)
}

/// The first transaction of a PUT.
pub(crate) fn begin_put(state: &mut ModelState, call: &Call) -> Result<Draft, ErrorResponse> {
    call.json_only()?;
    let uuid = call.param(0);
    let Some(consumer) = uuids::canonical(uuid) else {
        return Err(ErrorResponse::bad_request(format!("Malformed consumer_uuid: {uuid}")));
    };
    let body = call.document(schemas::put(call.version))?;
    let entry = AllocationEntry::read(&consumer, &body);
    begin(state, vec![entry], call.version, ApiCall::Put { consumer })
}

/// The first transaction of a POST.
pub(crate) fn begin_post(state: &mut ModelState, call: &Call) -> Result<Draft, ErrorResponse> {
    call.since(13)?;
    call.json_only()?;
    let body = call.document(schemas::post(call.version))?;
    begin(state, of_document(&body), call.version, ApiCall::Post)
}

/// DELETE `/allocations/{consumer}`: checks no generation and changes none.
pub(crate) fn delete(state: &mut ModelState, call: &Call) -> Result<Response, ErrorResponse> {
    let uuid = call.param(0);
    if state.consumers.get(uuid).is_none_or(|consumer| consumer.allocations.is_empty()) {
        return Err(ErrorResponse::not_found(format!("No allocations for consumer '{uuid}'")));
    }
    state.consumers.remove(uuid);
    Ok(Response::no_content())
}
