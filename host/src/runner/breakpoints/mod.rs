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
/// The effects that write.
const WRITES: [&str; 3] = ["post-allocations", "put-allocations", "delete-allocations"];
/// The most breakpoints at a time.
const MOST: usize = 100;
/// A breakpoint cannot be set.
#[derive(Debug, thiserror::Error)]
pub enum BreakpointError {
    /// It would stop every task.
    #[error("a breakpoint needs a condition: kind, consumer, rule or effect")]
    NoCondition,
    /// No reason has such a code.
    #[error("rule is {0:?}; the code of a reason has 1 to 64 lower case letters, digits and dashes")]
    Rule(String),
    /// No write has this effect.
    #[error("effect is {0:?}; a write has one of {list}", list = WRITES.join(", "))]
    Effect(String),
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

/// A task that has stopped, until a time in milliseconds since 1970.
#[derive(Debug, PartialEq, Eq)]
pub struct Stop {
    id: String,
    task: String,
    until: u64,
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
        check(&conditions)?;
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
        let all = self.all();
        let (one, stopped) = all.iter().find_map(|one| Some((one, one.stops(task)?)))?;
        Some(WaitingFor::Breakpoint {
            breakpoint: one.id.clone(),
            set_by: one.set_by.clone(),
            effects: stopped.effects.clone(),
            until: rfc3339(stopped.until),
        })
    }

    /// Returns when the breakpoint is removed or its time is over.
    pub async fn wait(&self, Stop { id, task, until }: Stop) {
        tracing::info!(task, "stopped before a write, by the breakpoint {id}");
        let mut all = self.all.subscribe();
        tokio::select! {
            _ = all.wait_for(|all| !all.contains_key(&id)) => {}
            () = tokio::time::sleep(Duration::from_millis(until.saturating_sub(now()))) => {}
        }
        tracing::info!(task, "goes on from the breakpoint {id}");
        let _alone = self.changing.lock().await;
        if let Err(error) = self.forget(&id).await {
            tracing::warn!("the breakpoint {id} stays in the journal until its time is over: {error}");
            self.all.send_modify(|all| drop(all.remove(&id)));
        }
    }

    /// The breakpoint that stops this write: the one that has stopped the task before a restart, or at the runner that had it
    /// before, and otherwise the oldest.
    pub async fn stop(&self, write: &Write<'_>) -> Option<Stop> {
        if self.all.borrow().is_empty() {
            return None;
        }
        let _alone = self.changing.lock().await;
        let all = self.all();
        let known = all.iter().find_map(|one| Some((one, one.stops(write.id)?)));
        let stop = |id: &str, until| Stop { id: id.to_owned(), task: write.id.to_owned(), until };
        if let Some((one, stopped)) = known {
            return Some(stop(&one.id, stopped.until));
        }
        let mut one = all.into_iter().find(|one| one.concerns(write))?;
        let until = now().saturating_add(one.conditions.seconds.saturating_mul(1_000));
        let effects = write.effects.iter().map(|effect| effect.name().to_owned()).collect();
        one.stopped = Some(StoppedTask { task: write.id.to_owned(), effects, until });
        if let Err(error) = self.store(&one).await {
            tracing::warn!(task = write.id, "it is not stopped at the breakpoint {}: {error}", one.id);
            return None;
        }
        Some(stop(&one.id, until))
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

fn check(Conditions { kind, consumer, rule, effect, seconds }: &Conditions) -> Result<(), BreakpointError> {
    if kind.is_none() && consumer.is_none() && rule.is_none() && effect.is_none() {
        return Err(BreakpointError::NoCondition);
    }
    let shortened = |text: &str| text.chars().take(70).collect();
    if let Some(rule) = rule.as_ref().filter(|rule| !is_code(rule)) {
        return Err(BreakpointError::Rule(shortened(rule)));
    }
    if let Some(effect) = effect.as_ref().filter(|effect| !WRITES.contains(&effect.as_str())) {
        return Err(BreakpointError::Effect(shortened(effect)));
    }
    if !(1..=3_600).contains(seconds) {
        return Err(BreakpointError::Seconds(*seconds));
    }
    Ok(())
}

/// As the contract has it for the codes of reasons.
fn is_code(text: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !text.is_empty() && text.len() <= 64 && text.bytes().all(letter)
}
