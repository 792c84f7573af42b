//! A journal in one SQLite file: write-ahead log, every commit synced, one connection that writes and a few that read.

mod open;
mod read;
mod settings;
mod write;

use std::fs::File;

use sqlx::SqlitePool;

/// An open journal; nobody else has it open as long as this lives.
#[derive(Debug)]
pub struct Sqlite {
    write: SqlitePool,
    read: SqlitePool,
    _lock: File,
}

impl Sqlite {
    /// Puts the log into the file, so that the file alone is the whole journal.
    pub async fn close(&self) {
        self.read.close().await;
        self.write.close().await;
    }
}
