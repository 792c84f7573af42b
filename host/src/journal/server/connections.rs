//! Connections to the database. One that has failed, or is silent, is closed: what the server has done is then looked for
//! on another one.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sqlx::any::{AnyConnectOptions, AnyRow};
use sqlx::{AnyConnection, Connection, Row};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

use super::Dialect;
use super::failure::{Failure, Known};
use super::statement::Statement;

/// Batches of entries that are committed at the same time. With one, a task waits for the commits of others before its own: up to
/// twice as long.
pub const WRITERS: usize = 4;
/// Connections at a time: some write entries, the others read, beat and change policies.
const MOST: usize = WRITERS + 5;
/// How long a connection may take, with TLS.
const CONNECT: Duration = Duration::from_secs(5);
/// How long a transaction may take. The database gives up waiting for a lock earlier (see `SESSION`).
const ANSWER: Duration = Duration::from_secs(10);

/// What each session sets. Values that do not fit are errors, not cut off.
const SESSION: [(Dialect, &str); 4] = [
    (Dialect::Postgres, "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ COMMITTED"),
    (Dialect::Postgres, "SET lock_timeout = '5s'"),
    (Dialect::MySql, "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED"),
    (Dialect::MySql, "SET SESSION innodb_lock_wait_timeout = 5, sql_mode = CONCAT(@@sql_mode, ',STRICT_ALL_TABLES')"),
];
/// Whether the server is a node of a Galera cluster, whose reads then wait for what other nodes have committed.
const IS_GALERA: &str = "SHOW VARIABLES WHERE variable_name = 'wsrep_on' AND value = 'ON'";
const SYNCED_READS: &str = "SET SESSION wsrep_sync_wait = 1";

/// What connections are used for. What all runners do does not wait for the tasks of this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Tasks, policies and settings.
    Tasks,
    /// Beats, and looking at other runners.
    Runners,
}

#[derive(Debug)]
pub struct Connections {
    pub dialect: Dialect,
    purpose: Purpose,
    options: AnyConnectOptions,
    permits: Semaphore,
    idle: Mutex<Vec<AnyConnection>>,
}

/// A connection in use. It is closed unless it is given back.
struct Used<'a> {
    connections: &'a Connections,
    connection: AnyConnection,
    /// Whether it was used before; the server may have closed it since.
    is_old: bool,
    _permit: SemaphorePermit<'a>,
}

impl Connections {
    pub fn new(dialect: Dialect, options: AnyConnectOptions, purpose: Purpose) -> Self {
        Self { dialect, purpose, options, permits: Semaphore::new(MOST), idle: Mutex::default() }
    }

    /// Runs these statements in one transaction, and returns how many rows each has changed or found.
    pub async fn transaction(&self, statements: &[Statement]) -> Result<Vec<u64>, Failure> {
        let mut used = self.take().await?;
        self.count(statements.len() as u64, 1);
        let done = answer(transact(&mut used.connection, self.dialect, statements)).await;
        match done.as_ref().map_err(Failure::known) {
            Ok(_) => used.give_back(),
            Err(Known::Nothing) => self.forget_idle(),
            Err(Known::RolledBack | Known::Exists | Known::Changed | Known::Refused) => {
                if answer(raw(&mut used.connection, "ROLLBACK")).await.is_ok() {
                    used.give_back();
                }
            }
        }
        done
    }

    /// The rows that a statement selects. It is repeated if the server had closed an idle connection.
    pub async fn rows(&self, select: &Statement) -> Result<Vec<AnyRow>, Failure> {
        loop {
            let mut used = self.take().await?;
            let query = select.prepare(self.dialect)?;
            self.count(1, 0);
            match answer(async { Ok(query.fetch_all(&mut used.connection).await?) }).await {
                Ok(rows) => {
                    used.give_back();
                    return Ok(rows);
                }
                Err(failure) => {
                    self.forget_idle();
                    if !used.is_old || matches!(failure, Failure::Late(_)) {
                        return Err(failure);
                    }
                }
            }
        }
    }

    /// Runs the statements of a file, one after another.
    pub async fn script(&self, script: &'static str) -> Result<(), Failure> {
        let mut used = self.take().await?;
        raw(&mut used.connection, script).await?;
        used.give_back();
        Ok(())
    }

    /// Closes all idle connections.
    pub async fn close(&self) {
        let idle = std::mem::take(&mut *self.idle());
        for connection in idle {
            let _ = answer(async { Ok(connection.close().await?) }).await;
        }
    }

    /// Counts statements without `BEGIN` and `COMMIT`, and transactions that change something.
    fn count(&self, statements: u64, commits: u64) {
        let purpose = match self.purpose {
            Purpose::Tasks => "tasks",
            Purpose::Runners => "runners",
        };
        metrics::counter!("swaparoo_database_statements_total", "purpose" => purpose).increment(statements);
        metrics::counter!("swaparoo_database_commits_total", "purpose" => purpose).increment(commits);
    }

    async fn take(&self) -> Result<Used<'_>, Failure> {
        let late = |_| Failure::Late(ANSWER);
        let permit = timeout(ANSWER, self.permits.acquire()).await.map_err(late)?;
        let permit = permit.map_err(|_| Failure::Sql(sqlx::Error::PoolClosed))?;
        let idle = self.idle().pop();
        let is_old = idle.is_some();
        let connection = match idle {
            Some(connection) => connection,
            None => timeout(CONNECT, self.connect()).await.map_err(|_| Failure::Late(CONNECT))??,
        };
        Ok(Used { connections: self, connection, is_old, _permit: permit })
    }

    async fn connect(&self) -> Result<AnyConnection, Failure> {
        let mut connection = AnyConnection::connect_with(&self.options).await?;
        for (_, set) in SESSION.into_iter().filter(|(dialect, _)| *dialect == self.dialect) {
            raw(&mut connection, set).await?;
        }
        if self.dialect == Dialect::MySql && !sqlx::query(IS_GALERA).fetch_all(&mut connection).await?.is_empty() {
            raw(&mut connection, SYNCED_READS).await?;
        }
        Ok(connection)
    }

    /// After a connection has failed, the others have probably been closed by the server, too.
    fn forget_idle(&self) {
        self.idle().clear();
    }

    fn idle(&self) -> MutexGuard<'_, Vec<AnyConnection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Used<'_> {
    fn give_back(self) {
        self.connections.idle().push(self.connection);
    }
}

async fn answer<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    timeout(ANSWER, work).await.unwrap_or(Err(Failure::Late(ANSWER)))
}

async fn transact(
    connection: &mut AnyConnection,
    dialect: Dialect,
    statements: &[Statement],
) -> Result<Vec<u64>, Failure> {
    // One statement is a transaction by itself.
    let is_one = statements.len() == 1;
    if !is_one {
        raw(connection, "BEGIN").await?;
    }
    let mut found = Vec::new();
    for statement in statements {
        let rows = statement.prepare(dialect)?.execute(&mut *connection).await?.rows_affected();
        if statement.expected().is_some_and(|expected| rows != expected) {
            return Err(Failure::Changed);
        }
        found.push(rows);
    }
    if !is_one {
        raw(connection, "COMMIT").await?;
    }
    Ok(found)
}

async fn raw(connection: &mut AnyConnection, sql: &'static str) -> Result<(), Failure> {
    sqlx::raw_sql(sql).execute(connection).await?;
    Ok(())
}

/// The first column of the first row.
pub fn first<T>(rows: &[AnyRow]) -> Result<Option<T>, sqlx::Error>
where
    T: for<'r> sqlx::Decode<'r, sqlx::Any> + sqlx::Type<sqlx::Any>,
{
    rows.first().map(|row| row.try_get(0)).transpose()
}
