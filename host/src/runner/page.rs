//! Tasks by the page.

use std::collections::HashMap;

use super::told::record;
use super::{Listed, Phase, Runner};
use crate::journal::{JournalError, Page, State, Summary};
use crate::record::Record;

/// A page ends when its tasks have so many bytes as JSON, although its limit may not be reached.
const LARGEST: usize = 1 << 20;

/// A page of tasks.
#[derive(Debug)]
pub struct Tasks {
    /// Newest first.
    pub tasks: Vec<Listed>,
    /// The id of its oldest task, if there are older ones still.
    pub next: Option<String>,
}

impl Runner {
    /// Tasks, newest first; with a phase, only open ones that are in it.
    ///
    /// # Errors
    /// The journal does not answer.
    pub async fn tasks(&self, page: &Page, phase: Option<Phase>) -> Result<Tasks, JournalError> {
        let found = match phase {
            Some(phase) => self.in_phase(page, phase).await?,
            // One more than is told, to see whether there are more.
            None => self.journal().tasks(&Page { limit: page.limit.saturating_add(1), ..page.clone() }).await?,
        };
        let (mut tasks, mut bytes, mut looked_at) = (Vec::new(), 0, 0);
        for summary in found.iter().take(page.limit as usize) {
            let listed = self.listed(summary).await?;
            bytes += listed.as_ref().map_or(0, Listed::bytes);
            if bytes > LARGEST && looked_at > 0 {
                break;
            }
            looked_at += 1;
            // A task goes on while it is looked up.
            let still = |task: &Listed| phase.and_then(Phase::name).is_none_or(|name| task.state == name);
            tasks.extend(listed.filter(still));
        }
        let last = found.get(looked_at).and(looked_at.checked_sub(1)).and_then(|last| found.get(last));
        Ok(Tasks { tasks, next: last.map(|last| last.id.clone()) })
    }

    async fn listed(&self, summary: &Summary) -> Result<Option<Listed>, JournalError> {
        let Some(outline) = self.journal().outline(&summary.id).await? else {
            tracing::warn!(task = summary.id, "not listed: its beginning is not understood");
            return Ok(None);
        };
        let mut listed = Listed::new(summary, outline, self.journal().consumers(&summary.id).await?);
        if let Some(live) = self.live().get(&summary.id).filter(|_| !listed.has_ended()) {
            live.list(&mut listed);
        }
        Ok(Some(listed))
    }

    /// Only memory knows the phase, so all open tasks of the page are gone through, without their histories.
    async fn in_phase(&self, page: &Page, phase: Phase) -> Result<Vec<Summary>, JournalError> {
        let all = Page { states: vec![State::Open], limit: u32::MAX, ..page.clone() };
        let mut open = self.journal().tasks(&all).await?;
        let phases: HashMap<String, Phase> = self.live().iter().map(|(id, live)| (id.clone(), live.phase())).collect();
        open.retain(|summary| phases.get(&summary.id).copied().unwrap_or(Phase::Running) == phase);
        Ok(open)
    }

    /// The newest records, for comparing policies.
    ///
    /// # Errors
    /// The journal does not answer.
    pub async fn records(&self, newest: u32) -> Result<Vec<Record>, JournalError> {
        let page = Page { states: vec![State::Finished, State::Failed], limit: newest, ..Page::default() };
        let mut records = Vec::new();
        for summary in self.journal().tasks(&page).await? {
            records.extend(record(&summary.id, &self.journal().entries(&summary.id).await?));
        }
        Ok(records)
    }
}
