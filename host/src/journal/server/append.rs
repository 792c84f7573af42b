//! Appends entries: one transaction for a batch of any length, which is committed only if each task still belongs to this
//! runner and has as many entries as the batch expects.

use std::time::Duration;

use super::Server;
use super::changes::Change;
use super::failure::{Failure, Known};
use super::look::Found;
use super::read::{number, text};
use super::statement::Statement;
use crate::journal::{Entry, JournalError, Lock, State};

/// Tries of one transaction that is rolled back because of others, or that fails and was not done.
const TRIES: u32 = 5;
/// The pause before the second try; it doubles, and a random part of it is added.
const PAUSE: Duration = Duration::from_millis(10);

pub const OUT_OF_ORDER: &str = "entries of a task are out of order, or come after its end";
const OWNED: &str = "SELECT owner, epoch FROM tasks WHERE id = ?";

impl Server {
    pub async fn append(&self, batch: &[Entry], locks: &[Lock]) -> Result<(), JournalError> {
        let changes = self.changes(batch)?;
        let statements = self.statements(batch, locks, &changes)?;
        let mut pause = PAUSE;
        for tries in 1.. {
            let Err(failure) = self.connections.transaction(&statements).await else { break };
            if self.is_done(&failure, &changes, locks).await? {
                break;
            }
            if tries >= TRIES {
                return Err(if failure.known() == Known::RolledBack { (&failure).into() } else { unknown(&failure) });
            }
            tokio::time::sleep(pause + pause.mul_f64(rand::random::<f64>())).await;
            pause *= 2;
        }
        self.remember(&changes);
        Ok(())
    }

    /// Whether a transaction that has failed was done after all; an error if it cannot be tried again.
    async fn is_done(&self, failure: &Failure, changes: &[Change<'_>], locks: &[Lock]) -> Result<bool, JournalError> {
        let known = failure.known();
        if known == Known::RolledBack {
            return Ok(false);
        }
        // Without an answer it is neither done nor not done: the caller tries again, and then it is looked for again.
        let found = self.look(changes).await.map_err(|_| unknown(failure))?;
        match (found, known) {
            (Found::Done, _) => Ok(true),
            (Found::Another, _) => Err(self.fenced()),
            (Found::Differs, _) => Err(JournalError::new(OUT_OF_ORDER)),
            (Found::Partly, _) => Err(JournalError::new("some of these entries are there already")),
            (Found::NotDone, Known::Changed | Known::Exists) => Err(self.reason(failure, changes, locks).await),
            // A value that does not fit.
            (Found::NotDone, Known::Refused) => Err(failure.into()),
            (Found::NotDone, Known::Nothing | Known::RolledBack) => Ok(false),
        }
    }

    /// Why a transaction was rolled back: another task has locked a consumer, another row has the key (such as another
    /// task's idempotency key), or a task is not as it must be.
    async fn reason(&self, failure: &Failure, changes: &[Change<'_>], locks: &[Lock]) -> JournalError {
        match self.blocks(locks, changes).await {
            Ok(Some(task)) => return JournalError::locked(task),
            Ok(None) => {}
            Err(_) => return unknown(failure),
        }
        if failure.known() == Known::Exists { failure.into() } else { self.out_of_order(changes).await }
    }

    /// Why the transaction did not find a task as it must be.
    async fn out_of_order(&self, changes: &[Change<'_>]) -> JournalError {
        for change in changes.iter().filter(|change| change.opened.is_none()) {
            let select = Statement::new(OWNED).bind(change.task);
            let Ok(rows) = self.connections.rows(&select).await else { break };
            let Some(row) = rows.first() else { continue };
            let owned = text(row, "owner").ok().zip(number(row, "epoch").ok());
            if owned.is_some_and(|(owner, epoch)| owner != self.me || epoch != change.epoch) {
                return self.fenced();
            }
        }
        JournalError::new(OUT_OF_ORDER)
    }

    /// Another runner has the task, so it has taken this one for dead.
    pub fn fenced(&self) -> JournalError {
        self.lost.send_replace(true);
        JournalError::fenced()
    }

    fn remember(&self, changes: &[Change]) {
        let mut epochs = self.epochs();
        for change in changes {
            if matches!(change.state, Some(State::Finished | State::Failed)) {
                epochs.remove(change.task);
            } else if change.opened.is_some() {
                epochs.insert(change.task.to_owned(), change.epoch);
            }
        }
    }
}

fn unknown(failure: &Failure) -> JournalError {
    JournalError::unknown(failure.to_string())
}
