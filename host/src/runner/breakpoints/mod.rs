//! Breakpoints: a task stops before its next write, so that a person can look first and try what each way leads to. A breakpoint
//! stops one task, once, and for a limited time; then the task goes on. So a forgotten one does little harm.
//!
//! They are settings of the journal, so that all runners that share it have them and a restart keeps them.

mod breakpoint;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, watch};
use uuid::Uuid;

pub use breakpoint::{Breakpoint, Conditions, StoppedTask, Write};

use super::task_view::WaitingFor;
use crate::journal::{Journal, JournalError, now};
use crate::task_clock::rfc3339;

/// The prefix of the settings.
const SETTING: &str = "breakpoint/";
/// The most breakpoints at a time.
const MOST: usize = 100;
/// A breakpoint cannot be set.
#[derive(Debug, thiserror::Error)]
pub enum BreakpointError {
    /// It would stop every task.
    #[error("a breakpoint needs a condition: kind, consumer, rule or effect")]
    NoCondition,
    /// The time is out of range.
    #[error("seconds is {0}; it may be 1 to 3600")]
    Seconds(u64),
    /// There are too many.
    #[error("there are {MOST} breakpoints, which is the limit: remove one")]
    TooMany,
    /// The journal cannot be written.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// The breakpoints of a service.
pub struct Breakpoints {
    journal: Journal,
    all: watch::Sender<BTreeMap<String, Breakpoint>>,
    /// Locked while memory and journal are changed.
    changing: Mutex<()>,
}

impl Breakpoints {
    /// Reads them from the journal.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub async fn open(journal: Journal) -> Result<Arc<Self>, JournalError> {
        let breakpoints = Self { journal, all: watch::Sender::default(), changing: Mutex::default() };
        breakpoints.follow().await?;
        Ok(Arc::new(breakpoints))
    }

    /// Takes over what other runners have changed.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub async fn follow(&self) -> Result<(), JournalError> {
        let _alone = self.changing.lock().await;
        let settings = self.journal.settings().await?.into_iter().filter(|(name, _)| name.starts_with(SETTING));
        let stored = settings.filter_map(|(_, value)| serde_json::from_str::<Breakpoint>(&value).ok());
        let (now, old): (Vec<_>, Vec<_>) = stored.partition(Breakpoint::is_current);
        self.all.send_replace(now.into_iter().map(|one| (one.id.clone(), one)).collect());
        for one in old {
            self.forget(&one.id).await?;
        }
        Ok(())
    }

    /// All breakpoints, oldest first.
    pub fn all(&self) -> Vec<Breakpoint> {
        let mut all: Vec<_> = self.all.borrow().values().filter(|one| one.is_current()).cloned().collect();
        all.sort_by(|one, other| (one.set_at, &one.id).cmp(&(other.set_at, &other.id)));
        all
    }

    /// Sets one.
    ///
    /// # Errors
    /// It is not valid, there are too many, or the journal cannot be written.
    pub async fn set(&self, conditions: Conditions, set_by: String) -> Result<Breakpoint, BreakpointError> {
        let Conditions { kind, consumer, rule, effect, seconds } = &conditions;
        if kind.is_none() && consumer.is_none() && rule.is_none() && effect.is_none() {
            return Err(BreakpointError::NoCondition);
        }
        if !(1..=3_600).contains(seconds) {
            return Err(BreakpointError::Seconds(*seconds));
        }
        self.follow().await?;
        let _alone = self.changing.lock().await;
        if self.all.borrow().len() >= MOST {
            return Err(BreakpointError::TooMany);
        }
        let id = Uuid::new_v4().to_string();
        let set = Breakpoint { id, conditions, set_by, set_at: now(), stopped: None };
        self.store(&set).await?;
        Ok(set)
    }

    /// Removes one, and lets the task go on that it has stopped; false if it does not exist.
    ///
    /// # Errors
    /// The journal cannot be written.
    pub async fn remove(&self, id: &str) -> Result<bool, JournalError> {
        let _alone = self.changing.lock().await;
        if !self.all.borrow().contains_key(id) {
            return Ok(false);
        }
        self.forget(id).await?;
        Ok(true)
    }

    /// What a task that a breakpoint has stopped waits for.
    pub fn stopping(&self, task: &str) -> Option<WaitingFor> {
        let all = self.all.borrow();
        let (one, stopped) = all.values().find_map(|one| Some((one, one.stops(task)?)))?;
        Some(WaitingFor::Breakpoint {
            breakpoint: one.id.clone(),
            set_by: one.set_by.clone(),
            effects: stopped.effects.clone(),
            until: rfc3339(stopped.until),
        })
    }

    /// Returns at once, or when the breakpoint that stops this write is removed or its time is over.
    pub async fn pass(&self, write: &Write<'_>) {
        let Some((id, until)) = self.stop(write).await else { return };
        tracing::info!(task = write.id, "stopped before a write, by the breakpoint {id}");
        let mut all = self.all.subscribe();
        tokio::select! {
            _ = all.wait_for(|all| !all.contains_key(&id)) => {}
            () = tokio::time::sleep(Duration::from_millis(until.saturating_sub(now()))) => {}
        }
        let _alone = self.changing.lock().await;
        if let Err(error) = self.forget(&id).await {
            tracing::warn!("the breakpoint {id} stays in the journal until its time is over: {error}");
            self.all.send_modify(|all| drop(all.remove(&id)));
        }
    }

    /// The breakpoint that stops this write, and until when.
    async fn stop(&self, write: &Write<'_>) -> Option<(String, u64)> {
        if self.all.borrow().is_empty() {
            return None;
        }
        let _alone = self.changing.lock().await;
        let mut one = self.all.borrow().values().find(|one| one.concerns(write))?.clone();
        if let Some(stopped) = one.stops(write.id) {
            // It was stopped before a restart, or by the runner that had it before.
            return Some((one.id.clone(), stopped.until));
        }
        let until = now().saturating_add(one.conditions.seconds.saturating_mul(1_000));
        let effects = write.effects.iter().map(|effect| effect.name().to_owned()).collect();
        one.stopped = Some(StoppedTask { task: write.id.to_owned(), effects, until });
        if let Err(error) = self.store(&one).await {
            tracing::warn!(task = write.id, "it is not stopped at the breakpoint {}: {error}", one.id);
            return None;
        }
        Some((one.id, until))
    }

    async fn store(&self, one: &Breakpoint) -> Result<(), JournalError> {
        let value = serde_json::to_string(one).map_err(|error| JournalError::new(format!("a breakpoint: {error}")))?;
        self.journal.set(&[(&format!("{SETTING}{}", one.id), Some(value))]).await?;
        self.all.send_modify(|all| drop(all.insert(one.id.clone(), one.clone())));
        Ok(())
    }

    async fn forget(&self, id: &str) -> Result<(), JournalError> {
        self.journal.set(&[(&format!("{SETTING}{id}"), None)]).await?;
        self.all.send_modify(|all| drop(all.remove(id)));
        Ok(())
    }
}
