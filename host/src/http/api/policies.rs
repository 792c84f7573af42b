//! `/v1/policies`.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State as With;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, SecondsFormat};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use super::Service;
use super::forms::{ForQuery, PolicyList, PolicyRef, PolicyView, Promotion};
use super::promotion_check::{judged, refused};
use crate::engine::{Digest, Policy};
use crate::http::{ApiError, AuditNote, Code, Json, Path, Query, RawBody, content_type, is_current};
use crate::joined::joined;
use crate::journal::PolicyMeta;
use crate::registry::promotion::{Consent, PromotionReport};
use crate::registry::signature::Envelope;
use crate::registry::{Kinds, NotKinds, PolicyRoles, RegistryError, Signed};

/// The header that carries a signature: a DSSE envelope, in base64.
const SIGNATURE: &str = "x-swaparoo-signature";

/// All policies that were ever used here, with their roles.
#[utoipa::path(
    get, path = "/v1/policies", tag = "policies", operation_id = "list_policies",
    responses((status = 200, description = "the policies", body = PolicyList), ApiError)
)]
pub async fn list(With(service): With<Service>) -> Result<Json<PolicyList>, ApiError> {
    let registry = service.runner.registry();
    let roles = registry.roles();
    let mut policies = Vec::new();
    for meta in registry.all().await? {
        policies.push(view(registry.signed(&meta).await?, meta, &roles));
    }
    Ok(Json(PolicyList { policies }))
}

/// Add a component: it is verified and compiled, but has no role yet.
#[utoipa::path(
    post, path = "/v1/policies", tag = "policies",
    request_body(content = String, content_type = "application/wasm", description = "the component"),
    params(("x-swaparoo-signature" = Option<String>, Header, nullable = false, pattern = "^[0-9A-Za-z+/]+={0,2}$",
        description = "a DSSE envelope in JSON, in base64; its payload is an application/vnd.swaparoo.policy+json: \
            digest, name, version and purpose of the component")),
    responses((status = 201, description = "added; the policy", body = PolicyView,
        links(("replay" = (operation_id = "replay", parameters(("digest" = "$response.body#/digest")))))), ApiError)
)]
pub async fn push(
    With(service): With<Service>,
    note: Option<Extension<AuditNote>>,
    headers: HeaderMap,
    RawBody(component): RawBody,
) -> Result<Response, ApiError> {
    content_type(&headers, "application/wasm")?;
    let signature = headers.get(SIGNATURE).map(|value| value.to_str().unwrap_or_default());
    let signature =
        signature.map(Envelope::from_header).transpose().map_err(|error| RegistryError::Distrusted(error.into()))?;
    let registry = service.runner.registry();
    let policy = service.runner.add_policy(component.to_vec(), signature).await?;
    let digest = policy.digest().to_string();
    note_policy(note.as_ref(), &digest);
    let meta = registry.all().await?.into_iter().find(|meta| meta.digest == digest);
    let meta = meta.ok_or_else(|| ApiError::new(Code::Internal, format!("policy {digest} is not kept")))?;
    let view = view(registry.signed(&meta).await?, meta, &registry.roles());
    Ok((StatusCode::CREATED, Json(view)).into_response())
}

/// Remove a policy that has no role and that no open task began under. Policies that come with the program stay.
#[utoipa::path(
    delete, path = "/v1/policies/{digest}", tag = "policies", operation_id = "remove_policy",
    params(("digest" = String, Path, pattern = "^[0-9a-f]{64}$")),
    responses((status = 204, description = "removed"), ApiError)
)]
pub async fn remove(With(service): With<Service>, Path(digest): Path<String>) -> Result<StatusCode, ApiError> {
    let (runner, digest) = (service.runner.clone(), self::digest(&digest)?);
    let removing = tokio::spawn(async move { runner.remove_policy(digest).await });
    joined(removing).await.ok_or(RegistryError::Interrupted)??;
    Ok(StatusCode::NO_CONTENT)
}

/// Make a policy the active one of all kinds of task, or of some, if it passes the gate.
///
/// The first check of a policy may take some seconds.
#[utoipa::path(
    put, path = "/v1/policies/active", tag = "policies", request_body = Promotion,
    responses((status = 200, description = "it is active", body = PromotionReport), ApiError)
)]
pub async fn promote(
    With(service): With<Service>,
    note: Option<Extension<AuditNote>>,
    Json(promotion): Json<Promotion>,
) -> Result<Json<PromotionReport>, ApiError> {
    let Promotion { policy, accept_differences, accept_failed, accept_counterexamples, allow_older, kinds } = promotion;
    note_policy(note.as_ref(), &policy);
    note_kinds(note.as_ref(), kinds.as_ref());
    let registry = service.runner.registry().clone();
    let candidate = registry.candidate(digest(&policy)?, allow_older, kinds).await?;
    let consent = Consent { accept_differences, accept_failed, accept_counterexamples };
    let accepted = format!("{consent:?}");
    if let Some(Extension(note)) = &note {
        note.detail("consent", consent_in(&consent, allow_older));
    }
    let report = judged(&service, candidate.kinds(), candidate.policy().clone(), consent).await?;
    if !report.promoted {
        return Err(refused(&report));
    }
    let kinds = candidate.kinds().for_some();
    uninterrupted(async move { registry.promote(candidate).await }).await?;
    tracing::info!(accepted, "policy {policy} was promoted{kinds}");
    Ok(Json(report))
}

/// Make the policy before the active one active again.
///
/// By default for the kinds of task that the last promotion has changed.
#[utoipa::path(
    post, path = "/v1/policies/rollback", tag = "policies", params(ForQuery),
    responses((status = 200, description = "the policies", body = PolicyList), ApiError)
)]
pub async fn roll_back(
    With(service): With<Service>,
    note: Option<Extension<AuditNote>>,
    Query(query): Query<ForQuery>,
) -> Result<Json<PolicyList>, ApiError> {
    let kinds = named(note.as_ref(), query)?;
    let registry = service.runner.registry().clone();
    uninterrupted(async move { registry.roll_back(kinds.as_ref()).await }).await?;
    list(With(service)).await
}

/// Run a policy in shadow: it is asked for the same steps of live tasks as the active policy, and its answers are only
/// compared.
#[utoipa::path(
    put, path = "/v1/policies/shadow", tag = "policies", request_body = PolicyRef,
    responses((status = 200, description = "the policies", body = PolicyList), ApiError)
)]
pub async fn set_shadow(
    With(service): With<Service>,
    note: Option<Extension<AuditNote>>,
    Json(named): Json<PolicyRef>,
) -> Result<Json<PolicyList>, ApiError> {
    let PolicyRef { policy, kinds } = named;
    note_policy(note.as_ref(), &policy);
    note_kinds(note.as_ref(), kinds.as_ref());
    let policy = find(&service, &policy).await?;
    let registry = service.runner.registry().clone();
    uninterrupted(async move { registry.set_shadow(Some(policy), kinds.as_ref()).await }).await?;
    list(With(service)).await
}

/// Stop running a policy in shadow: for these kinds of task, or, by default, for all.
#[utoipa::path(
    delete, path = "/v1/policies/shadow", tag = "policies", params(ForQuery),
    responses((status = 200, description = "the policies", body = PolicyList), ApiError)
)]
pub async fn clear_shadow(
    With(service): With<Service>,
    note: Option<Extension<AuditNote>>,
    Query(query): Query<ForQuery>,
) -> Result<Json<PolicyList>, ApiError> {
    let kinds = named(note.as_ref(), query)?;
    let registry = service.runner.registry().clone();
    uninterrupted(async move { registry.set_shadow(None, kinds.as_ref()).await }).await?;
    list(With(service)).await
}

/// Check a policy without promoting it: the built-in scenarios, the scenes of `swaparoo check`, and which recorded tasks it
/// would have decided differently.
#[utoipa::path(
    post, path = "/v1/policies/{digest}/replays", tag = "policies",
    params(("digest" = String, Path, pattern = "^[0-9a-f]{64}$"), ForQuery),
    responses((status = 200, description = "what the gate found", body = PromotionReport), ApiError)
)]
pub async fn replay(
    With(service): With<Service>,
    Path(digest): Path<String>,
    Query(query): Query<ForQuery>,
) -> Result<Json<PromotionReport>, ApiError> {
    let kinds = named(None, query)?.unwrap_or_else(Kinds::all);
    let policy = find(&service, &digest).await?;
    judged(&service, &kinds, policy, Consent::default()).await.map(Json)
}

/// A policy's component, byte for byte as it was added. It never changes for a given digest.
#[utoipa::path(
    get, path = "/v1/policies/{digest}/component", tag = "policies",
    params(("digest" = String, Path, pattern = "^[0-9a-f]{64}$"),
        ("if-none-match" = Option<String>, Header, description = "entity tags that the client has cached",
            nullable = false)),
    responses((status = 200, description = "the component", body = String, content_type = "application/wasm",
            headers(("etag" = String, description = "the digest, in quotes"))),
        (status = 304, description = "the client has it"), ApiError)
)]
pub async fn component(
    With(service): With<Service>,
    Path(digest): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let digest = self::digest(&digest)?;
    let component = service.runner.registry().component(digest).await?;
    let tag = format!("\"{digest}\"");
    let known = is_current(&headers, &tag);
    // `private`: access depends on the client's token, so a shared cache must not store the component.
    let always = [(ETAG, tag.as_str()), (CACHE_CONTROL, "private, max-age=31536000, immutable")];
    if known {
        return Ok((StatusCode::NOT_MODIFIED, always).into_response());
    }
    let kind = [(CONTENT_TYPE, "application/wasm"), (X_CONTENT_TYPE_OPTIONS, "nosniff")];
    Ok((always, kind, component).into_response())
}

/// The event of the request names the policy.
fn note_policy(note: Option<&Extension<AuditNote>>, digest: &str) {
    if let Some(Extension(note)) = note {
        note.target(digest);
    }
}

/// The event of the request names the kinds of task, if the change is for some only.
fn note_kinds(note: Option<&Extension<AuditNote>>, kinds: Option<&Kinds>) {
    if let (Some(Extension(note)), Some(kinds)) = (note, kinds) {
        note.detail("for", kinds.as_option().into());
    }
}

/// The kinds of task in a query.
fn named(note: Option<&Extension<AuditNote>>, query: ForQuery) -> Result<Option<Kinds>, ApiError> {
    let kinds: Option<Kinds> = query
        .kinds
        .map(|kinds| kinds.parse())
        .transpose()
        .map_err(|error: NotKinds| ApiError::new(Code::BadRequest, format!("the query's `for`: {error}")))?;
    note_kinds(note, kinds.as_ref());
    Ok(kinds)
}

fn consent_in(consent: &Consent, allow_older: bool) -> Value {
    let Consent { accept_differences, accept_failed, accept_counterexamples } = consent;
    json!({
        "accept_differences": accept_differences, "accept_failed": accept_failed,
        "accept_counterexamples": accept_counterexamples, "allow_older": allow_older,
    })
}

/// Runs in its own task: a client that disconnects must not leave the journal and the service with different roles.
async fn uninterrupted(
    change: impl Future<Output = Result<PolicyRoles, RegistryError>> + Send + 'static,
) -> Result<PolicyRoles, RegistryError> {
    joined(tokio::spawn(change)).await.ok_or(RegistryError::Interrupted)?
}

async fn find(service: &Service, digest: &str) -> Result<Arc<Policy>, ApiError> {
    Ok(service.runner.registry().policy(self::digest(digest)?).await?)
}

fn digest(text: &str) -> Result<Digest, RegistryError> {
    Ok(text.parse()?)
}

fn view(signed: Signed, meta: PolicyMeta, roles: &PolicyRoles) -> PolicyView {
    let is = |digest: Option<&Digest>| digest.is_some_and(|digest| digest.to_string() == meta.digest);
    let kinds = [
        ("active", Kinds::of(|kind| is(Some(roles.active(kind))))),
        ("previous", Kinds::of(|kind| is(roles.previous(kind)))),
        ("shadow", Kinds::of(|kind| is(roles.shadow(kind)))),
    ];
    let kinds: Vec<(&str, Kinds)> = kinds.into_iter().filter_map(|(name, kinds)| Some((name, kinds?))).collect();
    let time = i64::try_from(meta.added_at).ok().and_then(DateTime::from_timestamp_millis).unwrap_or_default();
    PolicyView {
        roles: kinds.iter().map(|(name, _)| *name).collect(),
        kinds: kinds.into_iter().filter(|(_, kinds)| !kinds.are_all()).collect(),
        added_at: time.to_rfc3339_opts(SecondsFormat::Millis, true),
        signed,
        digest: meta.digest,
        name: meta.name,
        version: meta.version,
    }
}
