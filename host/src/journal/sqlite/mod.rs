//! A journal in one SQLite file: write-ahead log, every commit synced, one connection that writes and a few that read.
//! Policies have their own reading connection, so that changes of the rules do not wait behind queries for tasks.

mod check;
mod file;
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
mod write;

use std::sync::atomic::AtomicU64;

use sqlx::pool::PoolConnection;
use sqlx::{SqlitePool, Transaction};

use super::JournalError;
use file::LockedFile;

/// An open journal. Other processes cannot open it until this is dropped.
#[derive(Debug)]
pub struct Sqlite {
    write: SqlitePool,
    read: SqlitePool,
    policies: SqlitePool,
    /// The approximate size of the used pages, in bytes.
    bytes: AtomicU64,
    /// Must be the last field, so that it is dropped last: closing the file releases SQLite's locks.
    file: LockedFile,
}

impl Sqlite {
    /// Moves the log into the file, so that the file alone contains the whole journal.
    pub async fn close(&self) {
        self.read.close().await;
        self.policies.close().await;
        self.write.close().await;
    }

    /// The writing connection. It was opened by name, so it is used only while that name refers to the open file.
    async fn writer(&self) -> Result<PoolConnection<sqlx::Sqlite>, JournalError> {
        self.file.in_place()?;
        Ok(self.write.acquire().await?)
    }

    /// Commits this transaction, unless the journal's file was moved or replaced meanwhile.
    async fn commit(&self, transaction: Transaction<'_, sqlx::Sqlite>) -> Result<(), JournalError> {
        self.file.in_place()?;
        Ok(transaction.commit().await?)
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
