//! `/`: the version document.

use serde_json::json;

use crate::errors::Refusal;
use crate::routes::Call;
use crate::state::State;
use crate::{Microversion, Response};

/// GET `/`.
pub(crate) fn home(_: &State, call: &Call) -> Result<Response, Refusal> {
    let (min, max) = (Microversion::MIN.to_string(), Microversion::MAX.to_string());
    Ok(call.ok(json!({ "versions": [{
        "id": format!("v{min}"),
        "max_version": max,
        "min_version": min,
        "status": "CURRENT",
        "links": [{ "rel": "self", "href": "" }],
    }] })))
}
