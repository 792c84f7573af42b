//! A destination that an operator forced: claim it first, then check it (nova 34's order); the first check that fails
//! ends the migration (nova's `claim_resources_on_destination`).

use super::claim_resources::claim_resources;
use super::progress::Progress;
use super::remove_claim::remove_claim;
use crate::contract::{
    Allocation, AllocationRequest, BuiltInReason, CheckDestination, ComputeNodeAnswer, DestinationCheck, Effect,
    HostNode, LiveMigrateTask, NovaError, ProviderId, Reply, Selection,
};
use crate::history::{History, Interrupt};
use crate::nova::{self, of_host};
use crate::policy::Policy;

/// The checks in nova's order.
const CHECKS: [DestinationCheck; 3] =
    [DestinationCheck::Hypervisor, DestinationCheck::CanLiveMigrate, DestinationCheck::BindPorts];

/// Returns the destination after it was claimed.
pub fn claim_resources_on_destination(
    policy: &dyn Policy,
    history: &mut History<'_>,
    task: &LiveMigrateTask,
    host: &str,
    progress: &mut Progress,
) -> Result<Selection, Interrupt> {
    history.explain(BuiltInReason::ClaimResourcesOnDestination);
    let node = host_node(history, host)?;
    let Some(held) = &progress.held else {
        return Err(nova::raise("ConsumerAllocationRetrievalFailed", &task.server).into());
    };
    let [Allocation { resources, .. }] = held.as_slice() else {
        return Err(nova::raise("NoValidHost", &more_than_one(&task.server)).into());
    };
    let allocations = vec![Allocation { provider: node, resources: resources.clone() }];
    let request = AllocationRequest { allocations, mappings: Vec::new(), version: "1.28".into() };
    if !claim_resources(policy, history, &task.server, &task.request_spec, &request, progress)? {
        let text = ["Unable to claim resources on the forced host ", host];
        return Err(nova::raise("NoValidHost", &text.concat()).into());
    }
    if let Err(unfit) = check_destination(history, task, host, host)? {
        history.explain(BuiltInReason::DestinationUnfit(unfit.clone()));
        remove_claim(policy, history, &task.server, progress)?;
        return Err(nova::raised(unfit).into());
    }
    let (host, node) = (host.to_owned(), host.to_owned());
    Ok(Selection { host, node, cell: None, allocation_request: None, availability_zone: None })
}

/// Checks that the server may go there; returns the failure of the first check that fails.
pub fn check_destination(
    history: &mut History<'_>,
    task: &LiveMigrateTask,
    host: &str,
    node: &str,
) -> Result<Result<(), NovaError>, Interrupt> {
    for check in CHECKS {
        let effect = Effect::CheckDestination(CheckDestination {
            server: task.server.clone(),
            migration: task.migration.clone(),
            destination: HostNode { host: host.into(), node: node.into() },
            check,
        });
        match history.perform(effect)? {
            Reply::Done => {}
            Reply::NovaError(error) => return Ok(Err(error.clone())),
            Reply::Abandoned(silence) => return Err(nova::silent(silence).into()),
            _ => return Err(history.unexpected_reply(1)),
        }
    }
    Ok(Ok(()))
}

fn host_node(history: &mut History<'_>, host: &str) -> Result<ProviderId, Interrupt> {
    let node = nova::ask(history, Effect::FindHostNode(of_host(host)), |reply| match reply {
        Reply::ComputeNode(ComputeNodeAnswer { node }) => Some(node.clone()),
        _ => None,
    })?;
    node.ok_or_else(|| nova::raise("ComputeHostNotFound", host).into())
}

fn more_than_one(server: &str) -> String {
    ["instance ", server, " has allocations on more than one provider, so it cannot be forced to a host"].concat()
}
