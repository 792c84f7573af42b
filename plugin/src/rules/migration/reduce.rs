//! A server that exists and holds allocations of a compute node on which it is not: a scheduler that answered late has
//! claimed that node for a migration that had failed. Nothing in nova removes such a claim. The server keeps what is its
//! due, and only if nova shows that nothing explains the rest: no migration of the server is running, nova is doing nothing
//! with it, and what it keeps is what its flavor requires.

use super::record_or_server::holds;
use super::release::{compute_node, drop_it, neither};
use super::server_facts::{Belongs, details, fits, in_use, refuse_if_busy};
use crate::ask::{self, HeldAllocations, Seen, non_empty};
use crate::contract::{
    Allocation, BuiltInReason, Failure, Holding, Outcome, ProviderId, Removal, ResourceAmount, ServerState, Silence,
    Unsettled,
};
use crate::history::{History, Interrupt, RuleResult};
use crate::policy::Policy;
use crate::rules::confirmed_read;
use crate::rules::deletion::removal;
use crate::rules::tries::{Tried, Tries};

/// An evacuated server keeps its allocations on the host that is down until the host is back.
const EVACUATED: &str = "done";

/// The last write without an answer: its index in the history, what it was to remove, and what was read before it.
type LostWrite = Option<(u32, Removal, Holding)>;

/// Removes what is not its due from the server, or leaves it as it is. `seen` is what nova has answered about it.
pub fn reduce(policy: &dyn Policy, history: &mut History<'_>, server: &str, seen: Seen<'_>) -> RuleResult {
    history.explain(BuiltInReason::ServerIsPresent);
    flavor_at_rest(seen, server)?;
    let mut lost = None;
    match (attempts(policy, history, server, &mut lost), lost) {
        (Err(Interrupt::Failed(_)), Some((write_at, _, read))) => {
            Err(Failure::Unsettled(Unsettled { write_at, holdings: vec![read] }).into())
        }
        (end, _) => end,
    }
}

fn attempts(policy: &dyn Policy, history: &mut History<'_>, server: &str, lost: &mut LostWrite) -> RuleResult {
    let mut tries = Tries::default();
    let mut confirmed = !policy.confirms_reads();
    while tries.next().is_some() {
        let read = ask::holding(history, server)?;
        // Later than the read: what begins after the answer changes the generation of the write.
        let seen = ask::find_server(history, server)?;
        match ask::state(seen) {
            ServerState::Present => {}
            ServerState::Gone => {
                history.explain(BuiltInReason::ServerIsGone);
                return drop_it(policy, history, server);
            }
            ServerState::Deleting | ServerState::Unknown => {
                history.explain(BuiltInReason::ServerIsUnknown);
                return Err(neither(server, read, read));
            }
        }
        let flavor = flavor_at_rest(seen, server)?;
        let Some(node) = compute_node(history, server)? else { return Err(neither(server, read, read)) };
        let Some([kept, others]) = split(history, read, &node)? else { return Err(neither(server, read, read)) };
        let Some(held) = non_empty(read).filter(|_| !others.is_empty()) else {
            match lost.take() {
                Some((_, removed, _)) => {
                    history.explain(BuiltInReason::LostWriteWasDone);
                    return Ok(Outcome::Reduced(removed));
                }
                // Its amounts on its own node are not those of its flavor.
                None if confirmed && !kept.is_empty() && fits(Some(flavor), &kept) == Some(false) => {
                    return Err(neither(server, read, read));
                }
                None if confirmed => return Err(in_use(server, None)),
                None => confirmed_read::wait(history)?,
            }
            confirmed = true;
            continue;
        };
        if !holds(&kept, &node) || fits(Some(flavor), &kept) != Some(true) {
            return Err(neither(server, read, read));
        }
        let removed = removal(server, HeldAllocations { allocations: &others, ..held });
        let write = ask::rewrite(held, &kept);
        let written = ask::write(history, &write)?;
        let at = history.last();
        match tries.judge(policy, history, server, &write, written)? {
            Tried::Done => return Ok(Outcome::Reduced(removed)),
            Tried::Lost => *lost = Some((at, removed, read.clone())),
            Tried::Again => {}
        }
    }
    Err(tries.used_up(history).unwrap_or(Failure::Unreachable(Silence { detail: String::new() })).into())
}

/// The amounts that the server's flavor requires, if nova knows all that is needed and changes nothing on the server.
fn flavor_at_rest<'a>(seen: Seen<'a>, server: &str) -> Result<&'a [ResourceAmount], Interrupt> {
    refuse_if_busy(seen, server, "")?;
    let known = details(seen).and_then(|details| Some((details.flavor.as_deref()?, details.migrations.as_deref()?)));
    match known {
        Some((flavor, all)) if !all.iter().any(|one| one.status == EVACUATED) => Ok(flavor),
        _ => Err(in_use(server, None)),
    }
}

/// What the server holds of its node and of shared providers, and what of other nodes; none if something of another node
/// is there and a nested provider could belong to either.
fn split(
    history: &mut History<'_>,
    read: &Holding,
    node: &ProviderId,
) -> Result<Option<[Vec<Allocation>; 2]>, Interrupt> {
    let [mut kept, mut others] = [Vec::new(), Vec::new()];
    let mut unclear = false;
    for allocation in &read.allocations {
        let belongs = match allocation.provider == *node {
            true => Belongs::Shared,
            false => Belongs::by(ask::traits(history, &allocation.provider)?),
        };
        unclear |= belongs == Belongs::Unclear;
        let to = if belongs == Belongs::AnotherNode { &mut others } else { &mut kept };
        to.push(allocation.clone());
    }
    Ok((!unclear || others.is_empty()).then_some([kept, others]))
}
