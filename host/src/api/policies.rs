//! `/v1/policies`.

use std::sync::Arc;

use axum::extract::State as With;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, SecondsFormat};
use http::{HeaderMap, StatusCode};

use super::Service;
use super::forms::{Named, PolicyList, PolicyTold, Promotion};
use crate::gate::{Consent, Report, judge};
use crate::journal::Kept;
use crate::library::{LibraryError, Roles};
use crate::policy::{BUILT_IN, Digest, Policy};
use crate::record::Record;
use crate::service::{ApiError, Code, Json, Path, Whole, content_type};
use crate::signature::{PublicKey, Signature, SignatureError};

/// The header that a signature comes in, base64.
const SIGNATURE: &str = "x-swaparoo-signature";

/// All policies that were ever used here, and which is what.
#[utoipa::path(
    get, path = "/v1/policies", tag = "policies", operation_id = "list_policies",
    responses((status = 200, description = "the policies", body = PolicyList), ApiError)
)]
pub async fn list(With(service): With<Service>) -> Result<Json<PolicyList>, ApiError> {
    let library = service.runner.library();
    let roles = library.roles();
    let policies = library.all().await?.into_iter().map(|kept| told(kept, &roles)).collect();
    Ok(Json(PolicyList { policies }))
}

/// Take a component in: verified and compiled, in no role yet.
#[utoipa::path(
    post, path = "/v1/policies", tag = "policies",
    request_body(content = String, content_type = "application/wasm", description = "the component"),
    params(("x-swaparoo-signature" = Option<String>, Header, description = "ed25519, in base64", nullable = false,
        pattern = "^[0-9A-Za-z+/]{85}[AQgw]==$")),
    responses((status = 201, description = "taken in; the policy", body = PolicyTold,
        links(("replay" = (operation_id = "replay", parameters(("digest" = "$response.body#/digest")))))), ApiError)
)]
pub async fn push(
    With(service): With<Service>,
    headers: HeaderMap,
    Whole(component): Whole,
) -> Result<Response, ApiError> {
    content_type(&headers, "application/wasm")?;
    let signature = headers.get(SIGNATURE).map(|value| value.to_str().unwrap_or_default().to_owned());
    vouched(&service.trusted, &component, signature.as_deref())?;
    let library = service.runner.library();
    let policy = library.add(component.to_vec(), signature).await?;
    let digest = policy.digest().to_string();
    let kept = library.all().await?.into_iter().find(|kept| kept.digest == digest);
    let kept = kept.ok_or_else(|| ApiError::new(Code::Internal, format!("policy {digest} is not kept")))?;
    Ok((StatusCode::CREATED, Json(told(kept, &library.roles()))).into_response())
}

/// Make a policy the active one, if it passes the gate.
#[utoipa::path(
    put, path = "/v1/policies/active", tag = "policies", request_body = Promotion,
    responses((status = 200, description = "it is active", body = Report), ApiError)
)]
pub async fn promote(With(service): With<Service>, Json(promotion): Json<Promotion>) -> Result<Json<Report>, ApiError> {
    let policy = find(&service, &promotion.policy).await?;
    still_vouched(&service, policy.digest()).await?;
    let Promotion { accept_differences, accept_failed, .. } = promotion;
    let report = judged(&service, policy.clone(), Consent { accept_differences, accept_failed }).await?;
    if !report.promoted {
        return Err(ApiError::new(Code::PromotionRefused, report.refused_because.join("; ")));
    }
    let library = service.runner.library().clone();
    uninterrupted(async move { library.promote(policy).await }).await?;
    Ok(Json(report))
}

/// Make the policy before the active one active again.
#[utoipa::path(
    post, path = "/v1/policies/rollback", tag = "policies",
    responses((status = 200, description = "the policies", body = PolicyList), ApiError)
)]
pub async fn roll_back(With(service): With<Service>) -> Result<Json<PolicyList>, ApiError> {
    let library = service.runner.library().clone();
    if let Some(previous) = library.roles().previous {
        still_vouched(&service, previous).await?;
    }
    uninterrupted(async move { library.roll_back().await }).await?;
    list(With(service)).await
}

/// Ask a policy beside the active one on live tasks, and never obey it.
#[utoipa::path(
    put, path = "/v1/policies/shadow", tag = "policies", request_body = Named,
    responses((status = 200, description = "the policies", body = PolicyList), ApiError)
)]
pub async fn set_shadow(With(service): With<Service>, Json(named): Json<Named>) -> Result<Json<PolicyList>, ApiError> {
    let policy = find(&service, &named.policy).await?;
    still_vouched(&service, policy.digest()).await?;
    let library = service.runner.library().clone();
    uninterrupted(async move { library.set_shadow(Some(policy)).await }).await?;
    list(With(service)).await
}

/// Ask none.
#[utoipa::path(
    delete, path = "/v1/policies/shadow", tag = "policies",
    responses((status = 200, description = "the policies", body = PolicyList), ApiError)
)]
pub async fn clear_shadow(With(service): With<Service>) -> Result<Json<PolicyList>, ApiError> {
    let library = service.runner.library().clone();
    uninterrupted(async move { library.set_shadow(None).await }).await?;
    list(With(service)).await
}

/// What the gate would say of a policy: the built-in scenarios, and where it would have decided recorded tasks
/// otherwise. Nothing changes by it.
#[utoipa::path(
    post, path = "/v1/policies/{digest}/replays", tag = "policies",
    params(("digest" = String, Path, pattern = "^[0-9a-f]{64}$")),
    responses((status = 200, description = "what the gate found", body = Report), ApiError)
)]
pub async fn replay(With(service): With<Service>, Path(digest): Path<String>) -> Result<Json<Report>, ApiError> {
    let policy = find(&service, &digest).await?;
    judged(&service, policy, Consent::default()).await.map(Json)
}

/// Not in the client's hands: one that goes away in between must not leave the journal with other roles than the service.
async fn uninterrupted(
    change: impl Future<Output = Result<Roles, LibraryError>> + Send + 'static,
) -> Result<Roles, LibraryError> {
    tokio::spawn(change).await.map_err(|_| LibraryError::Interrupted)?
}

async fn judged(service: &Service, policy: Arc<Policy>, consent: Consent) -> Result<Report, ApiError> {
    gated(policy, service.runner.records(service.replay).await?, consent).await
}

async fn gated(policy: Arc<Policy>, records: Vec<Record>, consent: Consent) -> Result<Report, ApiError> {
    let judging = tokio::task::spawn_blocking(move || judge(&policy, &records, &consent));
    judging.await.map_err(|_| LibraryError::Interrupted.into())
}

async fn find(service: &Service, digest: &str) -> Result<Arc<Policy>, ApiError> {
    let digest: Digest = digest.parse().map_err(LibraryError::from)?;
    Ok(service.runner.library().policy(digest).await?)
}

/// Where keys are named, only what one of them has signed comes in. What is none is no signature anywhere.
fn vouched(trusted: &[PublicKey], component: &[u8], signature: Option<&str>) -> Result<(), ApiError> {
    let wrong = |error: SignatureError| ApiError::new(Code::SignatureWrong, error.to_string());
    let signature: Option<Signature> = signature.map(str::parse).transpose().map_err(wrong)?;
    if trusted.is_empty() {
        return Ok(());
    }
    let missing = || {
        let detail =
            format!("policies must be signed here: `swaparoo policy sign`, and send it in the header {SIGNATURE}");
        ApiError::new(Code::SignatureMissing, detail)
    };
    signature.ok_or_else(missing)?.verify(component, trusted).map_err(wrong)?;
    Ok(())
}

/// Keys may have changed since a policy came in. The program's own policies are as trusted as the program.
pub(super) async fn still_vouched(service: &Service, digest: Digest) -> Result<(), ApiError> {
    if service.trusted.is_empty() || BUILT_IN.iter().any(|own| Digest::of(own.component) == digest) {
        return Ok(());
    }
    let kept = service.runner.journal().policy(&digest.to_string()).await?;
    let kept = kept.ok_or(LibraryError::Unknown(digest))?;
    vouched(&service.trusted, &kept.component, kept.kept.signature.as_deref())
}

/// Whether a parked task may go on under this policy, which is not its own: what decides for new tasks may, anything else
/// must pass the gate first.
pub(super) async fn may_take_over(service: &Service, digest: Digest) -> Result<(), ApiError> {
    still_vouched(service, digest).await?;
    let library = service.runner.library();
    if library.roles().active == digest {
        return Ok(());
    }
    let report = gated(library.policy(digest).await?, Vec::new(), Consent::default()).await?;
    if report.promoted {
        return Ok(());
    }
    let because = report.refused_because.join("; ");
    let detail = format!("a task goes on under the active policy, or one that passes the gate: {because}");
    Err(ApiError::new(Code::PromotionRefused, detail))
}

fn told(kept: Kept, roles: &Roles) -> PolicyTold {
    let is = |digest: Option<Digest>| digest.is_some_and(|digest| digest.to_string() == kept.digest);
    let named = [("active", is(Some(roles.active))), ("previous", is(roles.previous)), ("shadow", is(roles.shadow))];
    let time = i64::try_from(kept.added_at).ok().and_then(DateTime::from_timestamp_millis).unwrap_or_default();
    PolicyTold {
        roles: named.into_iter().filter(|(_, is)| *is).map(|(name, _)| name).collect(),
        added_at: time.to_rfc3339_opts(SecondsFormat::Millis, true),
        signed: kept.signature.is_some(),
        digest: kept.digest,
        name: kept.name,
        version: kept.version,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signature::PrivateKey;

    fn check(trusted: &[PublicKey], signature: Option<&str>, refused: Option<Code>) {
        let answer = vouched(trusted, b"component", signature);
        assert_eq!(answer.err().map(|error| error.code), refused, "{signature:?} where {trusted:?} count");
    }

    #[test]
    fn signatures_count_where_keys_are_named_and_are_signatures_everywhere() {
        let [ours, theirs] = [(); 2].map(|()| PrivateKey::generate().unwrap());
        let [signed, foreign] = [&ours, &theirs].map(|key| key.sign(b"component").to_string());
        let trusted = [ours.public()];
        check(&trusted, Some(&signed), None);
        check(&trusted, Some(&foreign), Some(Code::SignatureWrong));
        check(&trusted, None, Some(Code::SignatureMissing));
        check(&[], Some(&foreign), None);
        check(&[], None, None);
        for trusted in [&trusted[..], &[]] {
            check(trusted, Some("signed, sealed"), Some(Code::SignatureWrong));
        }
    }
}
