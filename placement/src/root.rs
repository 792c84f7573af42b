//! `/`: the version document.

use serde_json::json;

use crate::errors::ErrorResponse;
use crate::routes::Call;
use crate::state::ModelState;
use crate::{Microversion, Response};

/// GET `/`.
pub(crate) fn home(_: &ModelState, call: &Call) -> Result<Response, ErrorResponse> {
    let (min, max) = (Microversion::MIN.to_string(), Microversion::MAX.to_string());
    Ok(call.ok(json!({ "versions": [{
        "id": format!("v{min}"),
        "max_version": max,
        "min_version": min,
        "status": "CURRENT",
        "links": [{ "rel": "self", "href": "" }],
    }] })))
}
