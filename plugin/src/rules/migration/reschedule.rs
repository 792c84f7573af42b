//! Uses the next alternate that the scheduler named before (nova's `_reschedule`). Its free resources may be used by
//! now, so it has to be claimed.

use super::claim_resources::claim_resources;
use super::fill_provider_mapping::fill_provider_mapping;
use super::progress::Progress;
use super::support_resource_request::Supports;
use crate::contract::{BuiltInReason, RequestSpec, Selection};
use crate::history::{History, Interrupt};
use crate::nova::{self, of_host};
use crate::policy::Policy;

/// Returns the first alternate that is new enough and can be claimed, and those after it.
pub fn reschedule(
    policy: &dyn Policy,
    history: &mut History<'_>,
    server: &str,
    spec: &mut RequestSpec,
    hosts: &[Selection],
    progress: &mut Progress,
) -> Result<(Selection, Vec<Selection>), Interrupt> {
    history.explain(BuiltInReason::Reschedule);
    let mut supports = Supports::new(policy, spec);
    let mut hosts = hosts;
    while let Some((selection, rest)) = hosts.split_first() {
        hosts = rest;
        if !supports.host(history, &selection.host)? {
            continue;
        }
        let taken = match &selection.allocation_request {
            None => {
                history.explain(BuiltInReason::HostNotClaimable(of_host(&selection.host)));
                true
            }
            Some(request) => {
                let claimed = claim_resources(policy, history, server, spec, request, progress)?;
                if claimed {
                    fill_provider_mapping(history, spec, selection)?;
                }
                claimed
            }
        };
        if taken {
            return Ok((selection.clone(), rest.to_vec()));
        }
        history.explain(BuiltInReason::HostNotClaimed(of_host(&selection.host)));
    }
    let text = ["Exhausted all hosts available for retrying build failures for instance ", server, "."];
    Err(nova::raise("MaxRetriesExceeded", &text.concat()).into())
}
