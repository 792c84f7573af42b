//! Removes the claim on a host that cannot be used (nova's `remove_provider_tree_from_instance_allocation`).

use super::delete_allocations::delete_allocations;
use super::progress::Progress;
use crate::ask::{self, non_empty};
use crate::contract::{Allocation, Failure};
use crate::history::{History, Interrupt};
use crate::policy::Policy;
use crate::rules::confirmed_read;
use crate::rules::tries::{Tried, Tries};

/// Deletes the server's allocations on the claim's providers. If Placement refuses this, nova continues, and the next
/// claim is doubled; `nova-34` and `seed` do the same.
pub fn remove_claim(
    policy: &dyn Policy,
    history: &mut History<'_>,
    server: &str,
    progress: &mut Progress,
) -> Result<(), Interrupt> {
    let Some(claim) = progress.claim.take() else { return Ok(()) };
    let removed = match &progress.held {
        // The server holds only the claim: the migration record has the rest.
        Some(_) => delete_allocations(policy, history, server).map(|_| ()),
        None => write_the_rest(policy, history, server, &claim),
    };
    match removed {
        Err(Interrupt::Failed(failure)) if policy.insists_on_removal() => Err(failure.into()),
        Err(Interrupt::Failed(_)) => Ok(()),
        removed => removed,
    }
}

fn write_the_rest(
    policy: &dyn Policy,
    history: &mut History<'_>,
    server: &str,
    claim: &[Allocation],
) -> Result<(), Interrupt> {
    let mut tries = Tries::default();
    while tries.next().is_some() {
        let Some(holder) = non_empty(confirmed_read::holding(policy, history, server)?) else { return Ok(()) };
        let is_claimed = |held: &&Allocation| claim.iter().any(|claimed| claimed.provider == held.provider);
        let rest: Vec<Allocation> = holder.allocations.iter().filter(|held| !is_claimed(held)).cloned().collect();
        if rest.len() == holder.allocations.len() {
            return Ok(());
        }
        let write = if rest.is_empty() { ask::removal(holder) } else { ask::rewrite(holder, &rest) };
        let written = ask::write(history, &write)?;
        if tries.judge(policy, history, server, &write, written)? == Tried::Done {
            return Ok(());
        }
    }
    match tries.used_up(history) {
        Some(failure) => Err(failure.into()),
        None => Err(Failure::Unreachable(crate::contract::Silence { detail: String::new() }).into()),
    }
}
