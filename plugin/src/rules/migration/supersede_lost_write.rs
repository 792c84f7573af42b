//! A lost write may still arrive after later writes. Placement then refuses it, because the consumer has another
//! generation by that time. Exception: if the consumer was deleted and created again, its generations start again too.

use super::claim_resources::covers;
use crate::ask::{self, non_empty};
use crate::contract::{
    Allocation, DeleteAllocations, Effect, Exchange, Failure, ForeignAnswer, NewHolding, PutAllocations, Reply,
    Unsettled,
};
use crate::history::{History, Interrupt};
use crate::policy::Policy;
use crate::rules::tries::Tries;

/// If the server is at exactly the generation that a lost write names, writes its allocations once more unchanged; this
/// moves it past that generation. False: the lost write was faster, because the server does not hold what is `due`, or
/// its migration record holds something again.
pub fn supersede_lost_write(
    policy: &dyn Policy,
    history: &mut History<'_>,
    server: &str,
    migration: &str,
    due: &[Allocation],
) -> Result<bool, Interrupt> {
    match supersede_server_write(policy, history, server, due)? {
        None => Ok(true),
        Some(false) => Ok(false),
        Some(true) => Ok(non_empty(ask::holding(history, migration)?).is_none()),
    }
}

/// The same for a server whose migration record should hold something. None: no write was lost.
pub fn supersede_server_write(
    policy: &dyn Policy,
    history: &mut History<'_>,
    server: &str,
    due: &[Allocation],
) -> Result<Option<bool>, Interrupt> {
    let lost = lost_generations(history.performed(), server);
    let Some((write_at, _)) = lost.last().copied() else { return Ok(None) };
    match attempts(policy, history, server, &lost, due) {
        Err(Interrupt::Failed(_)) => Err(Failure::Unsettled(Unsettled { write_at, holdings: Vec::new() }).into()),
        end => end.map(Some),
    }
}

fn attempts(
    policy: &dyn Policy,
    history: &mut History<'_>,
    server: &str,
    lost: &[(u32, u32)],
    due: &[Allocation],
) -> Result<bool, Interrupt> {
    let mut tries = Tries::default();
    while tries.next().is_some() {
        let now = ask::holding(history, server)?;
        let Some(holder) = non_empty(now).filter(|holder| covers(holder.allocations, due)) else { return Ok(false) };
        if lost.iter().all(|(_, generation)| *generation != holder.owner.generation) {
            return Ok(true);
        }
        let write = ask::rewrite(holder, holder.allocations);
        let written = ask::write(history, &write)?;
        tries.judge(policy, history, server, &write, written)?;
    }
    let used_up = tries.used_up(history);
    Err(used_up.unwrap_or(Failure::Unsettled(Unsettled { write_at: 0, holdings: Vec::new() })).into())
}

/// The indexes of the lost writes that name a generation of the server, each with this generation.
fn lost_generations(performed: &[Exchange], server: &str) -> Vec<(u32, u32)> {
    let lost = (0..).zip(performed).filter(|(_, exchange)| is_lost(&exchange.reply));
    lost.filter_map(|(at, exchange)| Some((at, generation(&exchange.effect, server)?))).collect()
}

/// The index of a lost write that creates the consumer. No generation prevents it once the consumer is empty again.
pub fn lost_creation(performed: &[Exchange], consumer: &str) -> Option<u32> {
    let creates = |effect: &Effect| match effect {
        Effect::PutAllocations(PutAllocations { holding, .. }) => {
            holding.consumer == consumer && holding.generation.is_none()
        }
        _ => false,
    };
    let lost = |exchange: &Exchange| is_lost(&exchange.reply) && creates(&exchange.effect);
    (0..).zip(performed).find_map(|(at, exchange)| lost(exchange).then_some(at))
}

/// True if the write may still arrive. One that Placement itself has answered, with 5xx too, is over.
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
