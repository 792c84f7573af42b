//! Turns the contract's values into text for people. Rules give their reasons as data; the text is made only here: one
//! line each, in which all text from a policy, Placement, nova or a client is made printable.

mod count;
mod end;
mod migration;
mod reason;
mod server;

pub use count::count;
pub use end::{end_needs_a_person, failure, needs_a_person, outcome};
pub use migration::rule;
pub use reason::reason;

use std::borrow::Cow;

use crate::contract::{Allocation, Effect, ForeignAnswer, Holding, NewHolding, Refusal, Reply};
use crate::printable;

/// An effect in one line.
#[must_use]
pub fn effect(effect: &Effect) -> String {
    one_printable_line(match effect {
        Effect::GetAllocations(get) => format!("GET /allocations/{}", get.consumer),
        Effect::PostAllocations(post) => {
            let entries: Vec<String> = post.consumers.iter().map(new_holding).collect();
            format!("POST /allocations {}", entries.join(", "))
        }
        Effect::DeleteAllocations(delete) => {
            format!("PUT /allocations/{} nothing, at generation {}", delete.consumer, delete.generation)
        }
        Effect::FindServer(find) => format!("ask nova for server {}", find.server),
        Effect::FindComputeNode(find) => format!("ask nova for the compute node of server {}", find.server),
        Effect::Pause(pause) => format!("pause for up to {} s", f64::from(pause.up_to_ms) / 1000.0),
        Effect::PutAllocations(put) => {
            format!("PUT /allocations/{} {}", put.holding.consumer, new_holding(&put.holding))
        }
        Effect::GetProviderTraits(get) => format!("GET /resource_providers/{}/traits", get.provider),
        other => migration::effect(other),
    })
}

/// A reply in one line.
#[must_use]
pub fn reply(reply: &Reply) -> String {
    one_printable_line(match reply {
        Reply::Holding(holding) => holds(holding),
        Reply::Written | Reply::Done => "done".to_owned(),
        Reply::Refused(refusal) => refusal_text(refusal),
        Reply::Foreign(answer) => format!("{} not from Placement: {}", answer.status, one_line(&answer.body)),
        Reply::Lost(silence) => format!("LOST, done or not: {}", silence.detail),
        Reply::Unreachable(silence) => format!("unreachable: {}", silence.detail),
        Reply::Server(answer) => server::answer(answer),
        Reply::ComputeNode(answer) => answer.node.clone().unwrap_or_else(|| "none".to_owned()),
        Reply::Paused(paused) => format!("{} s", f64::from(paused.ms) / 1000.0),
        other => migration::reply(other),
    })
}

/// The allocations of a consumer and its generation.
#[must_use]
pub fn holds(holding: &Holding) -> String {
    match &holding.owner {
        None => "nothing".to_owned(),
        Some(owner) => format!("{} (generation {})", allocations(&holding.allocations), owner.generation),
    }
}

/// Allocations, as resources by provider.
#[must_use]
pub fn allocations(allocations: &[Allocation]) -> String {
    let one = |allocation: &Allocation| {
        let resources = allocation.resources.iter().map(|r| format!("{} {}", r.amount, r.class));
        format!("{} on {}", resources.collect::<Vec<_>>().join(" + "), allocation.provider)
    };
    if allocations.is_empty() {
        return "nothing".to_owned();
    }
    one_printable_line(allocations.iter().map(one).collect::<Vec<_>>().join("; "))
}

fn new_holding(new: &NewHolding) -> String {
    let generation = new.generation.map_or("null".to_owned(), |generation| generation.to_string());
    format!("{} gets {} at generation {generation}", new.consumer, allocations(&new.allocations))
}

/// Placement's refusal, with advice if the token is the problem.
#[must_use]
pub fn refusal(refusal: &Refusal) -> String {
    one_printable_line(at_the_door(refusal.status, refusal_text(refusal)))
}

/// The same for an answer that does not come from Placement.
#[must_use]
pub fn foreign(answer: &ForeignAnswer) -> String {
    let said = format!("{} not from Placement: {}", answer.status, one_line(&answer.body));
    one_printable_line(at_the_door(answer.status, said))
}

/// An error of the transport to Placement, with advice.
#[must_use]
pub fn unanswered(why: &str) -> String {
    one_printable_line(format!("{why}; check that Placement runs there; check --placement or the cloud's endpoint"))
}

/// A 401 comes from Keystone's middleware before Placement's own code, and a 403 from Placement's policy: both are
/// about the token.
fn at_the_door(status: u16, said: String) -> String {
    match status {
        401 => format!("Placement does not accept the token; check --token or the cloud's credentials: {said}"),
        403 => format!("Placement forbids it for this token; check --token or the cloud's credentials: {said}"),
        _ => said,
    }
}

/// Placement's text without the sentence with which its web framework begins every detail.
fn refusal_text(refusal: &Refusal) -> String {
    let own = refusal.detail.split_once("\n\n").map_or(refusal.detail.as_str(), |(_, own)| own);
    let code = if refusal.code.is_empty() { String::new() } else { format!(" {}", refusal.code) };
    format!("{}{code}: {}", refusal.status, one_line(own).trim_end_matches('.'))
}

/// The texts of this module go to a terminal, to a log or into an answer.
fn one_printable_line(text: String) -> String {
    match printable::line(&text) {
        Cow::Borrowed(_) => text,
        Cow::Owned(printable) => printable,
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
