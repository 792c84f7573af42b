//! A journal in one SQLite file: write-ahead log, every commit synced, one connection that writes and a few that read.
//! Policies have a reader of their own: whoever changes the rules does not wait behind those who ask for tasks.

pub(super) mod log;
mod open;
mod read;
mod settings;
mod write;

use std::fs::File;

use sqlx::SqlitePool;
use sqlx::pool::PoolConnection;

use super::JournalError;

/// An open journal; nobody else has it open as long as this lives.
#[derive(Debug)]
pub struct Sqlite {
    write: SqlitePool,
    read: SqlitePool,
    policies: SqlitePool,
    _lock: File,
}

/// After an error nothing is believed of the connection that writes. SQLite may have ended its transaction already (it
/// does when the disk is full), and sqlx, which does not notice, would take the next one for a part of that: what it then
/// calls committed is not. So it is closed, and the next one is new.
async fn conclude<T>(
    connection: PoolConnection<sqlx::Sqlite>,
    result: Result<T, JournalError>,
) -> Result<T, JournalError> {
    if result.is_err()
        && let Err(error) = connection.close().await
    {
        tracing::debug!(%error, "a connection that failed was not closed in good order");
    }
    result
}

impl Sqlite {
    /// Puts the log into the file, so that the file alone is the whole journal.
    pub async fn close(&self) {
        self.read.close().await;
        self.policies.close().await;
        self.write.close().await;
    }
}
