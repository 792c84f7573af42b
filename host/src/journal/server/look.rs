//! Looks for entries whose commit got no answer.

use std::collections::BTreeMap;

use super::Server;
use super::changes::{Change, TASKS, text as json};
use super::read::{number, text};
use super::statement::Statement;
use crate::journal::JournalError;

const LAST: &str = "SELECT task, owner, epoch, event FROM entries WHERE ";

/// What the database shows of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    Done,
    NotDone,
    /// Some entries were written before, and their answer was lost.
    Partly,
    /// This runner has written another entry with the same number.
    Differs,
    /// Another runner has written an entry with the same number.
    Another,
}

impl Server {
    /// Looks for the last entry of each task. All entries of a batch are in one transaction, so this one shows the others.
    pub async fn look(&self, changes: &[Change<'_>]) -> Result<Found, JournalError> {
        let mut found = BTreeMap::new();
        for some in changes.chunks(TASKS) {
            let mut select = Statement::new(LAST);
            for (index, change) in some.iter().enumerate() {
                let or = if index == 0 { "" } else { " OR " };
                select = select.then(or).then("(task = ? AND number = ?)").bind(change.task).bind(change.last.number);
            }
            for row in &self.connections.rows(&select).await? {
                let entry = (text(row, "owner")?, number(row, "epoch")?, text(row, "event")?);
                found.insert(text(row, "task")?, entry);
            }
        }
        let of = |change: &Change| found.get(change.task).map(|entry| self.compare(change, entry));
        let seen: Vec<_> = changes.iter().filter_map(of).collect();
        let worst = [Found::Another, Found::Differs].into_iter().find(|worst| seen.contains(worst));
        Ok(match seen.len() {
            0 => Found::NotDone,
            all if all == changes.len() => worst.unwrap_or(Found::Done),
            _ => worst.unwrap_or(Found::Partly),
        })
    }

    fn compare(&self, change: &Change, (owner, epoch, event): &(String, i64, String)) -> Found {
        if *owner != self.me || *epoch != change.epoch {
            return Found::Another;
        }
        if json(&change.last.event).is_ok_and(|mine| mine == *event) { Found::Done } else { Found::Differs }
    }
}
