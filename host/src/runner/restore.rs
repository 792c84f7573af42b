//! Restores a task from its journal entries.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::admission::json_bytes;
use super::task_view;
use crate::contract::{Effect, Exchange};
use crate::engine::Policy;
use crate::journal::{Entry, Event, Opened};
use crate::record::PolicyName;

/// The state of a task, restored from its entries.
pub struct RestoredTask {
    pub opened: Opened,
    /// The policy that decides about the task.
    pub policy: PolicyName,
    pub history: Vec<Exchange>,
    /// Effects that were about to be sent; the first one follows the history.
    pub pending: Vec<Effect>,
    /// Replies of the caller that are not in the history yet, by position.
    pub replied: BTreeMap<usize, Exchange>,
}

/// The entries of a task are not understood by this program.
#[derive(Debug, thiserror::Error)]
pub enum NotUnderstood {
    /// The first entry is missing.
    #[error("its first entry is missing")]
    NoBeginning,
    /// Another version of the program wrote an entry.
    #[error("its entry {number} is not understood ({why}): run the version of the program that wrote it")]
    Entry {
        /// The number of the entry.
        number: u32,
        /// The error of the parser.
        why: String,
    },
}

impl RestoredTask {
    /// Restores a task from its entries.
    pub fn from_entries(entries: &[Entry]) -> Result<Self, NotUnderstood> {
        check_understood(entries)?;
        let opened = task_view::opened(entries).ok_or(NotUnderstood::NoBeginning)?.clone();
        let (history, pending, replied) = (Vec::new(), Vec::new(), BTreeMap::new());
        let mut restored = Self { policy: opened.policy.clone(), opened, history, pending, replied };
        entries.iter().for_each(|entry| restored.apply(&entry.event));
        let length = restored.history.len();
        restored.replied.retain(|index, _| *index >= length);
        Ok(restored)
    }

    /// The policy with the settings that the task began with. They are that policy's: another policy, under which the task
    /// was resumed, has none.
    pub fn configured(&self, policy: Arc<Policy>) -> Result<Arc<Policy>, NotUnderstood> {
        let began_so = self.opened.policy.digest == policy.digest().to_string();
        let Some(settings) = self.opened.settings.clone().filter(|_| began_so) else { return Ok(policy) };
        let configured = policy.with_settings(Some(settings));
        configured.map(Arc::new).map_err(|error| NotUnderstood::Entry { number: 0, why: error.to_string() })
    }

    /// The bytes of the task and its history as JSON.
    pub fn bytes(&self) -> u64 {
        let replied = self.replied.values().map(json_bytes).sum::<u64>();
        json_bytes(&self.opened) + json_bytes(&self.history) + replied
    }

    fn apply(&mut self, event: &Event) {
        match event {
            Event::Asked(effects) => self.pending.clone_from(effects),
            Event::Replied { index, exchange } => drop(self.replied.insert(*index, (**exchange).clone())),
            Event::Answered(exchanges) => {
                self.pending.clear();
                self.history.extend_from_slice(exchanges);
            }
            Event::Resumed(resumed) => self.policy = resumed.policy.clone(),
            Event::Opened(_) | Event::Shadowed(_) | Event::Parked(_) | Event::Ended(_) | Event::NotUnderstood(_) => {}
        }
    }
}

/// Checks that this program understands all entries of a task.
pub fn check_understood(entries: &[Entry]) -> Result<(), NotUnderstood> {
    let foreign = entries.iter().find_map(|entry| match &entry.event {
        Event::NotUnderstood(why) => Some(NotUnderstood::Entry { number: entry.number, why: why.clone() }),
        _ => None,
    });
    foreign.map_or(Ok(()), Err)
}
