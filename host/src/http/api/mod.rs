//! The routes of the service: tasks and policies. Handlers are thin: they parse a request, call the runner or the
//! registry, and return the result. Everything that all routes share (listeners, tokens, request ids, limits) is in
//! `http`.

mod access;
mod allocations;
mod audit;
mod breakpoints;
mod elsewhere;
mod error;
mod forms;
mod new_task;
mod placement;
mod policies;
mod promotion_check;
mod ready;
mod reply_body;
mod runners;
mod task_read_limit;
mod tasks;
mod with_path;

use std::sync::Arc;

use axum::extract::State as With;
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use axum::{Extension, Router};
use utoipa::OpenApi;
use utoipa::openapi::schema::{AdditionalProperties, Schema};
use utoipa::openapi::{OpenApi as OpenApiDocument, RefOr};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use elsewhere::OtherRunners;
pub use ready::Readiness;
pub use task_read_limit::TaskReadLimit;

use crate::audit::AuditSchedule;
use crate::contract::{ServerState, Task};
use crate::http::{ApiError, Frame, Json, LargestBody, Role, json, require};
use crate::runner::Runner;

/// State shared by all handlers.
#[derive(Clone)]
pub struct Service {
    /// Submits, runs and looks up tasks.
    pub runner: Runner,
    /// Number of recorded tasks that the gate decides again under a candidate policy.
    pub replay: u32,
    /// The most faults on a way in the gate's search.
    pub search_faults: u32,
    /// Permits to read a task with its history into memory.
    pub task_reads: TaskReadLimit,
    /// The audits that the service does by itself, if any.
    pub audits: Option<Arc<AuditSchedule>>,
    /// How other runners are asked, if the journal is shared.
    pub others: Option<OtherRunners>,
    /// Cached result of the `/readyz` checks.
    pub readiness: Arc<Readiness>,
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Swaparoo",
        description = "Moves OpenStack Placement allocations by rules that are a WebAssembly component",
        license(name = "Apache-2.0")
    ),
    paths(describe),
    components(schemas(crate::http::Errors, crate::http::ErrorBody), responses(ApiError))
)]
struct ApiDescription;

/// The router with all routes of tasks and policies, and `/openapi.json`.
pub fn routes(service: Service) -> Router {
    // One byte more than the engine's limit, so that the engine rejects a larger component with its own error.
    let bytes = service.runner.registry().limits().component_bytes + 1;
    let largest_component = LargestBody { bytes, setting: "policies.limits.component_bytes" };
    let (router, document) = parts(largest_component);
    let router = router.layer(from_fn_with_state(service.clone(), elsewhere::pass_on));
    router.with_state(service).merge(Router::new().route("/openapi.json", get(describe)).with_state(document))
}

/// The OpenAPI description of this API.
#[utoipa::path(
    get, path = "/openapi.json", tag = "service",
    responses((status = 200, description = "all routes, in OpenAPI 3.1", body = Object), ApiError)
)]
async fn describe(With(document): With<OpenApiDocument>) -> Json<OpenApiDocument> {
    Json(document)
}

/// Parses the body of `POST /v1/tasks` into the task and the caller's knowledge of the server.
///
/// # Errors
/// The body is not valid JSON or not a valid task; the error contains the path of the wrong field.
pub fn read_task(body: &[u8]) -> Result<(Task, Option<ServerState>), ApiError> {
    json(body).map(new_task::NewTask::parts)
}

/// The routes and their OpenAPI description.
fn parts(largest_component: LargestBody) -> (Router<Service>, OpenApiDocument) {
    let (tasks, of_tasks) = OpenApiRouter::new()
        .routes(routes!(tasks::create))
        .routes(routes!(tasks::reply))
        .routes(routes!(tasks::heartbeat))
        .routes(routes!(tasks::resume))
        .routes(routes!(breakpoints::set))
        .routes(routes!(breakpoints::remove))
        .split_for_parts();
    let (reads, of_reads) = OpenApiRouter::new()
        .routes(routes!(tasks::list))
        .routes(routes!(tasks::show))
        .routes(routes!(tasks::record))
        .routes(routes!(placement::used))
        .routes(routes!(allocations::show))
        .routes(routes!(audit::last))
        .routes(routes!(runners::list))
        .routes(routes!(breakpoints::list))
        .split_for_parts();
    let (listed, of_listed) = OpenApiRouter::new().routes(routes!(policies::list)).split_for_parts();
    let (policies, of_policies) = OpenApiRouter::new()
        .routes(routes!(policies::push))
        .routes(routes!(policies::remove))
        .routes(routes!(policies::promote))
        .routes(routes!(policies::roll_back))
        .routes(routes!(policies::set_shadow, policies::clear_shadow))
        .routes(routes!(policies::replay))
        .split_for_parts();
    // A client that may read tasks may also read the component that decided them.
    let (components, of_components) =
        OpenApiRouter::new().routes(routes!(policies::component)).routes(routes!(access::show)).split_for_parts();
    let (open, of_open) = OpenApiRouter::new().routes(routes!(ready::ready)).split_for_parts();
    let mut document = ApiDescription::openapi();
    [of_tasks, of_reads, of_policies, of_listed, of_components, of_open, Frame::described()]
        .into_iter()
        .for_each(|part| document.merge(part));
    close(&mut document, "NewTask");
    close(&mut document, "Answer");
    let router = require(&[Role::Tasks], tasks)
        .merge(require(&[Role::Tasks, Role::Read], reads))
        .merge(require(&[Role::Policies, Role::Read], listed))
        .merge(require(&[Role::Tasks, Role::Policies, Role::Read], components))
        .merge(require(&[Role::Policies], policies.layer(Extension(largest_component))))
        .merge(open);
    (router, document)
}

/// serde rejects unknown fields in enums too, but utoipa derives `additionalProperties: false` only for structs.
fn close(document: &mut OpenApiDocument, name: &str) {
    let schema = document.components.as_mut().and_then(|components| components.schemas.get_mut(name));
    let Some(RefOr::T(Schema::OneOf(variants))) = schema else { return };
    for variant in &mut variants.items {
        if let RefOr::T(Schema::Object(object)) = variant {
            object.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(false)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn described() -> OpenApiDocument {
        parts(LargestBody::default()).1
    }

    /// Clients are generated from this file, so a review must see each change to it.
    #[test]
    fn the_description_is_the_one_that_is_checked_in() {
        let now = described().to_pretty_json().unwrap();
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json");
        if std::env::var_os("SWAPAROO_UPDATE").is_some() {
            std::fs::write(file, format!("{now}\n")).unwrap();
        }
        let kept = std::fs::read_to_string(file).unwrap_or_default();
        assert!(kept.trim_end() == now, "{file} does not match the routes; SWAPAROO_UPDATE=1 rewrites it");
    }

    /// The debugger's tests show this answer.
    #[test]
    fn the_audit_of_the_debuggers_tests_is_an_answer_of_the_service() {
        let document = serde_json::to_value(described()).unwrap();
        let answer: serde_json::Value =
            serde_json::from_str(include_str!("../../../../debugger/web/tests/answers/audit.json")).unwrap();
        let (mut schemas, mut compiler) = (boon::Schemas::new(), boon::Compiler::new());
        compiler.set_default_draft(boon::Draft::V2020_12);
        compiler.add_resource("https://swaparoo.invalid/api", document).unwrap();
        let audits = compiler.compile("https://swaparoo.invalid/api#/components/schemas/Audits", &mut schemas).unwrap();
        schemas.validate(&answer, audits).unwrap();
    }

    #[test]
    fn the_description_includes_the_other_routes() {
        let document = serde_json::to_value(described()).unwrap();
        for (path, kind) in [
            ("/healthz", "application/json"),
            ("/readyz", "application/json"),
            ("/metrics", "text/plain"),
            ("/openapi.json", "application/json"),
            ("/", "text/html"),
        ] {
            let answer = &document["paths"][path]["get"]["responses"]["200"]["content"];
            assert!(answer.get(kind).is_some(), "{path}: {answer}");
        }
    }

    /// OpenAPI links and generated clients refer to operations by name.
    #[test]
    fn operation_ids_are_unique() {
        let document = serde_json::to_value(described()).unwrap();
        let operations = document["paths"].as_object().unwrap().values().flat_map(|path| path.as_object().unwrap());
        let mut names: Vec<_> = operations.map(|(_, operation)| operation["operationId"].as_str().unwrap()).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count, "{names:?}");
    }
}
