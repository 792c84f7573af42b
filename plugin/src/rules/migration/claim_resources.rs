//! Claims a host for the server (nova's `claim_resources`, nova/scheduler/client/report.py).

use super::cause;
use super::progress::Progress;
use crate::ask::{self, held};
use crate::contract::{
    Allocation, AllocationRequest, Effect, Failure, Holding, MigrationRule, NewHolding, PutAllocations, Reason,
    RequestSpec,
};
use crate::history::{History, Stop};
use crate::nova;
use crate::policy::Policy;
use crate::refusal::{Meaning, meaning};
use crate::rules::tries::{Tried, Tries};

const NO_ANSWER: &str = "no answer of Placement's came to the claim";

/// Whether the server holds the host now. A refusal says no, and the next host is tried; what somebody else did to the
/// server's consumer meanwhile ends the migration (nova's `AllocationUpdateFailed`).
pub fn claim_resources(
    policy: &dyn Policy,
    history: &mut History<'_>,
    server: &str,
    spec: &RequestSpec,
    request: &AllocationRequest,
    progress: &mut Progress,
) -> Result<bool, Stop> {
    history.by_rule(MigrationRule::ClaimResources);
    let mut lost = None;
    let claimed = attempts(policy, history, server, spec, request, &mut lost);
    progress.lost_claim = lost.or(progress.lost_claim);
    let claimed = match claimed {
        // The host may be claimed, so the next one must not be.
        Err(Stop::Failed(_)) if lost.is_some() => {
            return Err(nova::raise("AllocationUpdateFailed", NO_ANSWER).into());
        }
        Err(Stop::Failed(failure)) => match *failure {
            // nova's client says "no".
            Failure::Refused(_) | Failure::OutOfRetries(_) | Failure::Unreachable(_) => false,
            Failure::AllocationMoveFailed(refusal) if meaning(&refusal) == Meaning::ProviderConflict => false,
            Failure::AllocationMoveFailed(refusal) => {
                return Err(nova::raise("AllocationUpdateFailed", &refusal.detail).into());
            }
            failure => return Err(cause::of(failure).into()),
        },
        claimed => claimed?,
    };
    if claimed {
        progress.claim = Some(request.allocations.clone());
    }
    Ok(claimed)
}

fn attempts(
    policy: &dyn Policy,
    history: &mut History<'_>,
    server: &str,
    spec: &RequestSpec,
    request: &AllocationRequest,
    lost: &mut Option<u32>,
) -> Result<bool, Stop> {
    let mut tries = Tries::default();
    while tries.next().is_some() {
        let now = ask::holding(history, server)?;
        if lost.is_some() && covers(&now.allocations, &request.allocations) {
            history.because(Reason::LostWriteWasDone);
            *lost = None;
            return Ok(true);
        }
        let write = claim(now, spec, request, tries.empty_record);
        let written = ask::write(history, &write)?;
        let at = history.last();
        match tries.judge(policy, history, server, &write, written)? {
            Tried::Done => return Ok(true),
            Tried::Lost => *lost = Some(at),
            Tried::Again => {}
        }
    }
    let used_up = tries.used_up(history);
    let now = ask::holding(history, server)?;
    match used_up {
        _ if lost.is_some() && covers(&now.allocations, &request.allocations) => {
            *lost = None;
            Ok(true)
        }
        Some(failure) => Err(failure.into()),
        None => Err(nova::raise("AllocationUpdateFailed", NO_ANSWER).into()),
    }
}

/// The write. A server that holds something keeps it beside the claim, provider by provider: nova doubles a claim so for a
/// move within Placement's older ways, and sends no mappings then.
fn claim(now: &Holding, spec: &RequestSpec, request: &AllocationRequest, empty_record: Option<u32>) -> Effect {
    let AllocationRequest { allocations, mappings, version } = request.clone();
    let (allocations, mappings, generation) = match held(now) {
        None => (allocations, mappings, empty_record),
        Some(holder) => (beside(holder.allocations, allocations), Vec::new(), Some(holder.owner.generation)),
    };
    let said = |id: &Option<String>| id.clone().unwrap_or_default();
    let (project, user) = (said(&spec.project), said(&spec.user));
    let holding = NewHolding { consumer: now.consumer.clone(), project, user, generation, allocations };
    Effect::PutAllocations(PutAllocations { holding, mappings, version })
}

fn beside(kept: &[Allocation], claimed: Vec<Allocation>) -> Vec<Allocation> {
    let is_kept = |claimed: &Allocation| kept.iter().any(|kept| kept.provider == claimed.provider);
    let mut both = kept.to_vec();
    both.extend(claimed.into_iter().filter(|claimed| !is_kept(claimed)));
    both
}

/// Does somebody hold all that was to be claimed?
pub fn covers(holds: &[Allocation], claim: &[Allocation]) -> bool {
    claim.iter().all(|claimed| holds.iter().any(|held| same(held, claimed)))
}

/// The order of classes is Placement's in what is read, and the scheduler's in what is claimed.
fn same(one: &Allocation, other: &Allocation) -> bool {
    one.provider == other.provider
        && one.resources.len() == other.resources.len()
        && one.resources.iter().all(|resource| other.resources.contains(resource))
}
