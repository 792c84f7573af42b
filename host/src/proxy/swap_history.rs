//! What the journal says about a migration record after its swap.

use super::answer::Ended;
use super::swaps_of_journal::Swap;
use crate::contract::Task;
use crate::journal::{JournalError, State, TaskQuery};
use crate::runner::{Reader, Runner, TaskView};

/// The newest tasks of a record that are looked at. There are a swap, a way back, and some tasks `release`.
const TASKS: u32 = 64;

/// The tasks after a swap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SwapHistory {
    /// Whether the record may still hold something.
    pub open: Open,
    /// How many tasks `release` have failed.
    pub releases: u32,
}

/// Whether a record may still hold something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Open {
    /// A task has given back or released what it held.
    Closed,
    /// A task of the record is open.
    Runs,
    /// It may, since its last task was submitted, in milliseconds since 1970.
    Since(u64),
}

impl SwapHistory {
    /// Reads it from the journal.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub async fn read(runner: &Runner, swap: &Swap) -> Result<Self, JournalError> {
        let query = TaskQuery { consumer: Some(swap.migration.clone()), limit: TASKS, ..TaskQuery::default() };
        let mut history = Self { open: Open::Since(swap.at), releases: 0 };
        let mut is_newest = true;
        for summary in runner.journal().tasks(&query).await? {
            if summary.state == State::Open {
                return Ok(Self { open: Open::Runs, ..history });
            }
            if std::mem::take(&mut is_newest) {
                history.open = Open::Since(summary.created_at);
            }
            if summary.id == swap.id {
                break;
            }
            let Some(view) = runner.task(&summary.id, Reader::Observer).await? else { continue };
            if ends(&view, swap) {
                return Ok(Self { open: Open::Closed, ..history });
            }
            history.releases += u32::from(matches!(&view.task, Task::Release(task) if task.consumer == swap.migration));
        }
        Ok(history)
    }
}

/// Whether this task has emptied the record.
fn ends(view: &TaskView, swap: &Swap) -> bool {
    let of_it = match &view.task {
        Task::Release(task) => task.consumer == swap.migration,
        Task::Move(task) => task.source == swap.migration,
        Task::Revert(task) => task.migration == swap.migration,
        Task::Confirm(task) => task.migration == swap.migration,
        _ => false,
    };
    of_it && view.outcome.is_some() && matches!(Ended::of(view), Ended::Done | Ended::TooLate)
}
