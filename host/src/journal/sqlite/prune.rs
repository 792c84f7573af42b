//! Deletes tasks that have ended.

use sqlx::sqlite::SqliteArguments;
use sqlx::{Connection, SqliteConnection};

use super::Sqlite;
use crate::journal::JournalError;

pub(super) const ENDED: &str = "SELECT count(*) FROM tasks WHERE state IN ('finished', 'failed')";
/// The time of the newest end of a task, and the time of the last entry of the task opened last.
pub(super) const NEWEST: [&str; 2] = [
    "SELECT max(updated_at) FROM tasks INDEXED BY tasks_by_end WHERE state IN ('finished', 'failed')",
    "SELECT updated_at FROM tasks WHERE number = (SELECT max(number) FROM tasks)",
];
/// Selects the ended tasks that were opened first, by index for each state.
pub(super) const FIRST: &str = "CREATE TEMP TABLE forget AS SELECT id FROM (\
    SELECT * FROM (SELECT id, number FROM tasks WHERE state = 'finished' ORDER BY number LIMIT ?1) UNION ALL \
    SELECT * FROM (SELECT id, number FROM tasks WHERE state = 'failed' ORDER BY number LIMIT ?1)) \
    ORDER BY number LIMIT ?1";
/// Selects the tasks that ended first.
pub(super) const OLDEST: &str = "CREATE TEMP TABLE forget AS SELECT id FROM tasks INDEXED BY tasks_by_end \
    WHERE state IN ('finished', 'failed') AND updated_at < ?1 ORDER BY updated_at LIMIT ?2";
pub(super) const FORGET: [&str; 3] = [
    "DELETE FROM entries WHERE task IN (SELECT id FROM forget)",
    "DELETE FROM consumers WHERE task IN (SELECT id FROM forget)",
    "DELETE FROM tasks WHERE id IN (SELECT id FROM forget)",
];

impl Sqlite {
    /// The time of the newest entry, approximately.
    pub async fn newest(&self) -> Result<Option<u64>, JournalError> {
        let mut newest = None;
        for select in NEWEST {
            let at: Option<Option<i64>> = sqlx::query_scalar(select).fetch_optional(&self.read).await?;
            newest = newest.max(at.flatten());
        }
        Ok(newest.map(|at| u64::try_from(at).unwrap_or_default()))
    }

    /// The number of ended tasks.
    pub async fn count_ended(&self) -> Result<u64, JournalError> {
        let ended: i64 = sqlx::query_scalar(ENDED).fetch_one(&self.read).await?;
        Ok(u64::try_from(ended).unwrap_or_default())
    }

    /// Deletes at most `most` ended tasks, those opened first. Returns how many were deleted.
    pub async fn forget_first(&self, most: u64) -> Result<u64, JournalError> {
        self.forget(sqlx::query(FIRST).bind(signed(most))).await
    }

    /// Deletes at most `most` tasks that ended before `at`, the oldest first. Returns how many were deleted.
    pub async fn forget_before(&self, at: u64, most: u64) -> Result<u64, JournalError> {
        self.forget(sqlx::query(OLDEST).bind(signed(at)).bind(signed(most))).await
    }

    async fn forget(&self, chosen: Chosen<'_>) -> Result<u64, JournalError> {
        let mut connection = self.writer().await?;
        let forgotten = self.forget_by(&mut connection, chosen).await;
        self.conclude(connection, forgotten).await
    }

    async fn forget_by(&self, connection: &mut SqliteConnection, chosen: Chosen<'_>) -> Result<u64, JournalError> {
        let mut transaction = connection.begin().await?;
        chosen.execute(&mut *transaction).await?;
        let mut gone = 0;
        for delete in FORGET {
            // The last statement deletes the tasks themselves.
            gone = sqlx::query(delete).execute(&mut *transaction).await?.rows_affected();
        }
        sqlx::query("DROP TABLE temp.forget").execute(&mut *transaction).await?;
        self.commit_changes(transaction, gone).await?;
        Ok(gone)
    }
}

/// A statement that creates the table `forget`.
type Chosen<'a> = sqlx::query::Query<'a, sqlx::Sqlite, SqliteArguments>;

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
