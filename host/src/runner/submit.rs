//! Accepting a task.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use super::ledger::Ledger;
use super::live::Live;
use super::room::json_bytes;
use super::work::Work;
use super::{Runner, SubmitError};
use crate::contract::{CONTRACT, ServerState, Task};
use crate::journal::{Entry, Event, JournalError, Opened, now};
use crate::record::PolicyName;

/// One part in so many of the journal is kept for what is open already.
const RESERVE: u64 = 16;

/// A task that somebody wants.
#[derive(Debug, Clone)]
pub struct Asked {
    /// What.
    pub task: Task,
    /// What the caller knows of the server.
    pub server: Option<ServerState>,
    /// The same key is the same task.
    pub key: Option<String>,
    /// The request that brings it.
    pub request_id: String,
}

impl Runner {
    /// Accepts a task: when this returns it is in the journal and will come to its end, whatever happens to whoever
    /// asked, or to this process. Gives its id, and whether it is new.
    ///
    /// # Errors
    /// It is not accepted, and nothing of it will happen.
    pub async fn submit(&self, asked: Asked) -> Result<(String, bool), SubmitError> {
        // Not in the caller's hands: a request that is given up in mid-commit must not leave a task that nobody runs.
        let runner = self.clone();
        let accepting = self.0.ground.threads.spawn(async move { runner.accept(asked).await });
        accepting.await.map_err(|_| SubmitError::Stopping)?
    }

    async fn accept(&self, asked: Asked) -> Result<(String, bool), SubmitError> {
        let _alone = match &asked.key {
            Some(key) => Some(self.0.keys.alone(key).await),
            None => None,
        };
        if let Some(known) = self.known(&asked).await? {
            return Ok((known, false));
        }
        if self.is_stopping() {
            return Err(SubmitError::Stopping);
        }
        self.0.ground.upstream.now().map_err(SubmitError::Starting)?;
        let id = Uuid::now_v7().to_string();
        let policy = self.library().active();
        let opened = Opened {
            contract: CONTRACT.to_owned(),
            task: asked.task.clone(),
            server: asked.server,
            policy: PolicyName::from(policy.as_ref()),
            key: asked.key.clone(),
            request_id: asked.request_id.clone(),
        };
        let bytes = json_bytes(&opened);
        let place = self.0.room.enter(bytes)?;
        self.has_disk_for(bytes).await?;
        let ticket = Arc::new(self.0.turns.enter(&id, opened.consumers()));
        let ledger = Ledger::new(self.journal().clone(), id.clone(), 1);
        let live = Live::new(ledger, id.clone(), ticket, self.before(BTreeMap::new()));
        self.live().insert(id.clone(), live.clone());
        let entry = Entry { task: id.clone(), number: 0, at: now(), event: Event::Opened(Box::new(opened.clone())) };
        if let Err(error) = self.journal().append(vec![entry]).await {
            self.live().remove(&id);
            return self.known(&asked).await?.map(|known| (known, false)).ok_or(SubmitError::Journal(error));
        }
        self.begin(Work {
            live,
            policy,
            opened,
            history: Vec::new(),
            pending: Vec::new(),
            place: Arc::new(place),
            rest: Duration::ZERO,
        });
        Ok((id, true))
    }

    /// Whether the journal may grow by a task of so many bytes. What is open already may in any case.
    async fn has_disk_for(&self, bytes: u64) -> Result<(), SubmitError> {
        let most = self.0.ground.journal_bytes;
        let for_new_ones = most - most / RESERVE;
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

    /// The task that has this key already.
    async fn known(&self, asked: &Asked) -> Result<Option<String>, SubmitError> {
        let Some(key) = &asked.key else { return Ok(None) };
        let Some(summary) = self.journal().task_of_key(key).await? else { return Ok(None) };
        let entries = self.journal().entries(&summary.id).await?;
        let opened = super::told::opened(&entries);
        let opened = opened.ok_or_else(|| JournalError(format!("task {} has no beginning", summary.id)))?;
        if opened.task == asked.task && opened.server == asked.server {
            return Ok(Some(summary.id));
        }
        Err(SubmitError::KeyReused { key: key.clone(), task: summary.id })
    }
}
