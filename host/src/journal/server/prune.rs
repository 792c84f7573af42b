//! Deletes tasks that have ended.

use super::Server;
use super::connections::first;
use super::failure::Failure;
use super::read::text;
use super::statement::Statement;
use crate::journal::JournalError;

const NEWEST: &str = "SELECT MAX(updated_at) FROM tasks";
const ENDED: &str = "SELECT COUNT(*) FROM tasks WHERE state IN ('finished', 'failed')";
const FIRST: &str = "SELECT id FROM tasks WHERE state IN ('finished', 'failed') ORDER BY number LIMIT ?";
const OLDEST: &str =
    "SELECT id FROM tasks WHERE updated_at < ? AND state IN ('finished', 'failed') ORDER BY updated_at LIMIT ?";
/// The last statement deletes the tasks themselves.
const FORGET: [&str; 3] =
    ["DELETE FROM entries WHERE task IN (", "DELETE FROM consumers WHERE task IN (", "DELETE FROM tasks WHERE id IN ("];

impl Server {
    /// The time of the newest entry.
    pub async fn newest(&self) -> Result<Option<u64>, JournalError> {
        let rows = self.connections.rows(&Statement::new(NEWEST)).await?;
        let newest: Option<Option<i64>> = first(&rows).map_err(Failure::from)?;
        Ok(newest.flatten().map(|at| u64::try_from(at).unwrap_or_default()))
    }

    /// The number of ended tasks.
    pub async fn count_ended(&self) -> Result<u64, JournalError> {
        let rows = self.connections.rows(&Statement::new(ENDED)).await?;
        let ended: Option<i64> = first(&rows).map_err(Failure::from)?;
        Ok(ended.map_or(0, |ended| u64::try_from(ended).unwrap_or_default()))
    }

    /// Deletes at most `most` ended tasks, those opened first. Returns how many were deleted.
    pub async fn forget_first(&self, most: u64) -> Result<u64, JournalError> {
        self.forget(Statement::new(FIRST).bind(most)).await
    }

    /// Deletes at most `most` tasks that ended before `at`, the oldest first. Returns how many were deleted.
    pub async fn forget_before(&self, at: u64, most: u64) -> Result<u64, JournalError> {
        self.forget(Statement::new(OLDEST).bind(at).bind(most)).await
    }

    /// A task that has ended never changes again, so it may be selected before the transaction.
    async fn forget(&self, chosen: Statement) -> Result<u64, JournalError> {
        let rows = self.connections.rows(&chosen).await?;
        let ids = rows.iter().map(|row| text(row, "id")).collect::<Result<Vec<_>, _>>()?;
        if ids.is_empty() {
            return Ok(0);
        }
        let places = vec!["?"; ids.len()].join(", ");
        let delete = |text: &'static str| {
            let delete = Statement::new(text).then(&places).then(")");
            ids.iter().fold(delete, |delete, id| delete.bind(id.as_str()))
        };
        self.change(&FORGET.map(delete)).await?;
        Ok(ids.len() as u64)
    }
}
