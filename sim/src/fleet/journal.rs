//! The entries of tasks, and what a runner restores from them.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::contract::{Effect, Exchange, Task};
use crate::explorer::PathEnd;

/// A task's id. Each runner gives its own.
pub type TaskId = u32;
/// A runner's id, new at each start.
pub type RunnerId = u32;
/// A consumer's UUID.
pub type Consumer = Arc<str>;

/// A task as it was submitted.
#[derive(Debug, PartialEq)]
pub struct Opened {
    pub task: Task,
    /// The client's idempotency key.
    pub key: u32,
    pub consumers: Vec<Consumer>,
}

/// One entry of a task.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    pub owner: RunnerId,
    pub epoch: u32,
    pub event: Event,
}

/// What happened to a task.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// It was accepted.
    Opened,
    /// These effects are about to be sent; one of them is a write or a question.
    Asked(Arc<[Effect]>),
    /// nova has answered with a migration record that the task did not know, and that it locks with this entry.
    Replied { index: usize, exchange: Arc<Exchange> },
    /// All replies to one step.
    Answered(Arc<[Exchange]>),
    /// The last entry.
    Ended(Arc<PathEnd>),
}

/// A task, restored from its entries.
#[derive(Debug, Default)]
pub struct Restored {
    pub history: Vec<Exchange>,
    /// Effects that were about to be sent; the first one follows the history.
    pub pending: Vec<Effect>,
    /// Replies that are not in the history yet, by position.
    pub replied: BTreeMap<usize, Exchange>,
}

impl Restored {
    pub fn of<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> Self {
        let mut restored = Self::default();
        entries.into_iter().for_each(|entry| restored.apply(&entry.event));
        restored
    }

    fn apply(&mut self, event: &Event) {
        match event {
            Event::Asked(effects) => self.pending = effects.to_vec(),
            Event::Replied { index, exchange } => drop(self.replied.insert(*index, (**exchange).clone())),
            Event::Answered(exchanges) => {
                self.pending.clear();
                self.history.extend_from_slice(exchanges);
            }
            Event::Opened | Event::Ended(_) => {}
        }
    }
}

impl Event {
    /// The name, for transcripts.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Asked(_) => "asked",
            Self::Replied { .. } => "replied",
            Self::Answered(_) => "answered",
            Self::Ended(_) => "ended",
        }
    }
}
