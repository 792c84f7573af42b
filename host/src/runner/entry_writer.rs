//! Numbers the journal entries of one task and writes them in order, from the task itself and from replies of its
//! caller.

use std::time::Duration;

use tokio::sync::{Mutex, MutexGuard};

use crate::journal::{Entry, Event, Journal, JournalError, Lock, now};

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

    /// Whether several runners share the journal.
    pub fn is_shared(&self) -> bool {
        self.journal.is_shared()
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

    /// The same, and locks a consumer that the task has learned of.
    ///
    /// # Errors
    /// The id of the task that has locked this consumer; the entry is then not written.
    pub async fn write_locking(&mut self, event: Event, consumer: String) -> Result<(), String> {
        self.flush().await;
        self.note(event);
        let lock = Lock::Ahead { task: self.writer.task.clone(), consumer };
        let written = self.append(&[lock]).await;
        if written.is_err() {
            self.buffer.number -= 1;
        }
        self.buffer.unwritten.clear();
        written
    }

    async fn flush(&mut self) {
        if !self.buffer.unwritten.is_empty() {
            // Without locks, there is no other task that could have them.
            let _ = self.append(&[]).await;
            self.buffer.unwritten.clear();
        }
    }

    /// Retries until the journal accepts the entries: a task must not continue without them. If another runner has the task,
    /// this one must not continue at all.
    async fn append(&self, locks: &[Lock]) -> Result<(), String> {
        let mut pauses = PATIENCE.iter();
        let mut pause = Duration::ZERO;
        loop {
            let appended = self.writer.journal.append_locking(self.buffer.unwritten.clone(), locks.to_vec()).await;
            let Err(error) = appended else { return Ok(()) };
            if let Some(task) = error.locked_by() {
                return Err(task.to_owned());
            }
            self.wait_after(&error, pauses.next(), &mut pause).await;
        }
    }

    async fn wait_after(&self, error: &JournalError, next: Option<&Duration>, pause: &mut Duration) {
        let task = &self.writer.task;
        if error.is_fenced() {
            tracing::warn!(task, "{error}; it goes on there");
            std::future::pending::<()>().await;
        }
        *pause = next.copied().unwrap_or(*pause);
        tracing::error!(task, "{error}; the task waits for the journal, the next try is in {pause:?}");
        tokio::time::sleep(*pause).await;
    }
}
