//! Reading tasks and their entries.

use futures_util::TryStreamExt;
use serde_json::json;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::Sqlite;
use crate::journal::{Entry, Event, JournalError, Outline, Page, State, Summary};

const TASK: &str = "SELECT id, number, state, entries, created_at, updated_at FROM tasks WHERE id = ?";
const OF_KEY: &str = "SELECT id, number, state, entries, created_at, updated_at FROM tasks WHERE key = ?";
const OPEN: &str = "SELECT id, number, state, entries, created_at, updated_at FROM tasks \
    WHERE state IN ('open', 'parked') ORDER BY number";
/// What a task ended with is in its last entry, which is looked up for those that everything else lets
/// through: some 10 microseconds each, so at most a second or two where the journal keeps as many tasks as it may by default.
const PAGE: &str = "SELECT id, number, state, entries, created_at, updated_at FROM tasks \
    WHERE (?1 = '[]' OR state IN (SELECT value FROM json_each(?1))) \
    AND (?2 IS NULL OR id IN (SELECT task FROM consumers WHERE consumer = ?2)) \
    AND (?3 IS NULL OR number < ?3) \
    AND (?5 IS NULL OR EXISTS (SELECT 1 FROM entries WHERE task = tasks.id AND number = tasks.entries - 1 \
    AND ?5 IN (event->>'$.ended.finished.kind', event->>'$.ended.failed.code'))) ORDER BY number DESC LIMIT ?4";
const ENTRIES: &str = "SELECT number, at, event FROM entries WHERE task = ? ORDER BY number";
/// The first entry, those that a person made, and the last: few, and none of them a history.
const OUTLINE: &str = "SELECT event FROM entries WHERE task = ?1 AND (number = 0 OR event GLOB '{\"resumed\"*' \
    OR event GLOB '{\"parked\"*' OR event GLOB '{\"ended\"*') ORDER BY number";
const CONSUMERS: &str = "SELECT consumer FROM consumers WHERE task = ?";

impl Sqlite {
    pub async fn open_tasks(&self) -> Result<Vec<Summary>, JournalError> {
        sqlx::query(OPEN).fetch_all(&self.read).await?.iter().map(summary).collect()
    }

    pub async fn tasks(&self, page: &Page) -> Result<Vec<Summary>, JournalError> {
        let states = json!(page.states.iter().map(|state| state.name()).collect::<Vec<_>>()).to_string();
        let query =
            sqlx::query(PAGE).bind(states).bind(&page.consumer).bind(page.before).bind(page.limit).bind(&page.outcome);
        query.fetch_all(&self.read).await?.iter().map(summary).collect()
    }

    pub async fn task(&self, id: &str) -> Result<Option<Summary>, JournalError> {
        sqlx::query(TASK).bind(id).fetch_optional(&self.read).await?.as_ref().map(summary).transpose()
    }

    pub async fn task_of_key(&self, key: &str) -> Result<Option<Summary>, JournalError> {
        sqlx::query(OF_KEY).bind(key).fetch_optional(&self.read).await?.as_ref().map(summary).transpose()
    }

    pub async fn entries(&self, task: &str) -> Result<Vec<Entry>, JournalError> {
        let rows = sqlx::query(ENTRIES).bind(task).fetch_all(&self.read).await?;
        rows.iter().map(|row| entry(task, row)).collect()
    }

    pub async fn outline(&self, task: &str) -> Result<Option<Outline>, JournalError> {
        let mut rows = sqlx::query(OUTLINE).bind(task).fetch(&self.read);
        let mut parts = Vec::new();
        while let Some(row) = rows.try_next().await? {
            // What this program does not understand says nothing here.
            parts.push(serde_json::from_str(row.try_get("event")?).unwrap_or_default());
        }
        Ok(Outline::from_parts(parts))
    }

    pub async fn consumers(&self, task: &str) -> Result<Vec<String>, JournalError> {
        Ok(sqlx::query_scalar(CONSUMERS).bind(task).fetch_all(&self.read).await?)
    }
}

fn entry(task: &str, row: &SqliteRow) -> Result<Entry, JournalError> {
    let event = serde_json::from_str(row.try_get::<&str, _>("event")?);
    // The others are to be read all the same, and whoever needs this one is told.
    let event = event.unwrap_or_else(|error| Event::NotUnderstood(error.to_string()));
    Ok(Entry { task: task.to_owned(), number: row.try_get("number")?, at: time(row, "at")?, event })
}

fn summary(row: &SqliteRow) -> Result<Summary, JournalError> {
    let state: &str = row.try_get("state")?;
    Ok(Summary {
        id: row.try_get("id")?,
        number: row.try_get("number")?,
        state: State::named(state).ok_or_else(|| JournalError(format!("no state is named {state}")))?,
        entries: row.try_get("entries")?,
        created_at: time(row, "created_at")?,
        updated_at: time(row, "updated_at")?,
    })
}

pub(super) fn time(row: &SqliteRow, column: &'static str) -> Result<u64, JournalError> {
    let ms: i64 = row.try_get(column)?;
    Ok(u64::try_from(ms).unwrap_or_default())
}
