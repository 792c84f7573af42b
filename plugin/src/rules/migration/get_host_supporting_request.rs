//! The first host that is new enough for the ports' resource requests (nova's `_get_host_supporting_request`; nova 34
//! removed it, because it supports no older compute service).

use super::cause;
use super::claim_resources::claim_resources;
use super::delete_allocations::delete_allocations;
use super::progress::Progress;
use super::support_resource_request::Supports;
use crate::contract::{BuiltInReason, RequestSpec, Selection};
use crate::history::{History, Interrupt};
use crate::nova::{self, of_host};
use crate::policy::Policy;

/// Returns the host, which is claimed, and the alternates after it.
pub fn get_host_supporting_request<'a>(
    policy: &dyn Policy,
    history: &mut History<'a>,
    server: &str,
    spec: &RequestSpec,
    selections: &'a [Selection],
    progress: &mut Progress,
) -> Result<(&'a Selection, &'a [Selection]), Interrupt> {
    let Some((first, mut alternates)) = selections.split_first() else {
        return Err(nova::raise("NoValidHost", "the scheduler returned no host").into());
    };
    let mut supports = Supports::new(policy, spec);
    if supports.host(history, &first.host)? {
        return Ok((first, alternates));
    }
    history.explain(BuiltInReason::GetHostSupportingRequest);
    // The scheduler has claimed the first host.
    delete_allocations(policy, history, server).map_err(as_nova)?;
    progress.claim = None;
    while let Some((alternate, rest)) = alternates.split_first() {
        alternates = rest;
        if !supports.host(history, &alternate.host)? {
            continue;
        }
        let Some(request) = &alternate.allocation_request else {
            history.explain(BuiltInReason::HostNotClaimable(of_host(&alternate.host)));
            return Ok((alternate, rest));
        };
        if claim_resources(policy, history, server, spec, request, progress)? {
            return Ok((alternate, rest));
        }
        history.explain(BuiltInReason::HostNotClaimed(of_host(&alternate.host)));
    }
    let text = ["Exhausted all hosts available during compute service level check for instance ", server, "."];
    Err(nova::raise("MaxRetriesExceeded", &text.concat()).into())
}

fn as_nova(interrupt: Interrupt) -> Interrupt {
    match interrupt {
        Interrupt::Failed(failure) => cause::of(*failure).into(),
        interrupt => interrupt,
    }
}
