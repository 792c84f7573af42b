//! The attempts of a migration and their hosts (nova's `populate_retry` and `populate_filter_properties`).

use crate::contract::{BuiltInReason, Destination, HostNode, MigrateTask, RequestSpec, Retry, Selection};
use crate::history::{History, Interrupt};
use crate::nova;

/// nova's `populate_retry`: counts one more attempt, unless a host is requested or only one attempt is allowed.
pub fn populate_retry(history: &mut History<'_>, spec: &mut RequestSpec, task: &MigrateTask) -> Result<(), Interrupt> {
    if matches!(&spec.requested_destination, Some(Destination { host: Some(_), .. })) || task.max_attempts == 1 {
        return Ok(());
    }
    history.explain(BuiltInReason::PopulateRetry);
    let Retry { num_attempts, hosts } =
        spec.retry.take().unwrap_or_else(|| Retry { num_attempts: 0, hosts: Vec::new() });
    let num_attempts = num_attempts.saturating_add(1);
    spec.retry = Some(Retry { num_attempts, hosts });
    if num_attempts <= task.max_attempts {
        return Ok(());
    }
    let text = ["Exceeded maximum number of retries. Exceeded max scheduling attempts for instance ", &task.server];
    Err(nova::raise("MaxRetriesExceeded", &text.concat()).into())
}

/// nova's `populate_filter_properties`: records the host as tried.
pub fn populate_filter_properties(history: &mut History<'_>, spec: &mut RequestSpec, selection: &Selection) {
    history.explain(BuiltInReason::PopulateFilterProperties);
    if let Some(retry) = &mut spec.retry {
        retry.hosts.push(HostNode { host: selection.host.clone(), node: selection.node.clone() });
    }
}
