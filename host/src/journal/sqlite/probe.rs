//! Checks that a task could be written now, by writing one.

use sqlx::{Connection, SqliteConnection};
use uuid::Uuid;

use super::Sqlite;
use crate::journal::{JournalError, now};

/// A migration's request spec takes some ten kilobytes.
const ENTRY: usize = 32 << 10;

/// A task with one entry, in every table and index that a real task uses.
const TASK: &str = "INSERT INTO tasks (id, state, entries, created_at, updated_at) VALUES (?1, 'open', 1, ?2, ?2)";
const CONSUMER: &str = "INSERT INTO consumers (consumer, task) VALUES (?1, ?1)";
const WRITTEN: &str = "INSERT INTO entries (task, number, at, event) VALUES (?1, 0, ?2, ?3)";
const GONE: [&str; 3] =
    ["DELETE FROM entries WHERE task = ?", "DELETE FROM consumers WHERE task = ?", "DELETE FROM tasks WHERE id = ?"];
/// One value stays, so that the commit writes and syncs as many bytes as a task needs.
const KEPT: &str = "INSERT OR REPLACE INTO settings (name, value) VALUES ('ready', ?)";

impl Sqlite {
    /// Writes a task and deletes it again, in one synced commit.
    pub async fn probe(&self) -> Result<(), JournalError> {
        let mut connection = self.writer().await?;
        let probed = self.probe_by(&mut connection).await;
        self.conclude(connection, probed).await
    }

    async fn probe_by(&self, connection: &mut SqliteConnection) -> Result<(), JournalError> {
        let (id, at) = (Uuid::now_v7().to_string(), i64::try_from(now()).unwrap_or(i64::MAX));
        let entry = format!("{:x<ENTRY$}", at);
        let mut transaction = connection.begin().await?;
        sqlx::query(TASK).bind(&id).bind(at).execute(&mut *transaction).await?;
        sqlx::query(CONSUMER).bind(&id).execute(&mut *transaction).await?;
        sqlx::query(WRITTEN).bind(&id).bind(at).bind(&entry).execute(&mut *transaction).await?;
        for gone in GONE {
            sqlx::query(gone).bind(&id).execute(&mut *transaction).await?;
        }
        sqlx::query(KEPT).bind(&entry).execute(&mut *transaction).await?;
        self.commit(transaction).await
    }
}
