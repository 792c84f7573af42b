//! The statements that append a batch of entries.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

use super::append::OUT_OF_ORDER;
use super::lock;
use super::statement::{Statement, Value};
use super::{Dialect, Server};
use crate::contract::Effect;
use crate::journal::{Entry, Event, JournalError, Lock, Progress, State};
use crate::record::End;

/// Rows in one statement; databases allow 65,535 values.
const ROWS: usize = 1_000;
/// The bytes of events in one statement: far below `max_allowed_packet`, which is 16 MiB.
const BYTES: usize = 2 << 20;
/// Tasks in one UPDATE.
pub const TASKS: usize = 100;
/// The largest length of a stored outcome or failure's code, in characters.
const OUTCOME: usize = 190;

const OPEN: &str = "INSERT INTO tasks (id, number, key_hash, state, phase, outcome, entries, owner, epoch, created_at, updated_at) VALUES ";
const CONSUMERS: &str = "INSERT INTO consumers (consumer, task) VALUES ";
const UNLOCK: &str = "DELETE FROM locks WHERE task IN (";
const ENTRIES: &str = "INSERT INTO entries (task, number, owner, epoch, at, event) VALUES ";

/// The changes of one batch to one task.
#[derive(Debug)]
pub struct Change<'a> {
    pub task: &'a str,
    pub epoch: i64,
    /// Its place in the order of tasks, if it is opened.
    place: i64,
    /// The number of its first entry.
    first: u32,
    pub last: &'a Entry,
    pub state: Option<State>,
    progress: Option<Progress>,
    outcome: Option<String>,
    at: u64,
    /// Its first entry, if the task is opened.
    pub opened: Option<&'a Entry>,
}

impl Server {
    /// What a batch changes, sorted by task, so that two transactions lock the same tasks in the same order.
    pub fn changes<'a>(&self, batch: &'a [Entry]) -> Result<Vec<Change<'a>>, JournalError> {
        let epochs = self.epochs();
        let mut changes: BTreeMap<&str, Change<'a>> = BTreeMap::new();
        for entry in batch {
            let opened = matches!(entry.event, Event::Opened(_)).then_some(entry);
            let change = changes.entry(&entry.task).or_insert_with(|| Change {
                task: &entry.task,
                epoch: epochs.get(&entry.task).copied().unwrap_or(1),
                place: if opened.is_some() { self.order.next() } else { 0 },
                first: entry.number,
                last: entry,
                state: None,
                progress: None,
                outcome: None,
                at: entry.at,
                opened,
            });
            if entry.number != change.first && entry.number != change.last.number + 1 {
                return Err(JournalError::new(OUT_OF_ORDER));
            }
            change.last = entry;
            change.at = change.at.max(entry.at);
            change.state = entry.event.state().or(change.state);
            change.progress = progress(&entry.event).or(change.progress);
            if let Event::Ended(end) = &entry.event {
                change.outcome = outcome(end);
            }
        }
        Ok(changes.into_values().collect())
    }

    /// What the transaction of a batch does.
    pub fn statements(
        &self,
        batch: &[Entry],
        locks: &[Lock],
        changes: &[Change],
    ) -> Result<Vec<Statement>, JournalError> {
        let opened: Vec<_> = changes.iter().filter_map(|change| self.opening(change, locks)).collect();
        let consumers = batch.iter().flat_map(consumers_of).collect::<Vec<_>>();
        let keep = self.connections.dialect.keep_consumers();
        let known: Vec<_> = changes.iter().filter(|change| change.opened.is_none()).collect();
        let mut statements = inserts(OPEN, opened);
        statements.extend(inserts(CONSUMERS, consumers).into_iter().map(|insert| insert.then(keep)));
        statements.extend(self.insert_entries(batch, changes)?);
        statements.extend(lock::take(locks, changes));
        statements.extend(unlock(changes));
        match known.as_slice() {
            [] => {}
            [one] => statements.push(self.move_on(one)),
            several => statements.extend(several.chunks(TASKS).map(|some| self.move_several_on(some))),
        }
        Ok(statements)
    }

    fn opening(&self, change: &Change, locks: &[Lock]) -> Option<Vec<Value>> {
        let Event::Opened(opened) = &change.opened?.event else { return None };
        let created_at = change.opened.map_or(change.at, |entry| entry.at);
        let is_locked = locks.iter().any(|lock| lock.task_in_turn() == Some(change.task));
        let progress = if is_locked { Progress::Running } else { Progress::Queued };
        Some(vec![
            change.task.into(),
            change.place.into(),
            opened.key.as_deref().map(hash).into(),
            change.state.unwrap_or(State::Open).name().into(),
            progress.name().into(),
            change.outcome.clone().into(),
            (change.last.number + 1).into(),
            self.me.as_str().into(),
            change.epoch.into(),
            created_at.into(),
            change.at.into(),
        ])
    }

    fn insert_entries(&self, batch: &[Entry], changes: &[Change]) -> Result<Vec<Statement>, JournalError> {
        let epochs: BTreeMap<_, _> = changes.iter().map(|change| (change.task, change.epoch)).collect();
        let (mut statements, mut rows, mut bytes) = (Vec::new(), Vec::new(), 0);
        for entry in batch {
            let event = text(&entry.event)?;
            bytes += event.len();
            let (task, epoch) = (entry.task.as_str(), epochs.get(entry.task.as_str()).copied().unwrap_or(1));
            let me = self.me.as_str();
            rows.push(vec![task.into(), entry.number.into(), me.into(), epoch.into(), entry.at.into(), event.into()]);
            if rows.len() >= ROWS || bytes >= BYTES {
                statements.push(Statement::new(ENTRIES).rows(rows.drain(..)));
                bytes = 0;
            }
        }
        if !rows.is_empty() {
            statements.push(Statement::new(ENTRIES).rows(rows));
        }
        Ok(statements)
    }

    /// The fence.
    fn move_on(&self, change: &Change) -> Statement {
        let update = Statement::new(
            "UPDATE tasks SET entries = ?, state = COALESCE(?, state), phase = COALESCE(?, phase), \
             outcome = COALESCE(?, outcome), updated_at = GREATEST(updated_at, ?) WHERE id = ? AND entries = ? AND owner = ? AND epoch = ?",
        );
        let update = update.bind(change.last.number + 1).bind(change.state.map(|state| state.name().to_owned()));
        let update = update.bind(change.progress.map(|progress| progress.name().to_owned()));
        let update = update.bind(change.outcome.clone()).bind(change.at).bind(change.task).bind(change.first);
        update.bind(self.me.as_str()).bind(change.epoch).must_find(1)
    }

    /// The same for several tasks.
    fn move_several_on(&self, changes: &[&Change]) -> Statement {
        let state = |change: &Change| change.state.map(|state| state.name().to_owned()).into();
        let progress = |change: &Change| change.progress.map(|progress| progress.name().to_owned()).into();
        let update = Statement::new("UPDATE tasks SET entries = CASE id");
        let update = each(update, changes, |change| (change.last.number + 1).into());
        let update = update.then(" END, updated_at = GREATEST(updated_at, CASE id");
        let update = each(update, changes, |change| change.at.into());
        let update = each(update.then(" END), state = COALESCE(CASE id"), changes, state);
        let update = each(update.then(" END, state), phase = COALESCE(CASE id"), changes, progress);
        let update = update.then(" END, phase), outcome = COALESCE(CASE id");
        let update = each(update, changes, |change| change.outcome.clone().into());
        let mut update = update.then(" END, outcome) WHERE owner = ? AND (").bind(self.me.as_str());
        for (index, change) in changes.iter().enumerate() {
            update = update.then(if index == 0 { "" } else { " OR " }).then("(id = ? AND entries = ? AND epoch = ?)");
            update = update.bind(change.task).bind(change.first).bind(change.epoch);
        }
        update.then(")").must_find(changes.len() as u64)
    }
}

impl Change<'_> {
    /// The consumers of the task, if it is opened.
    pub fn consumers(&self) -> Vec<String> {
        let mut consumers = self.opened.map_or_else(Vec::new, |entry| entry.event.consumers());
        consumers.sort_unstable();
        consumers.dedup();
        consumers
    }

    fn has_ended(&self) -> bool {
        matches!(self.state, Some(State::Finished | State::Failed))
    }
}

/// How far the task is after this event; `None` if that stays.
fn progress(event: &Event) -> Option<Progress> {
    match event {
        Event::Asked(effects) if effects.iter().any(asks_caller) => Some(Progress::Waiting),
        Event::Asked(_) | Event::Answered(_) | Event::Replied { .. } | Event::Resumed(_) => Some(Progress::Running),
        _ => None,
    }
}

fn asks_caller(effect: &Effect) -> bool {
    effect.answered_by().is_some()
}

/// Releases the locks of tasks that end.
fn unlock(changes: &[Change]) -> Option<Statement> {
    let ended: Vec<_> = changes.iter().filter(|change| change.has_ended()).map(|change| change.task).collect();
    if ended.is_empty() {
        return None;
    }
    let unlock = Statement::new(UNLOCK).then(&vec!["?"; ended.len()].join(", ")).then(")");
    Some(ended.into_iter().fold(unlock, Statement::bind))
}

/// The cases of a column that has another new value for each task.
fn each(update: Statement, changes: &[&Change], value: impl Fn(&Change) -> Value) -> Statement {
    changes.iter().fold(update, |update, change| update.then(" WHEN ? THEN ?").bind(change.task).bind(value(change)))
}

fn inserts(insert: &'static str, rows: Vec<Vec<Value>>) -> Vec<Statement> {
    rows.chunks(ROWS).map(|some| Statement::new(insert).rows(some.iter().cloned())).collect()
}

fn consumers_of(entry: &Entry) -> Vec<Vec<Value>> {
    entry.event.consumers().into_iter().map(|consumer| vec![consumer.into(), entry.task.as_str().into()]).collect()
}

impl Dialect {
    /// The end of an INSERT that leaves consumers that a task has already as they are.
    fn keep_consumers(self) -> &'static str {
        match self {
            Self::Postgres => " ON CONFLICT (consumer, task) DO NOTHING",
            Self::MySql => " ON DUPLICATE KEY UPDATE consumer = VALUES(consumer)",
        }
    }
}

/// The idempotency key as it is stored: of any length and with any characters, and without a collation that takes two for one.
pub fn hash(key: &str) -> String {
    Sha256::digest(key).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The name of an end, as `TaskQuery::outcome` asks for it.
pub fn outcome(end: &End) -> Option<String> {
    end.name().map(shortened)
}

pub fn shortened(outcome: &str) -> String {
    outcome.chars().take(OUTCOME).collect()
}

pub fn text(event: &Event) -> Result<String, JournalError> {
    Ok(serde_json::to_string(event)?)
}
