//! Asks the scheduler (nova's `_schedule`).

use super::fill_provider_mapping::fill_provider_mapping;
use super::get_host_supporting_request::get_host_supporting_request;
use super::progress::Progress;
use crate::contract::{BuiltInReason, Effect, Reply, RequestSpec, SelectDestinations, Selection};
use crate::history::{History, Interrupt};
use crate::nova;
use crate::policy::Policy;

/// Returns the chosen host, which is claimed for the server, and the remaining alternates.
pub fn schedule(
    policy: &dyn Policy,
    history: &mut History<'_>,
    server: &str,
    spec: &mut RequestSpec,
    progress: &mut Progress,
) -> Result<(Selection, Vec<Selection>), Interrupt> {
    let selections = select_destinations(history, server, spec, progress)?;
    let (selection, alternates) = get_host_supporting_request(policy, history, server, spec, selections, progress)?;
    fill_provider_mapping(history, spec, selection)?;
    Ok((selection.clone(), alternates.to_vec()))
}

/// nova's `select_destinations`. The scheduler claims the first host for the server.
pub fn select_destinations<'a>(
    history: &mut History<'a>,
    server: &str,
    spec: &RequestSpec,
    progress: &mut Progress,
) -> Result<&'a [Selection], Interrupt> {
    history.explain(BuiltInReason::Schedule);
    let select = SelectDestinations { server: server.into(), request_spec: spec.clone() };
    progress.scheduling = true;
    let selections = nova::ask(history, Effect::SelectDestinations(select), selections)?;
    progress.scheduling = false;
    let claimed = selections.first().and_then(|first| first.allocation_request.as_ref());
    progress.claim = claimed.map(|request| request.allocations.clone());
    Ok(selections)
}

fn selections(reply: &Reply) -> Option<&[Selection]> {
    match reply {
        Reply::Selections(answer) => Some(&answer.selections),
        _ => None,
    }
}
