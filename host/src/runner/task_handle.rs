//! The state of an open task in memory.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::consumer_locks::ConsumerGuard;
use super::entry_writer::EntryWriter;
use super::listed_task::{ListedTask, ListedWait};
use super::questions::{PendingQuestions, PriorAnswers, Question, Reader};
use super::task_view::{TaskView, WaitingFor};
use crate::journal::Progress;
use crate::task_clock::{TaskClock, rfc3339};

/// The phase of an open task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// It waits for another task that has locked one of its consumers.
    Queued,
    /// The policy decides, or requests are in progress.
    Running,
    /// It waits for a reply of its caller.
    Waiting,
    /// It waits until it is resumed.
    Parked,
    /// It has ended.
    Ended,
}

impl Phase {
    /// The name in the API; `None` for phases whose state is in the journal.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        match self {
            Self::Queued => Some("queued"),
            Self::Running => Some("running"),
            Self::Waiting => Some("waiting"),
            Self::Parked | Self::Ended => None,
        }
    }

    /// The same, as a database that runners share keeps it.
    #[must_use]
    pub fn progress(self) -> Option<Progress> {
        self.name().and_then(Progress::named)
    }

    /// The phase with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::Queued, Self::Running, Self::Waiting].into_iter().find(|phase| phase.name() == Some(name))
    }
}

/// An open task.
#[derive(Debug)]
pub struct TaskHandle {
    pub id: String,
    pub questions: Arc<PendingQuestions>,
    pub writer: EntryWriter,
    pub clock: TaskClock,
    /// The locks of the task's consumers.
    guard: Mutex<Option<Arc<ConsumerGuard>>>,
    phase: watch::Sender<Phase>,
    /// Whether a write is in progress.
    writing: watch::Sender<bool>,
}

impl TaskHandle {
    /// The handle of a task with these earlier answers.
    pub fn new(
        writer: EntryWriter,
        id: String,
        guard: Arc<ConsumerGuard>,
        before: PriorAnswers,
        clock: TaskClock,
    ) -> Arc<Self> {
        let phase = watch::Sender::new(Phase::Queued);
        let questions = Arc::new(PendingQuestions::new(phase.clone(), before));
        let guard = Mutex::new(Some(guard));
        Arc::new(Self { id, questions, writer, clock, guard, phase, writing: watch::Sender::new(false) })
    }

    /// Changes the phase.
    pub fn set_phase(&self, phase: Phase) {
        self.phase.send_replace(phase);
    }

    /// Returns when the task has ended, or waits for its caller or an operator.
    pub async fn wait_settled(&self) {
        let still = |phase: &Phase| !matches!(phase, Phase::Queued | Phase::Running);
        // This cannot fail: the sender is in `self`.
        let _ = self.phase.subscribe().wait_for(still).await;
    }

    pub fn set_writing(&self, writing: bool) {
        self.writing.send_replace(writing);
    }

    /// Returns when no write is in progress.
    pub async fn between_writes(&self) {
        let _ = self.writing.subscribe().wait_for(|writing| !writing).await;
    }

    /// The locks of the task's consumers.
    pub fn guard(&self) -> Option<Arc<ConsumerGuard>> {
        self.lock_guard().clone()
    }

    /// Releases the locks for the next task.
    pub fn release_consumers(&self) {
        self.lock_guard().take();
    }

    pub fn phase(&self) -> Phase {
        *self.phase.borrow()
    }

    /// Adds the state in memory to the data from the journal.
    pub fn complete(&self, view: &mut TaskView, reader: Reader) {
        let phase = self.phase();
        view.state = phase.name().unwrap_or(view.state);
        match phase {
            Phase::Queued => {
                let before = self.guard().and_then(|guard| guard.blocked_by());
                view.waiting_for = before.map(|task| WaitingFor::Task { task }).into_iter().collect();
            }
            Phase::Waiting => {
                let asked =
                    |Question { index, effect, until }| WaitingFor::Reply { index, effect, until: rfc3339(until) };
                view.waiting_for = self.questions.fetch(reader).into_iter().map(asked).collect();
            }
            // The journal contains the whole state.
            Phase::Running | Phase::Parked | Phase::Ended => {}
        }
    }

    /// The same for a list, with the names of the effects only.
    pub fn complete_listed(&self, listed: &mut ListedTask) {
        let phase = self.phase();
        listed.state = phase.name().unwrap_or(listed.state);
        listed.waiting_for = match phase {
            Phase::Queued => {
                let before = self.guard().and_then(|guard| guard.blocked_by());
                before.map(|task| ListedWait::Task { task }).into_iter().collect()
            }
            Phase::Waiting => {
                let (waits, until) = self.questions.waits();
                let until = rfc3339(until);
                let wait = |(index, effect)| ListedWait::Reply { index, effect, until: until.clone() };
                waits.into_iter().map(wait).collect()
            }
            Phase::Running | Phase::Parked | Phase::Ended => Vec::new(),
        };
    }

    fn lock_guard(&self) -> MutexGuard<'_, Option<Arc<ConsumerGuard>>> {
        self.guard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
