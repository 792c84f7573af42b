//! What is known of an open task while its process lives.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::desk::{Before, Desk, Question};
use super::ledger::Ledger;
use super::listed::{Listed, ListedWait};
use super::told::{Told, WaitingFor, time};
use super::turns::Ticket;

/// Where an open task is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Another task has one of its consumers.
    Queued,
    /// Rules decide, or requests are on their way.
    Running,
    /// The caller is asked.
    Waiting,
    /// Nothing happens until it is resumed.
    Parked,
    /// It has ended.
    Ended,
}

impl Phase {
    /// As it is told; of the others the journal knows more.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        match self {
            Self::Queued => Some("queued"),
            Self::Running => Some("running"),
            Self::Waiting => Some("waiting"),
            Self::Parked | Self::Ended => None,
        }
    }

    /// The phase of an open task that is told so.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::Queued, Self::Running, Self::Waiting].into_iter().find(|phase| phase.name() == Some(name))
    }
}

/// An open task.
#[derive(Debug)]
pub struct Live {
    pub id: String,
    pub desk: Arc<Desk>,
    pub ledger: Ledger,
    /// The place in the queues; it goes with the task.
    ticket: Mutex<Option<Arc<Ticket>>>,
    phase: watch::Sender<Phase>,
    /// A write is on its way.
    writing: watch::Sender<bool>,
}

impl Live {
    /// A task whose questions were answered so before.
    pub fn new(ledger: Ledger, id: String, ticket: Arc<Ticket>, before: Before) -> Arc<Self> {
        let phase = watch::Sender::new(Phase::Queued);
        let desk = Arc::new(Desk::new(phase.clone(), before));
        let ticket = Mutex::new(Some(ticket));
        Arc::new(Self { id, desk, ledger, ticket, phase, writing: watch::Sender::new(false) })
    }

    /// Goes over to another phase.
    pub fn now(&self, phase: Phase) {
        self.phase.send_replace(phase);
    }

    /// Returns when it has ended, or waits for somebody.
    pub async fn settled(&self) {
        let still = |phase: &Phase| !matches!(phase, Phase::Queued | Phase::Running);
        // The sender is in `self`.
        let _ = self.phase.subscribe().wait_for(still).await;
    }

    pub fn writing(&self, writing: bool) {
        self.writing.send_replace(writing);
    }

    /// Returns when no write is on its way.
    pub async fn between_writes(&self) {
        let _ = self.writing.subscribe().wait_for(|writing| !writing).await;
    }

    /// Its turn at its consumers, which it keeps until it is let go.
    pub fn ticket(&self) -> Option<Arc<Ticket>> {
        self.held().clone()
    }

    /// Gives up its place, for whoever comes next.
    pub fn leave(&self) {
        self.held().take();
    }

    pub fn phase(&self) -> Phase {
        *self.phase.borrow()
    }

    /// Completes what the journal tells.
    pub fn tell(&self, told: &mut Told) {
        let phase = self.phase();
        told.state = phase.name().unwrap_or(told.state);
        match phase {
            Phase::Queued => {
                let before = self.ticket().and_then(|ticket| ticket.behind());
                told.waiting_for = before.map(|task| WaitingFor::Task { task }).into_iter().collect();
            }
            Phase::Waiting => {
                let asked = |Question { index, effect, until }| WaitingFor::Reply { index, effect, until: time(until) };
                told.waiting_for = self.desk.questions().into_iter().map(asked).collect();
            }
            // The journal says it all.
            Phase::Running | Phase::Parked | Phase::Ended => {}
        }
    }

    /// The same for a list, without the effects themselves.
    pub fn list(&self, listed: &mut Listed) {
        let phase = self.phase();
        listed.state = phase.name().unwrap_or(listed.state);
        listed.waiting_for = match phase {
            Phase::Queued => {
                let before = self.ticket().and_then(|ticket| ticket.behind());
                before.map(|task| ListedWait::Task { task }).into_iter().collect()
            }
            Phase::Waiting => {
                let (waits, until) = self.desk.waits();
                let until = time(until);
                let wait = |(index, effect)| ListedWait::Reply { index, effect, until: until.clone() };
                waits.into_iter().map(wait).collect()
            }
            Phase::Running | Phase::Parked | Phase::Ended => Vec::new(),
        };
    }

    fn held(&self) -> MutexGuard<'_, Option<Arc<Ticket>>> {
        self.ticket.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
