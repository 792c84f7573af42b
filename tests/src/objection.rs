//! Collects steps and outcomes that the host would refuse. For correct rules there must be none.

use swaparoo::contract::{Exchange, Finished, Perform, Step, Task};
use swaparoo::{authority, describe, evidence};

/// The number of refused steps, and the first one with its path.
#[derive(Debug, Default)]
pub struct Objections {
    /// The number of steps that the host would refuse.
    pub count: usize,
    /// The first one: the task, its exchanges, and the reason.
    pub first: Option<String>,
}

impl Objections {
    /// Checks the step after `history`.
    pub fn look(&mut self, task: &Task, history: &[Exchange], step: &Step) {
        let Some(why) = objection(task, history, step) else { return };
        self.count += 1;
        self.first.get_or_insert_with(|| {
            let line = |exchange: &Exchange| {
                format!("  {}\n    -> {}\n", describe::effect(&exchange.effect), describe::reply(&exchange.reply))
            };
            format!("{task:?}\n{}  {why}", history.iter().map(line).collect::<String>())
        });
    }

    /// Adds the results of another exploration.
    pub fn add(&mut self, other: Self) {
        self.count += other.count;
        self.first = self.first.take().or(other.first);
    }
}

/// Why the host would fail the task here, if it would.
#[must_use]
pub fn objection(task: &Task, history: &[Exchange], step: &Step) -> Option<String> {
    match step {
        Step::Perform(Perform { effects, .. }) => {
            authority::check(task, history, effects).err().map(|refused| refused.to_string())
        }
        Step::Finished(Finished { outcome, .. }) => {
            evidence::check(task, history, outcome).err().map(|unfounded| unfounded.to_string())
        }
        Step::Failed(_) => None,
    }
}
