//! The journal's entries: what is stored about a task.

use serde::{Deserialize, Serialize};

use crate::contract::{Effect, Exchange, ServerState, Step, Task};
use crate::engine::{Authority, Settings, migration_in_answer};
use crate::record::{End, PolicyName};

use super::State;

/// One journal entry of one task.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The task's id.
    pub task: String,
    /// Its number among the task's entries, from 0, without gaps.
    pub number: u32,
    /// When it was written, in milliseconds since 1970.
    pub at: u64,
    /// What happened.
    pub event: Event,
}

/// What happened to a task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    /// The task was accepted. Always the first entry of a task, and only the first.
    Opened(Box<Opened>),
    /// These effects are about to be sent, and at least one of them is a write. Their replies follow. If the process
    /// died before, no replies follow, and the result of the write is unknown. The list is empty if all effects only
    /// read; the entry then only records the time, and the effects are sent before it is durable. Where several runners
    /// share the journal, questions to the caller are listed, too: another runner may ask them again.
    Asked(Vec<Effect>),
    /// The caller has answered one effect. `Answered` repeats this exchange together with those of the same step.
    Replied {
        /// The position of the exchange in the history, from 0.
        index: usize,
        /// The effect and its reply.
        exchange: Box<Exchange>,
    },
    /// All replies to one step have arrived.
    Answered(Vec<Exchange>),
    /// The shadow policy would have taken another step.
    Shadowed(Box<Shadowed>),
    /// The task waits for an operator; the text is the reason.
    Parked(String),
    /// A parked task continues.
    Resumed(Resumed),
    /// The task has ended. Always the last entry.
    Ended(End),
    /// An entry that another version of the program wrote; the text says why this version cannot read it.
    #[serde(skip)]
    NotUnderstood(String),
}

/// How a task began.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Opened {
    /// The version of the contract that the values conform to.
    pub contract: String,
    /// The task as submitted.
    pub task: Task,
    /// The settings of the policy for this task, if it has any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settings: Option<Settings>,
    /// The server's state, if the caller reported it.
    pub server: Option<ServerState>,
    /// The policy that decides about the task.
    pub policy: PolicyName,
    /// The caller's idempotency key.
    pub key: Option<String>,
    /// The id of the HTTP request that submitted the task, `req-...`.
    pub request_id: String,
}

/// A step of the shadow policy that differs from the step taken.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Shadowed {
    /// The shadow policy's digest: the SHA-256 of its component.
    pub digest: String,
    /// The position in the history, from 0, at which the two differ.
    pub index: usize,
    /// The step that the shadow policy would have taken; `None` if it returned no valid step.
    pub step: Option<Step>,
    /// Why it returned no valid step.
    pub error: Option<String>,
}

/// How a parked task continues.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resumed {
    /// The policy that decides about the rest of the task.
    pub policy: PolicyName,
}

impl Event {
    /// The event with this text. One that this program does not understand stays, with the reason: the other entries of its task
    /// must still be readable.
    pub(super) fn read(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_else(|error| Self::NotUnderstood(error.to_string()))
    }

    /// The state that the task has after this event; `None` if the event does not change it.
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
    /// The consumers that this event adds to the task.
    #[must_use]
    pub fn consumers(&self) -> Vec<String> {
        let migration = |exchange: &Exchange| migration_in_answer(exchange).map(|record| record.migration.clone());
        match self {
            Self::Opened(opened) => opened.consumers(),
            Self::Replied { exchange, .. } => migration(exchange).into_iter().collect(),
            Self::Answered(exchanges) => exchanges.iter().filter_map(migration).collect(),
            _ => Vec::new(),
        }
    }
}

impl Opened {
    /// The consumers that the task names.
    #[must_use]
    pub fn consumers(&self) -> Vec<String> {
        Authority::of(&self.task).consumers().map(str::to_owned).collect()
    }
}
