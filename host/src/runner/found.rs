//! A task as the journal has it.

use std::collections::BTreeMap;

use super::room::json_bytes;
use super::told;
use crate::contract::{Effect, Exchange};
use crate::journal::{Entry, Event, Opened};
use crate::record::PolicyName;

/// What it takes to go on with a task.
pub struct Found {
    pub opened: Opened,
    /// Who decides.
    pub policy: PolicyName,
    pub history: Vec<Exchange>,
    /// Effects that were about to be sent, the first one at the history's end.
    pub pending: Vec<Effect>,
    /// What its caller has answered beyond the history, by the place there.
    pub replied: BTreeMap<usize, Exchange>,
}

/// A task whose entries this program cannot follow.
#[derive(Debug, thiserror::Error)]
pub enum NotUnderstood {
    /// Its beginning is missing.
    #[error("it has no beginning")]
    NoBeginning,
    /// An entry is not one of this program's.
    #[error("its entry {number} is not understood ({why}): the program that wrote it can go on with it, run that one")]
    Entry {
        /// Which.
        number: u32,
        /// Why not.
        why: String,
    },
}

impl Found {
    /// Reads a task's entries.
    ///
    /// # Errors
    /// One of them is not understood.
    pub fn of(entries: &[Entry]) -> Result<Self, NotUnderstood> {
        understood(entries)?;
        let opened = told::opened(entries).ok_or(NotUnderstood::NoBeginning)?.clone();
        let (history, pending, replied) = (Vec::new(), Vec::new(), BTreeMap::new());
        let mut found = Self { policy: opened.policy.clone(), opened, history, pending, replied };
        entries.iter().for_each(|entry| found.happens(&entry.event));
        let length = found.history.len();
        found.replied.retain(|index, _| *index >= length);
        Ok(found)
    }

    /// How many bytes it has in memory, as JSON.
    pub fn bytes(&self) -> u64 {
        let replied = self.replied.values().map(json_bytes).sum::<u64>();
        json_bytes(&self.opened) + json_bytes(&self.history) + replied
    }

    fn happens(&mut self, event: &Event) {
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

/// Whether all of a task's entries are this program's.
pub fn understood(entries: &[Entry]) -> Result<(), NotUnderstood> {
    let foreign = entries.iter().find_map(|entry| match &entry.event {
        Event::NotUnderstood(why) => Some(NotUnderstood::Entry { number: entry.number, why: why.clone() }),
        _ => None,
    });
    foreign.map_or(Ok(()), Err)
}
