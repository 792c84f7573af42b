//! Whether a recorded task is a path of the model: whether each recorded reply is one that the simulation can give.
//!
//! The search begins with the cloud that the record's first reads show, and keeps every state of the cloud in which the
//! recorded replies so far are possible: a lost write may be done, not done, or arrive later. At each exchange it tries
//! what others may do before, and every event at the effect. What nova says cannot be calculated, so it is learned;
//! only what the model excludes is refused, such as a server that exists again.

mod candidate;
mod facts;
mod others;
#[cfg(test)]
mod tests;

use candidate::Candidate;

use crate::contract::{Exchange, Reply, Task};

/// The most states that are kept. More would differ only in requests that have not arrived.
const MOST: usize = 64;

/// The result for one record.
#[derive(Debug, Clone, PartialEq)]
pub struct Conformity {
    /// What must have happened besides normal answers, in order.
    pub explained: Vec<Explained>,
    /// The first exchange that nothing explains; none if the record is a path of the model.
    pub departure: Option<Departure>,
}

/// What explains a reply that is not the normal answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    /// The index of the exchange, from 0.
    pub index: usize,
    /// What happened, in words.
    pub what: String,
}

/// An exchange that is not possible in the model.
#[derive(Debug, Clone, PartialEq)]
pub struct Departure {
    /// Its index, from 0.
    pub index: usize,
    /// The exchange.
    pub exchange: Exchange,
    /// What the model could have answered.
    pub possible: Vec<Possible>,
}

/// A reply that the model can give.
#[derive(Debug, Clone, PartialEq)]
pub struct Possible {
    /// What happens at the effect, in words.
    pub event: String,
    /// The reply.
    pub reply: Reply,
}

/// Plays the record.
#[must_use]
pub fn conform(task: &Task, history: &[Exchange]) -> Conformity {
    let mut candidates = vec![Candidate::before(task, history)];
    for (index, exchange) in history.iter().enumerate() {
        let mut next: Vec<Candidate> =
            candidates.iter().flat_map(|candidate| candidate.after(index, exchange)).collect();
        // Of two ways to the same state, the one in which less happened explains it.
        next.sort_by_key(|candidate| candidate.explained.len());
        let mut next = different(next);
        next.truncate(MOST);
        if next.is_empty() {
            let explained = candidates.first().map(|first| first.explained.clone()).unwrap_or_default();
            let possible = possible(&candidates, exchange);
            return Conformity {
                explained,
                departure: Some(Departure { index, exchange: exchange.clone(), possible }),
            };
        }
        candidates = next;
    }
    let explained = candidates.into_iter().next().map(|first| first.explained).unwrap_or_default();
    Conformity { explained, departure: None }
}

fn different(all: Vec<Candidate>) -> Vec<Candidate> {
    let mut kept: Vec<Candidate> = Vec::new();
    for one in all {
        if !kept.iter().any(|known| known.is_like(&one)) {
            kept.push(one);
        }
    }
    kept
}

/// The different replies that the model can give here.
fn possible(candidates: &[Candidate], exchange: &Exchange) -> Vec<Possible> {
    let mut all: Vec<Possible> = Vec::new();
    for one in candidates.iter().flat_map(|candidate| candidate.possible(&exchange.effect)) {
        if !all.iter().any(|known| known.reply == one.reply) {
            all.push(one);
        }
    }
    all
}
