//! Appends entries: one transaction and a fixed number of statements for a batch of any length.

use std::collections::HashMap;

use serde::Serialize;
use serde_json::json;
use sqlx::{Connection, SqliteConnection};

use super::Sqlite;
use crate::journal::{Entry, Event, JournalError, Lock, State};

pub(super) const OPEN: &str = "INSERT INTO tasks (id, key, state, entries, created_at, updated_at) \
    SELECT value->>'id', value->>'key', 'open', 0, value->>'at', value->>'at' FROM json_each(?)";
pub(super) const CONSUMERS: &str = "INSERT OR IGNORE INTO consumers (consumer, task) \
    SELECT consumer.value, task.value->>'id' FROM json_each(?) AS task, json_each(task.value->'consumers') AS consumer";
pub(super) const ENTRIES: &str = "INSERT INTO entries (task, number, at, event) \
    SELECT value->>'task', value->>'number', value->>'at', value->'event' FROM json_each(?)";
/// Updates only a task that has as many entries as the batch expects, so that no entry is skipped.
pub(super) const MOVE_ON: &str = "UPDATE tasks SET entries = new.entries, state = coalesce(new.state, tasks.state), \
    updated_at = max(tasks.updated_at, new.at) \
    FROM (SELECT value->>'id' AS id, value->>'first' AS first, value->>'entries' AS entries, \
    value->>'state' AS state, value->>'at' AS at FROM json_each(?)) AS new \
    WHERE tasks.id = new.id AND tasks.entries = new.first";

/// The changes of one batch to one task.
#[derive(Serialize)]
struct StateChange<'a> {
    id: &'a str,
    first: u32,
    entries: u32,
    state: Option<&'static str>,
    at: u64,
}

impl Sqlite {
    pub async fn append(&self, batch: &[Entry], _locks: &[Lock]) -> Result<(), JournalError> {
        let mut connection = self.writer().await?;
        let appended = self.append_by(&mut connection, batch).await;
        self.conclude(connection, appended).await
    }

    async fn append_by(&self, connection: &mut SqliteConnection, batch: &[Entry]) -> Result<(), JournalError> {
        let opened: Vec<_> = batch.iter().filter_map(opening).collect();
        let changes = changes(batch);
        let mut transaction = connection.begin().await?;
        if !opened.is_empty() {
            let opened = serde_json::to_string(&opened)?;
            sqlx::query(OPEN).bind(&opened).execute(&mut *transaction).await?;
        }
        let consumers: Vec<_> = batch.iter().filter_map(consumers).collect();
        if !consumers.is_empty() {
            sqlx::query(CONSUMERS).bind(serde_json::to_string(&consumers)?).execute(&mut *transaction).await?;
        }
        let entries: Vec<_> = batch.iter().map(row).collect();
        let entries = serde_json::to_string(&entries)?;
        sqlx::query(ENTRIES).bind(&entries).execute(&mut *transaction).await?;
        let moved = sqlx::query(MOVE_ON).bind(serde_json::to_string(&changes)?).execute(&mut *transaction).await?;
        if moved.rows_affected() != changes.len() as u64 {
            return Err(JournalError::new("entries of a task are out of order, or come after its end"));
        }
        self.commit(transaction).await?;
        self.grows(entries.len());
        Ok(())
    }
}

fn opening(entry: &Entry) -> Option<serde_json::Value> {
    let Event::Opened(opened) = &entry.event else { return None };
    Some(json!({ "id": entry.task, "key": opened.key, "at": entry.at }))
}

fn consumers(entry: &Entry) -> Option<serde_json::Value> {
    let consumers = entry.event.consumers();
    (!consumers.is_empty()).then(|| json!({ "id": entry.task, "consumers": consumers }))
}

fn row(entry: &Entry) -> serde_json::Value {
    json!({ "task": entry.task, "number": entry.number, "at": entry.at, "event": entry.event })
}

fn changes(batch: &[Entry]) -> Vec<StateChange<'_>> {
    let mut changes: Vec<StateChange<'_>> = Vec::new();
    let mut places = HashMap::new();
    for entry in batch {
        let place = *places.entry(entry.task.as_str()).or_insert_with(|| {
            changes.push(StateChange { id: &entry.task, first: entry.number, entries: 0, state: None, at: 0 });
            changes.len() - 1
        });
        if let Some(change) = changes.get_mut(place) {
            change.entries = entry.number + 1;
            change.at = change.at.max(entry.at);
            change.state = entry.event.state().map(State::name).or(change.state);
        }
    }
    changes
}
