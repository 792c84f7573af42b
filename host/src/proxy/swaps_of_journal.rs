//! The swaps in the journal, newest first, each once.

use std::time::Duration;

use super::answer::Ended;
use crate::contract::Task;
use crate::journal::{JournalError, State, Summary, TaskQuery};
use crate::runner::{Reader, Runner};
use crate::task_clock::now;

/// Tasks that are listed at a time.
const PAGE: u32 = 500;
/// So many of the newest tasks are listed again.
const AGAIN: usize = 200;

/// A swap, whose migration record got the server's allocations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Swap {
    /// The id of its task.
    pub id: String,
    /// The server.
    pub server: String,
    /// The record.
    pub migration: String,
    /// When it was submitted, in milliseconds since 1970.
    pub at: u64,
}

/// Remembers which tasks have been read. Numbers of tasks that several runners open at the same time may become visible out of order,
/// so the newest ones are listed again.
#[derive(Debug, Default)]
pub struct SwapsOfJournal {
    read_to: Option<i64>,
    again: Vec<String>,
}

impl SwapsOfJournal {
    /// The swaps that were not returned before, of tasks that are not older than this, at most so many of the newest ones.
    ///
    /// # Errors
    /// The journal cannot be read. The next call returns what this one should have.
    pub async fn new_ones(&mut self, runner: &Runner, age: Duration, most: usize) -> Result<Vec<Swap>, JournalError> {
        let oldest = now().saturating_sub(u64::try_from(age.as_millis()).unwrap_or(u64::MAX));
        let (mut swaps, mut seen, mut before, mut newest) = (Vec::new(), Vec::new(), None, None);
        'pages: loop {
            let page = TaskQuery { limit: PAGE, before, ..TaskQuery::default() };
            let tasks = runner.journal().tasks(&page).await?;
            for summary in &tasks {
                newest = newest.or(Some(summary.number));
                let is_known = self.again.contains(&summary.id);
                if seen.len() < AGAIN {
                    seen.push(summary.id.clone());
                } else if self.read_to.is_some_and(|read| summary.number <= read) {
                    break 'pages;
                }
                if summary.created_at < oldest || swaps.len() >= most {
                    break 'pages;
                }
                if !is_known && let Some(swap) = swap(runner, summary).await? {
                    swaps.push(swap);
                }
            }
            before = tasks.last().map(|last| last.number);
            if tasks.len() < PAGE as usize {
                break;
            }
        }
        (self.read_to, self.again) = (newest.or(self.read_to), seen);
        Ok(swaps)
    }
}

/// The swap that this task is, if it may have been done.
async fn swap(runner: &Runner, summary: &Summary) -> Result<Option<Swap>, JournalError> {
    // The kind alone is read from the journal without the whole history.
    if runner.journal().outline(&summary.id).await?.is_none_or(|outline| outline.kind != "move") {
        return Ok(None);
    }
    let Some(view) = runner.task(&summary.id, Reader::Observer).await? else { return Ok(None) };
    let Task::Move(task) = &view.task else { return Ok(None) };
    let may_be_done = matches!(summary.state, State::Open | State::Parked) || may_be_done(&Ended::of(&view));
    Ok((task.target_is_new && may_be_done).then(|| Swap {
        id: summary.id.clone(),
        server: task.source.clone(),
        migration: task.target.clone(),
        at: summary.created_at,
    }))
}

fn may_be_done(ended: &Ended) -> bool {
    matches!(ended, Ended::Done | Ended::Open(_))
}
