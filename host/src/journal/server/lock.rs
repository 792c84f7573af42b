//! Locks of consumers among several runners. A lock is a row whose primary key is the consumer, and belongs to a task, not to
//! a runner: it is taken in a transaction that is fenced like an append, and goes in the transaction of the task's end.

use super::Server;
use super::changes::Change;
use super::failure::Known;
use super::read::{number, text};
use super::statement::{Statement, Value};
use crate::journal::{JournalError, Lock};

const BEGIN: &str = "UPDATE tasks SET phase = 'running' WHERE id = ? AND owner = ? AND epoch = ? AND phase = 'queued' AND state = 'open'";
const TAKE: &str = "INSERT INTO locks (consumer, task) SELECT consumer, task FROM consumers WHERE task = ?";
const TAKE_ONE: &str = "INSERT INTO locks (consumer, task) VALUES ";
/// Of tasks that are opened in the same transaction, unless an older task still waits for a consumer, or holds it.
const TAKE_IN_TURN: &str = "INSERT INTO locks (consumer, task) SELECT mine.consumer, mine.task FROM consumers mine \
    JOIN tasks ON tasks.id = mine.task WHERE NOT EXISTS (SELECT 1 FROM consumers other JOIN tasks older \
    ON older.id = other.task WHERE other.consumer = mine.consumer AND older.number < tasks.number \
    AND older.state IN ('open', 'parked')) AND mine.task IN (";
const HOLDER: &str = "SELECT locks.task AS task FROM consumers JOIN locks ON locks.consumer = consumers.consumer \
    WHERE consumers.task = ? AND locks.task <> consumers.task LIMIT 1";
const HOLDER_OF_ONE: &str = "SELECT task FROM locks WHERE consumer = ? AND task <> ?";
const OLDER: &str = "SELECT older.id AS task FROM consumers mine JOIN tasks ON tasks.id = mine.task \
    JOIN consumers other ON other.consumer = mine.consumer JOIN tasks older ON older.id = other.task \
    WHERE mine.task = ? AND older.number < tasks.number AND older.state IN ('open', 'parked') \
    ORDER BY older.number LIMIT 1";
const OLDER_THAN_NEW: &str = "SELECT older.id AS task FROM consumers other JOIN tasks older ON older.id = other.task \
    WHERE older.state IN ('open', 'parked') AND other.consumer IN (";
const MINE: &str = "SELECT owner, epoch, phase FROM tasks WHERE id = ?";

impl Server {
    /// Locks all consumers of an open task that has no locks yet. Returns the task that must end first, if one must.
    pub async fn lock(&self, task: &str) -> Result<Option<String>, JournalError> {
        if let Some(other) = self.blocked_by(task).await? {
            return Ok(Some(other));
        }
        let epoch = self.epochs().get(task).copied().unwrap_or(1);
        let begin = Statement::new(BEGIN).bind(task).bind(self.me.as_str()).bind(epoch).must_find(1);
        let Err(failure) = self.connections.transaction(&[begin, Statement::new(TAKE).bind(task)]).await else {
            return Ok(None);
        };
        match failure.known() {
            // Another task was faster.
            Known::Exists | Known::RolledBack => Ok(Some(self.blocked_by(task).await?.unwrap_or_default())),
            Known::Refused => Err((&failure).into()),
            // Done by an earlier call that got no answer, or by this one; or another runner has the task.
            Known::Changed | Known::Nothing => {
                let rows = self.connections.rows(&Statement::new(MINE).bind(task)).await?;
                let row =
                    rows.first().ok_or_else(|| JournalError::new(format!("task {task} does not exist any more")))?;
                match (text(row, "owner")? == self.me && number(row, "epoch")? == epoch, &*text(row, "phase")?) {
                    (false, _) => Err(self.fenced()),
                    (true, "queued") => Err((&failure).into()),
                    (true, _) => Ok(None),
                }
            }
        }
    }

    /// The task that has locked a consumer of this one, or that is older and waits for one.
    async fn blocked_by(&self, task: &str) -> Result<Option<String>, JournalError> {
        for select in [HOLDER, OLDER] {
            if let Some(other) = self.one(&Statement::new(select).bind(task)).await? {
                return Ok(Some(other));
            }
        }
        Ok(None)
    }

    /// Why these locks could not be taken; `None` if they could be taken now.
    pub async fn blocks(&self, locks: &[Lock], changes: &[Change<'_>]) -> Result<Option<String>, JournalError> {
        for lock in locks {
            let select = match lock {
                Lock::Ahead { task, consumer } => {
                    Statement::new(HOLDER_OF_ONE).bind(consumer.as_str()).bind(task.as_str())
                }
                Lock::InTurn { task } => {
                    let consumers = changes.iter().find(|change| change.task == task).map(Change::consumers);
                    let consumers = consumers.unwrap_or_default();
                    let places = vec!["?"; consumers.len()].join(", ");
                    let select = Statement::new(OLDER_THAN_NEW).then(&places).then(") ORDER BY older.number LIMIT 1");
                    consumers.into_iter().fold(select, Statement::bind)
                }
            };
            if let Some(other) = self.one(&select).await? {
                return Ok(Some(other));
            }
        }
        Ok(None)
    }

    async fn one(&self, select: &Statement) -> Result<Option<String>, JournalError> {
        self.connections.rows(select).await?.first().map(|row| text(row, "task")).transpose()
    }
}

/// The statements that take these locks, for the transaction of a batch.
pub fn take(locks: &[Lock], changes: &[Change]) -> Vec<Statement> {
    let mut statements = Vec::new();
    let in_turn: Vec<_> = locks.iter().filter_map(Lock::task_in_turn).collect();
    if !in_turn.is_empty() {
        let all = changes.iter().filter(|change| in_turn.contains(&change.task));
        let all: usize = all.map(|change| change.consumers().len()).sum();
        let places = vec!["?"; in_turn.len()].join(", ");
        let take = Statement::new(TAKE_IN_TURN).then(&places).then(")");
        statements.push(in_turn.into_iter().fold(take, Statement::bind).must_find(all as u64));
    }
    let ahead: Vec<Vec<Value>> = locks
        .iter()
        .filter_map(|lock| match lock {
            Lock::Ahead { task, consumer } => Some(vec![consumer.as_str().into(), task.as_str().into()]),
            Lock::InTurn { .. } => None,
        })
        .collect();
    if !ahead.is_empty() {
        statements.push(Statement::new(TAKE_ONE).rows(ahead));
    }
    statements
}
