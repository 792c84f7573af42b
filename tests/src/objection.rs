//! What the host would not carry out, or not believe, of rules: for those that are right it has nothing to object to.

use swaparoo::contract::{Exchange, Finished, Perform, Step, Task};
use swaparoo::{authority, evidence, words};

/// Objections of the host's, and the first one with its path.
#[derive(Debug, Default)]
pub struct Objections {
    /// How many steps it would have refused.
    pub count: usize,
    /// To what, why, and after which exchanges.
    pub first: Option<String>,
}

impl Objections {
    /// Looks at a step, the one after `history`.
    pub fn look(&mut self, task: &Task, history: &[Exchange], step: &Step) {
        let Some(why) = objection(task, history, step) else { return };
        self.count += 1;
        self.first.get_or_insert_with(|| {
            let line = |exchange: &Exchange| {
                format!("  {}\n    -> {}\n", words::effect(&exchange.effect), words::reply(&exchange.reply))
            };
            format!("{task:?}\n{}  {why}", history.iter().map(line).collect::<String>())
        });
    }

    /// Adds what was found elsewhere.
    pub fn add(&mut self, other: Self) {
        self.count += other.count;
        self.first = self.first.take().or(other.first);
    }
}

/// Why the host would end the task here, if it would.
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
