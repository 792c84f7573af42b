//! A task's own entries: numbered here and written in order, whoever notes them, the task or a caller's reply to it.

use std::time::Duration;

use tokio::sync::{Mutex, MutexGuard};

use crate::journal::{Entry, Event, Journal, now};

/// A journal that does not take an entry is asked again after these, the last one again and again.
const PATIENCE: [Duration; 4] =
    [Duration::from_millis(50), Duration::from_millis(250), Duration::from_secs(1), Duration::from_secs(5)];

/// One task's.
#[derive(Debug)]
pub struct Ledger {
    journal: Journal,
    task: String,
    page: Mutex<Page>,
}

#[derive(Debug)]
struct Page {
    /// What has happened and is not in the journal yet.
    unwritten: Vec<Entry>,
    /// The next entry's number.
    number: u32,
}

/// The ledger, open to one at a time.
pub struct Open<'a> {
    ledger: &'a Ledger,
    page: MutexGuard<'a, Page>,
}

impl Ledger {
    /// That task's, whose next entry has this number.
    pub fn new(journal: Journal, task: String, number: u32) -> Self {
        Self { journal, task, page: Mutex::new(Page { unwritten: Vec::new(), number }) }
    }

    /// Opens it; who comes meanwhile waits.
    pub async fn open(&self) -> Open<'_> {
        Open { ledger: self, page: self.page.lock().await }
    }

    /// Notes something that becomes durable with the next that must be.
    pub async fn note(&self, event: Event) {
        self.open().await.note(event);
    }

    /// Writes down something, with all that came before it, and returns when it is durable.
    pub async fn write(&self, event: Event) {
        self.open().await.write(event).await;
    }

    /// Writes down what was noted.
    pub async fn flush(&self) {
        self.open().await.flush().await;
    }

    /// The same, once: the service stops. What was being written down when it was told so may be in the journal already,
    /// which then refuses it; what is not, the next start finds out by reading again.
    pub async fn flush_once(&self) {
        let unwritten = self.open().await.page.unwritten.clone();
        if !unwritten.is_empty()
            && let Err(error) = self.journal.append(unwritten).await
        {
            tracing::debug!(task = self.task, "{error}");
        }
    }
}

impl Open<'_> {
    fn note(&mut self, event: Event) {
        let number = self.page.number;
        self.page.number += 1;
        self.page.unwritten.push(Entry { task: self.ledger.task.clone(), number, at: now(), event });
    }

    /// Writes down something, with all that came before it, and returns when it is durable.
    pub async fn write(&mut self, event: Event) {
        self.note(event);
        self.flush().await;
    }

    /// There is no going on without the journal: it is asked until it takes the entries, or the service stops.
    async fn flush(&mut self) {
        if self.page.unwritten.is_empty() {
            return;
        }
        let mut patience = PATIENCE.iter();
        let mut pause = Duration::ZERO;
        while let Err(error) = self.ledger.journal.append(self.page.unwritten.clone()).await {
            pause = patience.next().copied().unwrap_or(pause);
            let task = &self.ledger.task;
            tracing::error!(task, "{error}; the task goes on when it does ({pause:?} to the next try)");
            tokio::time::sleep(pause).await;
        }
        self.page.unwritten.clear();
    }
}
