//! A journal in one SQLite file: write-ahead log, every commit synced, one connection that writes and a few that read.
//! Policies have their own reading connection, so that changes of the rules do not wait behind queries for tasks.

mod check;
mod commits;
mod file;
mod index;
mod open;
mod probe;
mod prune;
mod read;
mod settings;
mod size;
#[cfg(test)]
mod tests;
mod version;
pub(super) mod wal;
mod watch;
mod write;

use std::sync::OnceLock;
use std::sync::atomic::AtomicU64;

use sqlx::pool::PoolConnection;
use sqlx::{SqliteConnection, SqlitePool, Transaction};

use super::JournalError;
use commits::Commits;
use file::LockedFile;
use watch::LogDamage;

/// An open journal. Other processes cannot open it until this is dropped.
#[derive(Debug)]
pub struct Sqlite {
    write: SqlitePool,
    read: SqlitePool,
    policies: SqlitePool,
    /// The approximate size of the used pages, in bytes.
    bytes: AtomicU64,
    commits: Commits,
    /// The first damage that was found. From then on nothing is written: SQLite finds damage only where it reads, so
    /// other writes would succeed, and be lost with the file.
    damage: OnceLock<JournalError>,
    /// Must be the last field, so that it is dropped last: closing the file releases SQLite's locks.
    file: LockedFile,
}

impl Sqlite {
    /// Moves the log into the file, so that the file alone contains the whole journal. A log that lacks commits stays: its
    /// rest alone would damage the file. A damaged journal stays, too: its log may have commits that its index does not
    /// state.
    pub async fn close(&self) {
        let lost = self.file.log_in_place().err().filter(|damage| !damage.is_complete).map(JournalError::from);
        if let Some(damage) = lost.as_ref().or(self.damage.get()) {
            tracing::error!("{damage}; the journal stays as it is");
            // SQLite moves the log when the last connection closes.
            std::mem::forget(self.write.clone());
            return;
        }
        self.read.close().await;
        self.policies.close().await;
        self.write.close().await;
    }

    /// The writing connection. It was opened by name, so it is used only while that name refers to the open file, and
    /// only while the log has all commits.
    async fn writer(&self) -> Result<PoolConnection<sqlx::Sqlite>, JournalError> {
        if let Some(damage) = self.damage.get() {
            return Err(damage.clone());
        }
        self.file.in_place()?;
        let damage = match self.file.log_in_place() {
            Err(lost) if !lost.is_complete => return Err(lost.into()),
            compared => compared.err(),
        };
        let mut connection = self.write.acquire().await?;
        if let Some(damage) = damage {
            self.restart_log(&mut connection, &damage).await?;
        }
        Ok(connection)
    }

    /// Remembers damage that a query has found.
    pub fn watched<T>(&self, result: Result<T, JournalError>) -> Result<T, JournalError> {
        if let Err(error) = &result
            && error.is_damage()
            && self.damage.set(error.clone()).is_ok()
        {
            tracing::error!("{error}; nothing more is written to it: stop the service and restore the journal");
        }
        result
    }

    /// Moves all commits of an overwritten log into the database.
    async fn restart_log(&self, connection: &mut SqliteConnection, damage: &LogDamage) -> Result<(), JournalError> {
        tracing::warn!("{damage}; its commits are complete and are moved into the journal");
        sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(connection).await?;
        Ok(self.file.log_in_place()?)
    }

    /// Commits this transaction, unless the journal's file was moved or replaced meanwhile, its log was changed, or
    /// earlier commits are missing.
    async fn commit(&self, mut transaction: Transaction<'_, sqlx::Sqlite>) -> Result<(), JournalError> {
        let count = self.commits.count(&mut transaction).await?;
        self.file.in_place()?;
        self.file.log_in_place()?;
        transaction.commit().await?;
        self.commits.succeeded(count);
        // The log's header may be new and is remembered. The next write reports any damage.
        drop(self.file.log_in_place());
        Ok(())
    }

    /// The same for a transaction that may have changed nothing, which is not counted: a start on a full disk changes nothing
    /// and has no room for the count.
    async fn commit_changes(
        &self,
        transaction: Transaction<'_, sqlx::Sqlite>,
        changes: u64,
    ) -> Result<(), JournalError> {
        if changes == 0 { Ok(transaction.commit().await?) } else { self.commit(transaction).await }
    }

    /// Closes the writing connection after an error; the next write opens a new one. SQLite may have ended the
    /// transaction already (it does when the disk is full). sqlx does not notice this, treats the next transaction as
    /// nested in it, and reports a commit that did not happen.
    async fn conclude<T>(
        &self,
        connection: PoolConnection<sqlx::Sqlite>,
        result: Result<T, JournalError>,
    ) -> Result<T, JournalError> {
        if result.is_err() {
            self.file.connection_closes();
            if let Err(error) = connection.close().await {
                tracing::debug!(%error, "closing a connection after an error failed");
            }
        }
        result
    }
}
