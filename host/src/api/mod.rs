//! The routes of the service: tasks and policies. Handlers are thin: they read a request, ask the runner or the library,
//! and say what came of it. What is in front of them all (listeners, tokens, request ids, limits) is in `service`.

mod error;
mod forms;
mod policies;
mod ready;
mod tasks;

use std::sync::Arc;

use axum::routing::get;
use axum::{Extension, Router};
use utoipa::OpenApi;
use utoipa::openapi::OpenApi as OpenApiDocument;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::runner::Runner;
use crate::service::{LargestBody, Role, require};
use crate::signature::PublicKey;

/// Room for the largest component that the engine takes, so that it is the one to say no.
const LARGEST_COMPONENT: usize = (4 << 20) + 1;

/// What the handlers work with.
#[derive(Clone)]
pub struct Service {
    /// Runs tasks.
    pub runner: Runner,
    /// Whose signatures count; empty: policies need none.
    pub trusted: Arc<[PublicKey]>,
    /// How many recorded tasks a candidate is compared on.
    pub replay: u32,
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Swaparoo",
        description = "Moves OpenStack Placement allocations by rules that are a WebAssembly component",
        license(name = "Apache-2.0")
    ),
    components(schemas(crate::service::Errors, crate::service::ErrorBody))
)]
struct Description;

/// All routes.
pub fn routes(service: Service) -> Router {
    let (router, document) = parts();
    router.with_state(service).route("/openapi.json", get(|| async move { axum::Json(document) }))
}

/// The routes, and what they are in OpenAPI's words.
fn parts() -> (Router<Service>, OpenApiDocument) {
    let (tasks, of_tasks) = OpenApiRouter::new()
        .routes(routes!(tasks::create, tasks::list))
        .routes(routes!(tasks::show))
        .routes(routes!(tasks::record))
        .routes(routes!(tasks::reply))
        .routes(routes!(tasks::resume))
        .split_for_parts();
    let (policies, of_policies) = OpenApiRouter::new()
        .routes(routes!(policies::list, policies::push))
        .routes(routes!(policies::promote))
        .routes(routes!(policies::roll_back))
        .routes(routes!(policies::set_shadow, policies::clear_shadow))
        .routes(routes!(policies::replay))
        .split_for_parts();
    let (open, of_open) = OpenApiRouter::new().routes(routes!(ready::ready)).split_for_parts();
    let mut document = Description::openapi();
    [of_tasks, of_policies, of_open].into_iter().for_each(|part| document.merge(part));
    let router = require(Role::Tasks, tasks)
        .merge(require(Role::Policies, policies.layer(Extension(LargestBody(LARGEST_COMPONENT)))))
        .merge(open);
    (router, document)
}

#[cfg(test)]
mod tests {
    /// What clients are made from: a change of it is seen in a review.
    #[test]
    fn the_description_is_the_one_that_is_checked_in() {
        let now = super::parts().1.to_pretty_json().unwrap();
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json");
        if std::env::var_os("SWAPAROO_UPDATE").is_some() {
            std::fs::write(file, format!("{now}\n")).unwrap();
        }
        let kept = std::fs::read_to_string(file).unwrap_or_default();
        assert!(kept.trim_end() == now, "{file} is not what the routes say; SWAPAROO_UPDATE=1 writes it anew");
    }
}
