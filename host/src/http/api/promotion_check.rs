//! The promotion check of policies: for a promotion, for `POST /v1/policies/{digest}/replays`, and before a task goes on under
//! another policy.

use std::sync::Arc;

use super::Service;
use crate::contract::TaskKind;
use crate::engine::{Digest, Policy};
use crate::http::{ApiError, Code};
use crate::record::Record;
use crate::registry::Kinds;
use crate::registry::promotion::{Consent, PromotionReport, SearchBefore, SearchReport, judge_isolated};
use crate::simulation::check::most_faults;

/// Checks a policy for these kinds of task.
pub async fn judged(
    service: &Service,
    kinds: &Kinds,
    policy: Arc<Policy>,
    consent: Consent,
) -> Result<PromotionReport, ApiError> {
    gated(service, kinds, policy, service.runner.records(service.replay).await?, consent).await
}

/// Stops when the client that asked for it disconnects.
async fn gated(
    service: &Service,
    kinds: &Kinds,
    policy: Arc<Policy>,
    records: Vec<Record>,
    consent: Consent,
) -> Result<PromotionReport, ApiError> {
    let (registry, faults, digest) = (service.runner.registry(), service.search_faults, policy.digest());
    let before = SearchBefore { faults, known: registry.searches().of(digest, faults) };
    let is_new = before.known.is_none();
    let judged = judge_isolated(registry.isolation(), kinds.clone(), policy, records, before, consent).await;
    let report = judged.map_err(super::error::not_judged)?;
    if is_new {
        let SearchReport { passed, failed, .. } = &report.search;
        let all = passed.len() + failed.len();
        tracing::info!("policy {digest} was searched {}: {} of {all} scenes passed", most_faults(faults), passed.len());
    }
    registry.searches().keep(digest, &report.search);
    Ok(report)
}

/// Why a policy is not promoted. One that has rules for some kinds of task only may be promoted for these.
pub fn refused(report: &PromotionReport) -> ApiError {
    let mut detail = report.refused_because.join("; ");
    if let Some(offered) = report.offered().filter(|_| !report.unaccepted_kinds().is_empty()) {
        detail +=
            &format!("; or promote it only for the kinds that it has rules for (`--for {}`)", offered.as_option());
    }
    ApiError::new(Code::PromotionRefused, detail)
}

/// Whether a parked task of this kind may be resumed under this policy, which is not its own: the active policy may take
/// over, any other must pass the gate first.
pub async fn may_take_over(
    service: &Service,
    kind: TaskKind,
    digest: Digest,
    allow_older: bool,
) -> Result<(), ApiError> {
    let registry = service.runner.registry();
    if *registry.roles().active(kind) == digest {
        return Ok(registry.deciding(digest).await.map(drop)?);
    }
    let candidate = registry.candidate(digest, allow_older, None).await?;
    let report = gated(service, candidate.kinds(), candidate.policy().clone(), Vec::new(), Consent::default()).await?;
    if report.promoted {
        return Ok(());
    }
    let because = report.refused_because.join("; ");
    let detail = format!("a task can be resumed only under the active policy or one that passes the gate: {because}");
    Err(ApiError::new(Code::PromotionRefused, detail))
}
