//! Counts commits, in the journal and in memory. If an earlier copy of the journal's files is written over them in place,
//! the count in the journal is too small: later commits are missing.

use std::sync::{Mutex, PoisonError};

use sqlx::{SqliteConnection, SqlitePool};

use crate::journal::JournalError;

/// Counts a commit. It changes nothing if the count is not one that this process has left.
pub(super) const COUNT: &str =
    "UPDATE settings SET value = ?1 WHERE name = 'commits' AND CAST(value AS INTEGER) BETWEEN ?2 AND ?1";
const COUNTED: &str = "SELECT CAST(value AS INTEGER) FROM settings WHERE name = 'commits'";
const NONE_COUNTED: &str = "INSERT INTO settings (name, value) VALUES ('commits', '0')";

/// The count that the journal must have.
#[derive(Debug)]
pub struct Commits(Mutex<Counts>);

#[derive(Debug, Clone, Copy)]
struct Counts {
    /// The count of the last commit that succeeded.
    last: i64,
    /// The count of the last commit that was tried. It is not known whether a commit that failed was done.
    tried: i64,
}

impl Commits {
    /// The count in a journal that is being opened; it starts at 0.
    pub async fn read(pool: &SqlitePool) -> Result<Self, sqlx::Error> {
        let counted: Option<i64> = sqlx::query_scalar(COUNTED).fetch_optional(pool).await?;
        if counted.is_none() {
            sqlx::query(NONE_COUNTED).execute(pool).await?;
        }
        let last = counted.unwrap_or_default();
        Ok(Self(Mutex::new(Counts { last, tried: last })))
    }

    /// Counts a commit inside its transaction, and returns its count.
    ///
    /// # Errors
    /// The journal lacks commits.
    pub async fn count(&self, connection: &mut SqliteConnection) -> Result<i64, JournalError> {
        let Counts { last, tried } = self.next();
        let counted = sqlx::query(COUNT).bind(tried).bind(last).execute(connection).await?;
        if counted.rows_affected() == 1 {
            return Ok(tried);
        }
        Err(JournalError::damaged(format!(
            "an earlier copy of its files was written over them, and the commits up to {last} are missing"
        )))
    }

    /// The commit with this count has succeeded.
    pub fn succeeded(&self, count: i64) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).last = count;
    }

    fn next(&self) -> Counts {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.tried += 1;
        *counts
    }
}
