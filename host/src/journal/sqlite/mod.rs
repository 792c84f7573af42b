//! A journal in one SQLite file: write-ahead log, every commit synced, one connection that writes and a few that read.
//! Policies have a reader of their own: whoever changes the rules does not wait behind those who ask for tasks.

mod check;
mod file;
pub(super) mod log;
mod open;
mod probe;
mod prune;
mod read;
mod settings;
mod size;
#[cfg(test)]
mod tests;
mod version;
mod write;

use std::sync::atomic::AtomicU64;

use sqlx::pool::PoolConnection;
use sqlx::{SqlitePool, Transaction};

use super::JournalError;
use file::LockedFile;

/// An open journal; nobody else has it open as long as this lives.
#[derive(Debug)]
pub struct Sqlite {
    write: SqlitePool,
    read: SqlitePool,
    policies: SqlitePool,
    /// What its pages take, about.
    bytes: AtomicU64,
    /// The last to be dropped: see there.
    file: LockedFile,
}

impl Sqlite {
    /// Puts the log into the file, so that the file alone is the whole journal.
    pub async fn close(&self) {
        self.read.close().await;
        self.policies.close().await;
        self.write.close().await;
    }

    /// The connection that writes. It was opened by the file's name, so it is asked for only while that is in place.
    async fn writer(&self) -> Result<PoolConnection<sqlx::Sqlite>, JournalError> {
        self.file.in_place()?;
        Ok(self.write.acquire().await?)
    }

    /// Commits what is in this transaction, to the file of the journal's name and to no other.
    async fn commit(&self, transaction: Transaction<'_, sqlx::Sqlite>) -> Result<(), JournalError> {
        self.file.in_place()?;
        Ok(transaction.commit().await?)
    }

    /// After an error nothing is believed of the connection that writes. SQLite may have ended its transaction already (it
    /// does when the disk is full), and sqlx, which does not notice, would take the next one for a part of that: what it
    /// then calls committed is not. So it is closed, and the next one is new.
    async fn conclude<T>(
        &self,
        connection: PoolConnection<sqlx::Sqlite>,
        result: Result<T, JournalError>,
    ) -> Result<T, JournalError> {
        if result.is_err() {
            self.file.connection_closes();
            if let Err(error) = connection.close().await {
                tracing::debug!(%error, "a connection that failed was not closed in good order");
            }
        }
        result
    }
}
