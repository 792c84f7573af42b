//! Lists tasks in pages.

use std::collections::HashMap;

use super::listed_task::ListedWait;
use super::task_view::record;
use super::{ListedTask, Phase, Runner};
use crate::journal::{JournalError, State, Summary, TaskQuery};
use crate::record::Record;

/// The largest size of a page as JSON; a page may end before its limit of tasks because of it.
const LARGEST: usize = 1 << 20;

/// A page of tasks.
#[derive(Debug)]
pub struct TaskPage {
    /// The tasks, newest first.
    pub tasks: Vec<ListedTask>,
    /// The id of the oldest task in the page, if older ones exist.
    pub next: Option<String>,
}

impl Runner {
    /// Tasks, newest first; with a phase, only open tasks in that phase.
    pub async fn tasks(&self, page: &TaskQuery, phase: Option<Phase>) -> Result<TaskPage, JournalError> {
        let found = match phase {
            Some(phase) => self.in_phase(page, phase).await?,
            // Read one more task than returned, to know whether more exist.
            None => self.journal().tasks(&TaskQuery { limit: page.limit.saturating_add(1), ..page.clone() }).await?,
        };
        let (mut tasks, mut bytes, mut looked_at) = (Vec::new(), 0, 0);
        for summary in found.iter().take(page.limit as usize) {
            let listed = self.listed(summary).await?;
            bytes += listed.as_ref().map_or(0, ListedTask::bytes);
            if bytes > LARGEST && looked_at > 0 {
                break;
            }
            looked_at += 1;
            // The task may have left the phase while it was read.
            let still = |task: &ListedTask| phase.and_then(Phase::name).is_none_or(|name| task.state == name);
            tasks.extend(listed.filter(still));
        }
        let last = found.get(looked_at).and(looked_at.checked_sub(1)).and_then(|last| found.get(last));
        Ok(TaskPage { tasks, next: last.map(|last| last.id.clone()) })
    }

    async fn listed(&self, summary: &Summary) -> Result<Option<ListedTask>, JournalError> {
        let Some(outline) = self.journal().outline(&summary.id).await? else {
            tracing::warn!(task = summary.id, "not listed: the first entry is not understood");
            return Ok(None);
        };
        let mut listed = ListedTask::new(summary, outline, self.journal().consumers(&summary.id).await?);
        if let Some(handle) = self.handles().get(&summary.id).filter(|_| !listed.has_ended()) {
            handle.complete_listed(&mut listed);
            listed.waiting_for.extend(self.breakpoints().stopping(&summary.id).and_then(ListedWait::of_breakpoint));
        }
        Ok(Some(listed))
    }

    /// Only memory contains the phase, so this reads all open tasks that match the page, without their histories.
    async fn in_phase(&self, page: &TaskQuery, phase: Phase) -> Result<Vec<Summary>, JournalError> {
        let all = TaskQuery { states: vec![State::Open], limit: u32::MAX, ..page.clone() };
        if self.journal().is_shared() {
            // The database knows the tasks of all runners.
            let progress = phase.progress();
            return self.journal().tasks(&TaskQuery { progress, limit: page.limit.saturating_add(1), ..all }).await;
        }
        let mut open = self.journal().tasks(&all).await?;
        let phases: HashMap<String, Phase> =
            self.handles().iter().map(|(id, handle)| (id.clone(), handle.phase())).collect();
        open.retain(|summary| phases.get(&summary.id).copied().unwrap_or(Phase::Running) == phase);
        Ok(open)
    }

    /// The newest records, for comparing policies.
    pub async fn records(&self, newest: u32) -> Result<Vec<Record>, JournalError> {
        let page = TaskQuery { states: vec![State::Finished, State::Failed], limit: newest, ..TaskQuery::default() };
        let mut records = Vec::new();
        for summary in self.journal().tasks(&page).await? {
            records.extend(record(&summary.id, &self.journal().entries(&summary.id).await?));
        }
        Ok(records)
    }
}
