//! Numbers the journal entries of one task and writes them in order, from the task itself and from replies of its
//! caller.

use std::time::Duration;

use tokio::sync::{Mutex, MutexGuard};

use crate::journal::{Entry, Event, Journal, now};

/// The pauses before the next tries if the journal cannot be written; the last one is repeated.
const PATIENCE: [Duration; 4] =
    [Duration::from_millis(50), Duration::from_millis(250), Duration::from_secs(1), Duration::from_secs(5)];

/// The entry writer of one task.
#[derive(Debug)]
pub struct EntryWriter {
    journal: Journal,
    task: String,
    buffer: Mutex<Buffer>,
}

#[derive(Debug)]
struct Buffer {
    /// Entries that are not in the journal yet.
    unwritten: Vec<Entry>,
    /// The next entry's number.
    number: u32,
}

/// The entry writer, locked.
pub struct LockedEntryWriter<'a> {
    writer: &'a EntryWriter,
    buffer: MutexGuard<'a, Buffer>,
}

impl EntryWriter {
    /// The entry writer of this task; its next entry has this number.
    pub fn new(journal: Journal, task: String, number: u32) -> Self {
        Self { journal, task, buffer: Mutex::new(Buffer { unwritten: Vec::new(), number }) }
    }

    /// Locks the writer; other callers wait.
    pub async fn lock(&self) -> LockedEntryWriter<'_> {
        LockedEntryWriter { writer: self, buffer: self.buffer.lock().await }
    }

    /// Adds an entry that becomes durable together with the next written one.
    pub async fn note(&self, event: Event) {
        self.lock().await.note(event);
    }

    /// Writes an entry and all noted ones, and returns when they are durable.
    pub async fn write(&self, event: Event) {
        self.lock().await.write(event).await;
    }

    /// Writes all noted entries.
    pub async fn flush(&self) {
        self.lock().await.flush().await;
    }

    /// Writes the noted entries without retries, because the service stops. Entries that were being written may already
    /// be in the journal, which then refuses them. If replies are lost here, the next start finds out by reading again.
    pub async fn flush_once(&self) {
        let unwritten = self.lock().await.buffer.unwritten.clone();
        if !unwritten.is_empty()
            && let Err(error) = self.journal.append(unwritten).await
        {
            tracing::debug!(task = self.task, "{error}");
        }
    }
}

impl LockedEntryWriter<'_> {
    fn note(&mut self, event: Event) {
        let number = self.buffer.number;
        self.buffer.number += 1;
        self.buffer.unwritten.push(Entry { task: self.writer.task.clone(), number, at: now(), event });
    }

    /// Writes an entry and all noted ones, and returns when they are durable.
    pub async fn write(&mut self, event: Event) {
        self.note(event);
        self.flush().await;
    }

    /// Retries until the journal accepts the entries: a task must not continue without them.
    async fn flush(&mut self) {
        if self.buffer.unwritten.is_empty() {
            return;
        }
        let mut pauses = PATIENCE.iter();
        let mut pause = Duration::ZERO;
        while let Err(error) = self.writer.journal.append(self.buffer.unwritten.clone()).await {
            pause = pauses.next().copied().unwrap_or(pause);
            let task = &self.writer.task;
            tracing::error!(task, "{error}; the task waits for the journal, the next try is in {pause:?}");
            tokio::time::sleep(pause).await;
        }
        self.buffer.unwritten.clear();
    }
}
