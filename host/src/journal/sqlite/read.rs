//! Reading tasks and their entries.

use futures_util::TryStreamExt;
use serde_json::json;
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite as Database};

use super::Sqlite;
use crate::journal::{Entry, Event, JournalError, Outline, Progress, State, Summary, TaskQuery};

pub(super) const TASK: &str = "SELECT id, number, state, entries, created_at, updated_at FROM tasks WHERE id = ?";
pub(super) const OF_KEY: &str = "SELECT id, number, state, entries, created_at, updated_at FROM tasks WHERE key = ?";
pub(super) const OPEN: &str = "SELECT id, number, state, entries, created_at, updated_at FROM tasks \
    WHERE state IN ('open', 'parked') ORDER BY number";
const CHOOSE: &str = "SELECT id, number, state, entries, created_at, updated_at FROM tasks WHERE number < ";
const OF_STATES: &str = " AND state IN (SELECT value FROM json_each(";
const OF_CONSUMER: &str = " AND id IN (SELECT task FROM consumers WHERE consumer = ";
/// The outcome of a task is in its last entry. It is read only for tasks that match all other conditions: about
/// 10 microseconds each, so at most one or two seconds with the default limit of stored tasks.
const OF_OUTCOME: [&str; 2] = [
    " AND EXISTS (SELECT 1 FROM entries WHERE task = tasks.id AND number = tasks.entries - 1 AND ",
    " IN (event->>'$.ended.finished.kind', event->>'$.ended.failed.code'))",
];
pub(super) const ENTRIES: &str = "SELECT number, at, event FROM entries WHERE task = ? ORDER BY number";
/// The answers that may be lost, in the newest tasks of a consumer, by the names of their replies. Other texts may contain these
/// names, too.
pub(super) const UNSURE: &str = "SELECT event FROM entries WHERE task IN (SELECT id FROM tasks JOIN consumers ON task = id \
    WHERE consumer = ?1 ORDER BY number DESC LIMIT ?3) AND task <> ?2 AND event GLOB '{\"answered\"*' \
    AND (event GLOB '*\"lost\"*' OR event GLOB '*\"foreign\"*')";
/// The first entry, the entries made by an operator's action, and the last: few entries, and none contains the history.
pub(super) const OUTLINE: &str = "SELECT event FROM entries WHERE task = ?1 AND (number = 0 OR event GLOB '{\"resumed\"*' \
    OR event GLOB '{\"parked\"*' OR event GLOB '{\"ended\"*') ORDER BY number";
pub(super) const CONSUMERS: &str = "SELECT consumer FROM consumers WHERE task = ?";

impl Sqlite {
    pub async fn open_tasks(&self) -> Result<Vec<Summary>, JournalError> {
        sqlx::query(OPEN).fetch_all(&self.read).await?.iter().map(summary).collect()
    }

    pub async fn tasks(&self, page: &TaskQuery) -> Result<Vec<Summary>, JournalError> {
        let mut query = choose(page);
        query.build().fetch_all(&self.read).await?.iter().map(summary).collect()
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

    pub async fn unsure_answers(&self, consumer: &str, task: &str, tasks: u32) -> Result<Vec<Event>, JournalError> {
        let unsure = sqlx::query(UNSURE).bind(consumer).bind(task).bind(tasks);
        let rows = unsure.fetch_all(&self.read).await?;
        rows.iter().map(|row| Ok(Event::read(row.try_get("event")?))).collect()
    }

    pub async fn outline(&self, task: &str) -> Result<Option<Outline>, JournalError> {
        let mut rows = sqlx::query(OUTLINE).bind(task).fetch(&self.read);
        let mut parts = Vec::new();
        while let Some(row) = rows.try_next().await? {
            // An entry that this program does not understand adds nothing to the outline.
            parts.push(serde_json::from_str(row.try_get("event")?).unwrap_or_default());
        }
        Ok(Outline::from_parts(parts))
    }

    pub async fn consumers(&self, task: &str) -> Result<Vec<String>, JournalError> {
        Ok(sqlx::query_scalar(CONSUMERS).bind(task).fetch_all(&self.read).await?)
    }
}

/// A statement with only the conditions that are set, so that SQLite can use an index for them.
pub(super) fn choose(page: &TaskQuery) -> QueryBuilder<Database> {
    let mut query = QueryBuilder::new(CHOOSE);
    query.push_bind(page.before.unwrap_or(i64::MAX));
    if !page.states.is_empty() {
        let states = page.states.iter().map(|state| state.name()).collect::<Vec<_>>();
        query.push(OF_STATES).push_bind(json!(states).to_string()).push("))");
    }
    if let Some(consumer) = &page.consumer {
        query.push(OF_CONSUMER).push_bind(consumer.clone()).push(")");
    }
    if let Some(outcome) = &page.outcome {
        let [before, after] = OF_OUTCOME;
        query.push(before).push_bind(outcome.clone()).push(after);
    }
    query.push(" ORDER BY number DESC LIMIT ").push_bind(page.limit);
    query
}

fn entry(task: &str, row: &SqliteRow) -> Result<Entry, JournalError> {
    let event = Event::read(row.try_get("event")?);
    Ok(Entry { task: task.to_owned(), number: row.try_get("number")?, at: time(row, "at")?, event })
}

fn summary(row: &SqliteRow) -> Result<Summary, JournalError> {
    let state: &str = row.try_get("state")?;
    Ok(Summary {
        progress: Progress::Running,
        id: row.try_get("id")?,
        number: row.try_get("number")?,
        state: State::named(state).ok_or_else(|| JournalError::new(format!("unknown state {state}")))?,
        entries: row.try_get("entries")?,
        created_at: time(row, "created_at")?,
        updated_at: time(row, "updated_at")?,
    })
}

pub(super) fn time(row: &SqliteRow, column: &'static str) -> Result<u64, JournalError> {
    let ms: i64 = row.try_get(column)?;
    Ok(u64::try_from(ms).unwrap_or_default())
}
