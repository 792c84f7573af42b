//! Tasks by the page.

use std::collections::HashMap;

use super::told::record;
use super::{Phase, Runner, Told};
use crate::journal::{JournalError, Page, State, Summary};
use crate::record::Record;

/// A page of tasks.
#[derive(Debug)]
pub struct Tasks {
    /// Newest first.
    pub tasks: Vec<Told>,
    /// The id of its oldest task, if there are older ones still.
    pub next: Option<String>,
}

impl Runner {
    /// Tasks, newest first; with a phase, only open ones that are in it.
    ///
    /// # Errors
    /// The journal does not answer.
    pub async fn tasks(&self, page: &Page, phase: Option<Phase>) -> Result<Tasks, JournalError> {
        let mut found = match phase {
            Some(phase) => self.in_phase(page, phase).await?,
            // One more than is told, to see whether there are more.
            None => self.journal().tasks(&Page { limit: page.limit.saturating_add(1), ..page.clone() }).await?,
        };
        let limit = page.limit as usize;
        let next = found.get(limit).and(limit.checked_sub(1)).and_then(|last| found.get(last));
        let next = next.map(|last| last.id.clone());
        found.truncate(limit);
        let mut tasks = Vec::with_capacity(found.len());
        for summary in found {
            let entries = self.journal().entries(&summary.id).await?;
            match Told::from_entries(&summary, &entries) {
                Some(told) => tasks.push(self.now(told)),
                None => tracing::warn!(task = summary.id, "not listed: its beginning is not understood"),
            }
        }
        // A task goes on while it is looked up.
        tasks.retain(|task| phase.and_then(Phase::name).is_none_or(|name| task.state == name));
        Ok(Tasks { tasks, next })
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
