//! `/v1/access`: what the client of this request may do, so that the debugger's page offers only that.

use axum::Extension;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::{Json, Role, Roles, Sender};

/// What a client may do.
#[derive(Debug, Serialize, ToSchema)]
pub struct Access {
    /// Its name in the log: `token` and the beginning of its SHA-256, `keystone` and a user, `local` or `socket`.
    user: String,
    /// Any of `tasks`, `policies`, `read`.
    roles: Vec<String>,
    /// Whether it may send changes from a web page; false if the service asks for no tokens, since any page could.
    from_pages: bool,
}

/// What the client of this request may do.
#[utoipa::path(
    get, path = "/v1/access", tag = "service", operation_id = "show_access",
    responses((status = 200, description = "the client's name and roles", body = Access), crate::http::ApiError)
)]
pub async fn show(Extension(roles): Extension<Roles>, Extension(sender): Extension<Sender>) -> Json<Access> {
    let has = [Role::Tasks, Role::Policies, Role::Read].into_iter().filter(|role| roles.has(*role));
    let Sender { user, from_pages } = sender;
    Json(Access { user, roles: has.map(|role| role.to_string()).collect(), from_pages })
}
