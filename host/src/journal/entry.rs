//! What is written down of a task.

use serde::{Deserialize, Serialize};

use crate::contract::{Effect, Exchange, ServerState, Step, Task};
use crate::policy::{Authority, migration_told};
use crate::record::{End, PolicyName};

use super::State;

/// One entry of one task.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The task's id.
    pub task: String,
    /// Its number among the task's entries, from 0, without gaps.
    pub number: u32,
    /// When, in milliseconds since 1970.
    pub at: u64,
    /// What.
    pub event: Event,
}

/// What happened to a task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    /// It was accepted. Always the first entry, and only that.
    Opened(Box<Opened>),
    /// These effects, among them a write, are about to be sent. What follows is their replies, or, if the process died
    /// first, nothing: then nobody knows what became of the write. Where all of them only read none is named: then it
    /// tells when, and is not waited for.
    Asked(Vec<Effect>),
    /// The caller has answered the effect at this place of the history; `Answered` repeats it with those that were
    /// carried out beside it.
    Replied {
        /// Where.
        index: usize,
        /// What was asked, and what was said.
        exchange: Box<Exchange>,
    },
    /// These replies have come.
    Answered(Vec<Exchange>),
    /// A policy in shadow would have gone on otherwise.
    Shadowed(Box<Shadowed>),
    /// It goes on no further until a person has looked, and why.
    Parked(String),
    /// It goes on.
    Resumed(Resumed),
    /// It has ended. Always the last entry.
    Ended(End),
    /// Something else, which another program wrote, and why this one does not understand it.
    #[serde(skip)]
    NotUnderstood(String),
}

/// How a task began.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Opened {
    /// The contract's version that its values are of.
    pub contract: String,
    /// What was asked.
    pub task: Task,
    /// What the caller said of the server.
    pub server: Option<ServerState>,
    /// Who decides.
    pub policy: PolicyName,
    /// The caller's idempotency key.
    pub key: Option<String>,
    /// The request that brought it, `req-...`.
    pub request_id: String,
}

/// Another step than the one that was taken.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Shadowed {
    /// Whose, by its component's SHA-256.
    pub digest: String,
    /// At which place of the history.
    pub index: usize,
    /// What it would have done; none when it answered nothing that could be done.
    pub step: Option<Step>,
    /// Why not.
    pub error: Option<String>,
}

/// How a parked task goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resumed {
    /// Who decides from here on.
    pub policy: PolicyName,
}

impl Event {
    /// The state that it brings, if it brings one.
    #[must_use]
    pub fn state(&self) -> Option<State> {
        match self {
            Self::Opened(_) | Self::Resumed(_) => Some(State::Open),
            Self::Parked(_) => Some(State::Parked),
            Self::Ended(End::Finished(_)) => Some(State::Finished),
            Self::Ended(End::Failed(_)) => Some(State::Failed),
            Self::Asked(_) | Self::Replied { .. } | Self::Answered(_) | Self::Shadowed(_) | Self::NotUnderstood(_) => {
                None
            }
        }
    }
}

impl Event {
    /// The consumers that a task has to do with from here on.
    #[must_use]
    pub fn consumers(&self) -> Vec<String> {
        let told = |exchange: &Exchange| migration_told(exchange).map(|record| record.migration.clone());
        match self {
            Self::Opened(opened) => opened.consumers(),
            Self::Replied { exchange, .. } => told(exchange).into_iter().collect(),
            Self::Answered(exchanges) => exchanges.iter().filter_map(told).collect(),
            _ => Vec::new(),
        }
    }
}

impl Opened {
    /// The consumers that it names.
    #[must_use]
    pub fn consumers(&self) -> Vec<String> {
        Authority::of(&self.task).consumers().map(str::to_owned).collect()
    }
}
