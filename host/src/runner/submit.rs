//! Accepts tasks.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::admission::json_bytes;
use super::consumer_locks::ConsumerGuard;
use super::entry_writer::EntryWriter;
use super::reservation::Reservation;
use super::run::RunnableTask;
use super::task_handle::TaskHandle;
use super::{Runner, SubmitError};
use crate::contract::{CONTRACT, ServerState, Task};
use crate::journal::{Entry, Event, JournalError, Lock, Opened, now};
use crate::record::PolicyName;
use crate::task_clock::TaskClock;

/// One part in this many of the journal's size is reserved for open tasks.
pub(super) const RESERVE: u64 = 16;

/// How often, and with which pause, a task is looked for of which the database did not say whether it is in the journal. A
/// commit that is still on its way arrives within seconds, or not at all.
const LOOKS: u32 = 10;
const PAUSE: Duration = Duration::from_secs(1);

/// A submitted task.
#[derive(Debug, Clone)]
pub struct Submission {
    /// The task.
    pub task: Task,
    /// The server's state, if the caller reports it.
    pub server: Option<ServerState>,
    /// The idempotency key: a second request with the same key gets the same task.
    pub key: Option<String>,
    /// The id of the HTTP request.
    pub request_id: String,
}

impl Runner {
    /// Accepts a task: when this returns, the task is in the journal and will run to its end, even if the client
    /// disconnects or this process dies. Returns the task's id, and whether the task is new.
    ///
    /// # Errors
    /// [`SubmitError`]: the task was not accepted and will not run.
    pub async fn submit(&self, submission: Submission) -> Result<(String, bool), SubmitError> {
        // In a separate tokio task: if the request is dropped during the commit, the accepted task must still run.
        let runner = self.clone();
        let accepting = self.0.deps.threads.spawn(async move { runner.accept(submission, None).await });
        accepting.await.map_err(|_| SubmitError::Stopping)?
    }

    /// The same; the task takes over the reservation, if there is one.
    pub(super) async fn accept(
        &self,
        submission: Submission,
        reservation: Option<Reservation>,
    ) -> Result<(String, bool), SubmitError> {
        let _guard = match &submission.key {
            Some(key) => Some(self.0.key_locks.lock(key).await),
            None => None,
        };
        if let Some(known) = self.known(&submission).await? {
            return Ok((known, false));
        }
        if self.is_stopping() {
            return Err(SubmitError::Stopping);
        }
        self.0.deps.upstream.now().map_err(SubmitError::Starting)?;
        let policy = self.registry().active(submission.task.kind());
        let opened = Opened {
            contract: CONTRACT.to_owned(),
            task: submission.task.clone(),
            settings: policy.settings().cloned(),
            server: submission.server,
            policy: PolicyName::from(policy.as_ref()),
            key: submission.key.clone(),
            request_id: submission.request_id.clone(),
        };
        let bytes = json_bytes(&opened);
        let permit = self.0.admission.admit(bytes)?;
        self.has_disk_for(bytes, RESERVE).await?;
        let Reservation { id, guard } = reservation.unwrap_or_else(|| self.reserve(opened.consumers()));
        let (writer, at) = (EntryWriter::new(self.journal().clone(), id.clone(), 1), now());
        let before = self.prior_answers(BTreeMap::new(), false);
        let handle = TaskHandle::new(writer, id.clone(), guard.clone(), before, TaskClock::Since(at));
        self.handles().insert(id.clone(), handle.clone());
        let entry = Entry { task: id.clone(), number: 0, at, event: Event::Opened(Box::new(opened.clone())) };
        let appended = self.open(entry, &guard).await;
        let (history, pending, locked) = (Vec::new(), Vec::new(), matches!(appended, Ok(true)));
        let permit = Arc::new(permit);
        let work = RunnableTask { handle, policy, opened, history, pending, permit, turns: None, locked };
        if let Err(error) = appended {
            if error.is_unknown() {
                self.spawn_if_accepted(work);
            } else {
                self.handles().remove(&id);
            }
            return self.known(&submission).await?.map(|known| (known, false)).ok_or(SubmitError::Journal(error));
        }
        self.spawn(work);
        Ok((id, true))
    }

    /// Writes a new task to the journal. Returns whether it has locked its consumers among all runners.
    async fn open(&self, entry: Entry, guard: &ConsumerGuard) -> Result<bool, JournalError> {
        // With tasks of this runner before it, it waits for them first.
        if self.journal().is_shared() && guard.blocked_by().is_none() {
            let lock = Lock::InTurn { task: entry.task.clone() };
            match self.journal().append_locking(vec![entry.clone()], vec![lock]).await {
                Err(error) if error.locked_by().is_some() => {}
                appended => {
                    appended?;
                    guard.begin();
                    return Ok(true);
                }
            }
        }
        self.journal().append(vec![entry]).await.map(|()| false)
    }

    /// Runs a task of which the database did not say whether it is in the journal, if it is. Its client got an error, and may
    /// ask for it by its idempotency key.
    fn spawn_if_accepted(&self, work: RunnableTask) {
        let runner = self.clone();
        self.0.deps.threads.spawn(async move {
            let id = work.handle.id.clone();
            let mut absent = 0;
            while absent < LOOKS && !runner.is_stopping() {
                tokio::time::sleep(PAUSE).await;
                match runner.journal().task(&id).await {
                    Ok(Some(summary)) => {
                        let locked = runner.has_locked(&summary);
                        return runner.spawn(RunnableTask { locked, ..work });
                    }
                    Ok(None) => absent += 1,
                    Err(_) => {}
                }
            }
            runner.handles().remove(&id);
        });
    }

    /// Whether the journal may grow by a new task or policy with this many bytes and leave one part in `reserve` free. Open
    /// tasks may always write.
    pub(super) async fn has_disk_for(&self, bytes: u64, reserve: u64) -> Result<(), SubmitError> {
        let most = self.0.deps.journal_bytes;
        let for_new_ones = most - most / reserve;
        if self.journal().bytes().saturating_add(bytes) <= for_new_ones {
            return Ok(());
        }
        let has = self.journal().measure().await?;
        if has.saturating_add(bytes) <= for_new_ones {
            Ok(())
        } else {
            Err(SubmitError::JournalFull { bytes: has, most })
        }
    }

    /// The id of the task with this key.
    async fn known(&self, submission: &Submission) -> Result<Option<String>, SubmitError> {
        let Some(key) = &submission.key else { return Ok(None) };
        let Some(summary) = self.journal().task_of_key(key).await? else { return Ok(None) };
        let entries = self.journal().entries(&summary.id).await?;
        let opened = super::task_view::opened(&entries);
        let opened =
            opened.ok_or_else(|| JournalError::new(format!("the first entry of task {} is missing", summary.id)))?;
        if opened.task == submission.task && opened.server == submission.server {
            return Ok(Some(summary.id));
        }
        Err(SubmitError::KeyReused { key: key.clone(), task: summary.id })
    }
}
