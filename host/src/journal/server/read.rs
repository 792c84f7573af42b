//! Reads tasks and their entries.

use std::sync::atomic::Ordering;

use sqlx::Row;
use sqlx::any::AnyRow;

use super::Server;
use super::changes::{hash, shortened};
use super::statement::Statement;
use crate::journal::{Entry, Event, JournalError, Outline, Progress, State, Summary, TaskQuery};

const TASK: &str = "SELECT id, number, state, phase, entries, created_at, updated_at FROM tasks WHERE id = ?";
const OF_KEY: &str = "SELECT id, number, state, phase, entries, created_at, updated_at FROM tasks WHERE key_hash = ?";
/// The open tasks of this runner.
const OPEN: &str = "SELECT id, number, state, phase, entries, created_at, updated_at, epoch FROM tasks \
    WHERE state IN ('open', 'parked') AND owner = ? ORDER BY number";
const CHOOSE: &str = "SELECT id, number, state, phase, entries, created_at, updated_at FROM tasks WHERE number < ?";
const OF_STATES: &str = " AND state IN (";
const OF_PROGRESS: &str = " AND phase = ?";
const OF_CONSUMER: &str = " AND id IN (SELECT task FROM consumers WHERE consumer = ?)";
const OF_OUTCOME: &str = " AND outcome = ?";
const ENTRIES: &str = "SELECT number, at, event FROM entries WHERE task = ? ORDER BY number";
/// A task with all its entries, by one statement.
const WHOLE: &str = "SELECT tasks.id AS id, tasks.number AS number, tasks.state AS state, tasks.phase AS phase, \
    tasks.entries AS entries, tasks.created_at AS created_at, tasks.updated_at AS updated_at, kept.number AS entry, \
    kept.at AS at, kept.event AS event FROM tasks JOIN entries kept ON kept.task = tasks.id WHERE tasks.id = ? \
    ORDER BY kept.number";
/// The answers that may be lost, in the newest tasks of a consumer, by the names of their replies. Other texts may contain these
/// names, too.
const UNSURE: &str = "SELECT entries.event AS event FROM entries JOIN (SELECT tasks.id AS id FROM tasks JOIN consumers \
    ON consumers.task = tasks.id WHERE consumers.consumer = ? ORDER BY tasks.number DESC LIMIT ?) newest \
    ON newest.id = entries.task WHERE entries.task <> ? AND entries.event LIKE '{\"answered\"%' \
    AND (entries.event LIKE '%\"lost\"%' OR entries.event LIKE '%\"foreign\"%')";
/// The first entry, the entries made by an operator's action, and the last: few entries, and none contains the history.
const OUTLINE: &str = "SELECT event FROM entries WHERE task = ? AND (number = 0 OR event LIKE '{\"resumed\"%' \
    OR event LIKE '{\"parked\"%' OR event LIKE '{\"ended\"%') ORDER BY number";
const CONSUMERS: &str = "SELECT consumer FROM consumers WHERE task = ? ORDER BY consumer";

impl Server {
    /// The open tasks of this runner, oldest first. From then on it may append to them.
    pub async fn open_tasks(&self) -> Result<Vec<Summary>, JournalError> {
        let rows = self.connections.rows(&Statement::new(OPEN).bind(self.me.as_str())).await?;
        let mut epochs = self.epochs();
        for row in &rows {
            epochs.insert(text(row, "id")?, number(row, "epoch")?);
        }
        drop(epochs);
        self.unlisted.store(false, Ordering::Relaxed);
        rows.iter().map(summary).collect()
    }

    pub async fn tasks(&self, page: &TaskQuery) -> Result<Vec<Summary>, JournalError> {
        let mut select = Statement::new(CHOOSE).bind(page.before.unwrap_or(i64::MAX));
        if !page.states.is_empty() {
            select = select.then(OF_STATES).then(&vec!["?"; page.states.len()].join(", ")).then(")");
            select = page.states.iter().fold(select, |select, state| select.bind(state.name()));
        }
        if let Some(progress) = page.progress {
            select = select.then(OF_PROGRESS).bind(progress.name());
        }
        if let Some(consumer) = &page.consumer {
            select = select.then(OF_CONSUMER).bind(consumer.as_str());
        }
        if let Some(outcome) = &page.outcome {
            select = select.then(OF_OUTCOME).bind(shortened(outcome));
        }
        let select = select.then(" ORDER BY number DESC LIMIT ?").bind(page.limit);
        self.connections.rows(&select).await?.iter().map(summary).collect()
    }

    pub async fn task(&self, id: &str) -> Result<Option<Summary>, JournalError> {
        self.connections.rows(&Statement::new(TASK).bind(id)).await?.first().map(summary).transpose()
    }

    pub async fn task_of_key(&self, key: &str) -> Result<Option<Summary>, JournalError> {
        self.connections.rows(&Statement::new(OF_KEY).bind(hash(key))).await?.first().map(summary).transpose()
    }

    pub async fn entries(&self, task: &str) -> Result<Vec<Entry>, JournalError> {
        let rows = self.connections.rows(&Statement::new(ENTRIES).bind(task)).await?;
        rows.iter().map(|row| entry(task, "number", row)).collect()
    }

    /// A task with all its entries.
    pub async fn whole(&self, task: &str) -> Result<Option<(Summary, Vec<Entry>)>, JournalError> {
        let rows = self.connections.rows(&Statement::new(WHOLE).bind(task)).await?;
        let Some(first) = rows.first() else { return Ok(None) };
        let entries = rows.iter().map(|row| entry(task, "entry", row)).collect::<Result<Vec<_>, _>>()?;
        Ok(Some((summary(first)?, entries)))
    }

    pub async fn unsure_answers(&self, consumer: &str, task: &str, tasks: u32) -> Result<Vec<Event>, JournalError> {
        let unsure = Statement::new(UNSURE).bind(consumer).bind(tasks).bind(task);
        let rows = self.connections.rows(&unsure).await?;
        rows.iter().map(|row| Ok(Event::read(&text(row, "event")?))).collect()
    }

    pub async fn outline(&self, task: &str) -> Result<Option<Outline>, JournalError> {
        let rows = self.connections.rows(&Statement::new(OUTLINE).bind(task)).await?;
        let events = rows.iter().map(|row| text(row, "event")).collect::<Result<Vec<_>, _>>()?;
        // An entry that this program does not understand adds nothing to the outline.
        Ok(Outline::from_parts(events.iter().map(|event| serde_json::from_str(event).unwrap_or_default())))
    }

    pub async fn consumers(&self, task: &str) -> Result<Vec<String>, JournalError> {
        let rows = self.connections.rows(&Statement::new(CONSUMERS).bind(task)).await?;
        rows.iter().map(|row| text(row, "consumer")).collect()
    }
}

fn entry(task: &str, number: &'static str, row: &AnyRow) -> Result<Entry, JournalError> {
    let event = Event::read(&text(row, "event")?);
    Ok(Entry { task: task.to_owned(), number: count(row, number)?, at: time(row, "at")?, event })
}

fn summary(row: &AnyRow) -> Result<Summary, JournalError> {
    let (state, phase) = (text(row, "state")?, text(row, "phase")?);
    Ok(Summary {
        id: text(row, "id")?,
        number: number(row, "number")?,
        state: State::named(&state).ok_or_else(|| JournalError::new(format!("unknown state {state}")))?,
        progress: Progress::named(&phase).ok_or_else(|| JournalError::new(format!("unknown phase {phase}")))?,
        entries: count(row, "entries")?,
        created_at: time(row, "created_at")?,
        updated_at: time(row, "updated_at")?,
    })
}

pub fn text(row: &AnyRow, column: &'static str) -> Result<String, JournalError> {
    row.try_get(column).map_err(|error| JournalError::new(error.to_string()))
}

pub fn number(row: &AnyRow, column: &'static str) -> Result<i64, JournalError> {
    row.try_get(column).map_err(|error| JournalError::new(error.to_string()))
}

pub fn time(row: &AnyRow, column: &'static str) -> Result<u64, JournalError> {
    Ok(u64::try_from(number(row, column)?).unwrap_or_default())
}

fn count(row: &AnyRow, column: &'static str) -> Result<u32, JournalError> {
    Ok(u32::try_from(number(row, column)?).unwrap_or(u32::MAX))
}
