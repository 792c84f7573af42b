//! Claims a host for the server (nova's `claim_resources`, nova/scheduler/client/report.py).

use super::cause;
use super::progress::Progress;
use crate::ask::{self, HeldAllocations, non_empty};
use crate::contract::{
    Allocation, AllocationRequest, BuiltInReason, Effect, Failure, Holding, NewHolding, PutAllocations, RequestSpec,
};
use crate::history::{History, Interrupt};
use crate::nova;
use crate::policy::Policy;
use crate::refusal::{Meaning, meaning};
use crate::rules::tries::{Tried, Tries};

const NO_ANSWER: &str = "the claim got no answer from Placement";

/// True if the server now holds the host. After a refusal the caller tries the next host. If another writer changed the
/// server's consumer in the meantime, the migration ends (nova's `AllocationUpdateFailed`).
pub fn claim_resources(
    policy: &dyn Policy,
    history: &mut History<'_>,
    server: &str,
    spec: &RequestSpec,
    request: &AllocationRequest,
    progress: &mut Progress,
) -> Result<bool, Interrupt> {
    history.explain(BuiltInReason::ClaimResources);
    let mut lost = None;
    let keeps = progress.held.is_none() || !policy.confirms_reads();
    let claimed = attempts(policy, history, server, spec, request, keeps, &mut lost);
    progress.lost_claim = lost.or(progress.lost_claim);
    let claimed = match claimed {
        // This host may be claimed, so the next one must not be claimed too.
        Err(Interrupt::Failed(_)) if lost.is_some() => {
            return Err(nova::raise("AllocationUpdateFailed", NO_ANSWER).into());
        }
        Err(Interrupt::Failed(failure)) => match *failure {
            // nova's client returns False.
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
    keeps: bool,
    lost: &mut Option<u32>,
) -> Result<bool, Interrupt> {
    let mut tries = Tries::default();
    while tries.next().is_some() {
        let now = ask::holding(history, server)?;
        if lost.is_some() && covers(&now.allocations, &request.allocations) {
            history.explain(BuiltInReason::LostWriteWasDone);
            *lost = None;
            return Ok(true);
        }
        let kept = non_empty(now).filter(|_| keeps);
        let write = claim(now, kept, spec, request, tries.empty_record);
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

/// Builds the write. A server that already holds allocations keeps them in addition to the claim, provider by provider:
/// nova doubles a claim in this way for moves of older releases, and then sends no mappings. After a swap the server keeps
/// nothing: if a read still shows what was moved or removed, the read is out of date, and otherwise Placement refuses a
/// claim that names no generation.
fn claim(
    now: &Holding,
    kept: Option<HeldAllocations<'_>>,
    spec: &RequestSpec,
    request: &AllocationRequest,
    empty_record: Option<u32>,
) -> Effect {
    let AllocationRequest { allocations, mappings, version } = request.clone();
    let (allocations, mappings, generation) = match kept {
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

/// True if these allocations include the whole claim.
pub fn covers(holds: &[Allocation], claim: &[Allocation]) -> bool {
    claim.iter().all(|claimed| holds.iter().any(|held| same(held, claimed)))
}

/// Compares without the order of classes: Placement orders what is read, the scheduler orders what is claimed.
fn same(one: &Allocation, other: &Allocation) -> bool {
    one.provider == other.provider
        && one.resources.len() == other.resources.len()
        && one.resources.iter().all(|resource| other.resources.contains(resource))
}
