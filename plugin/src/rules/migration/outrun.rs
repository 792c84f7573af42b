//! A write that was lost may still arrive, whatever was written since. It is refused then, since a consumer is at another
//! generation by that time: unless the consumer was dropped and made anew, for Placement begins to count anew with it.

use super::claim_resources::covers;
use crate::ask::{self, held};
use crate::contract::{
    Allocation, DeleteAllocations, Effect, Exchange, Failure, ForeignAnswer, NewHolding, PutAllocations, Reply,
    Unsettled,
};
use crate::history::{History, Stop};
use crate::policy::Policy;
use crate::rules::tries::Tries;

/// A server that is at the very generation which a lost write names is written once more, as it is, and so is beyond it.
/// False: it does not hold what is its due, or its migration record holds something again, so the lost write was faster.
pub fn outrun(
    policy: &dyn Policy,
    history: &mut History<'_>,
    server: &str,
    migration: &str,
    due: &[Allocation],
) -> Result<bool, Stop> {
    match get_beyond(policy, history, server, due)? {
        None => Ok(true),
        Some(false) => Ok(false),
        Some(true) => Ok(held(ask::holding(history, migration)?).is_none()),
    }
}

/// The same of a server whose migration record is to hold something. None: no write was lost.
pub fn get_beyond(
    policy: &dyn Policy,
    history: &mut History<'_>,
    server: &str,
    due: &[Allocation],
) -> Result<Option<bool>, Stop> {
    let lost = lost_generations(history.performed(), server);
    let Some((write_at, _)) = lost.last().copied() else { return Ok(None) };
    match attempts(policy, history, server, &lost, due) {
        Err(Stop::Failed(_)) => Err(Failure::Unsettled(Unsettled { write_at, holdings: Vec::new() }).into()),
        end => end.map(Some),
    }
}

fn attempts(
    policy: &dyn Policy,
    history: &mut History<'_>,
    server: &str,
    lost: &[(u32, u32)],
    due: &[Allocation],
) -> Result<bool, Stop> {
    let mut tries = Tries::default();
    while tries.next().is_some() {
        let now = ask::holding(history, server)?;
        let Some(holder) = held(now).filter(|holder| covers(holder.allocations, due)) else { return Ok(false) };
        if lost.iter().all(|(_, generation)| *generation != holder.owner.generation) {
            return Ok(true);
        }
        let write = ask::rewrite(holder, holder.allocations.to_vec());
        let written = ask::write(history, &write)?;
        tries.judge(policy, history, server, &write, written)?;
    }
    let used_up = tries.used_up(history);
    Err(used_up.unwrap_or(Failure::Unsettled(Unsettled { write_at: 0, holdings: Vec::new() })).into())
}

/// The places of the lost writes that name the server at a generation, with that generation.
fn lost_generations(performed: &[Exchange], server: &str) -> Vec<(u32, u32)> {
    let lost = (0..).zip(performed).filter(|(_, exchange)| is_lost(&exchange.reply));
    lost.filter_map(|(at, exchange)| Some((at, generation(&exchange.effect, server)?))).collect()
}

/// As `Policy::judge` has it: nobody knows whether it was done.
fn is_lost(reply: &Reply) -> bool {
    match reply {
        Reply::Lost(_) => true,
        Reply::Foreign(ForeignAnswer { status, .. }) => !(400..500).contains(status),
        _ => false,
    }
}

fn generation(write: &Effect, server: &str) -> Option<u32> {
    let of = |entry: &NewHolding| (entry.consumer == server).then_some(entry.generation).flatten();
    match write {
        Effect::PostAllocations(post) => post.consumers.iter().find_map(of),
        Effect::PutAllocations(PutAllocations { holding, .. }) => of(holding),
        Effect::DeleteAllocations(DeleteAllocations { consumer, generation, .. }) => {
            (consumer == server).then_some(*generation)
        }
        _ => None,
    }
}
