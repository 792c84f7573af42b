//! Opening a journal: nothing of it is believed before it has been checked.

use std::fs::{self, File, TryLockError};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, SqliteConnection, SqlitePool};

use super::Sqlite;
use super::log::Log;
use crate::journal::OpenError;

const SCHEMA: &str = include_str!("schema.sql");
const APPLICATION: i64 = 1_398_227_279;
const VERSION: i64 = 1;
const MAGIC: &[u8; 16] = b"SQLite format 3\0";
const PAGE: u64 = 4096;
/// Connections that read; they do not wait for the one that writes.
const READERS: u32 = 4;

/// Tasks whose entries have gaps, or are not as many as they should be.
const GAPS: &str = "SELECT tasks.id, tasks.entries, count(entries.number), coalesce(max(entries.number), -1) \
    FROM tasks LEFT JOIN entries ON entries.task = tasks.id GROUP BY tasks.id \
    HAVING count(entries.number) != tasks.entries OR coalesce(max(entries.number), -1) != tasks.entries - 1 LIMIT 1";

impl Sqlite {
    pub async fn open(file: &Path) -> Result<Self, OpenError> {
        // By another name it is the same journal, and one service's.
        let named = fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
        let file = named.as_path();
        let unusable = |why: String| OpenError::Unusable { file: file.to_owned(), why };
        let lock = lock(file)?;
        if !file.exists() {
            if fs::metadata(beside(file, "-wal")).is_ok_and(|log| log.len() > 0) {
                let log = beside(file, "-wal");
                let why = format!("its log {} is there without it: put both back, or move both away", log.display());
                return Err(unusable(why));
            }
            create(file).await.map_err(|error| unusable(error.to_string()))?;
        }
        recognize(file)?;
        notice_a_missing_end(file)?;
        look_at_the_log(file)?;
        let options = options(file).journal_mode(SqliteJournalMode::Wal).synchronous(SqliteSynchronous::Full);
        let damaged = |error: sqlx::Error| reason(file, &error);
        let write = pool(1).connect_with(options).await.map_err(damaged)?;
        check(file, &write).await?;
        let reading = async |connections| pool(connections).connect_with(self::options(file).read_only(true)).await;
        let (read, policies) = (reading(READERS).await.map_err(damaged)?, reading(1).await.map_err(damaged)?);
        Ok(Self { write, read, policies, _lock: lock })
    }
}

fn options(file: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new().filename(file).busy_timeout(Duration::from_secs(5)).disable_statement_logging()
}

fn pool(connections: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new().max_connections(connections).test_before_acquire(false)
}

/// The lock is on a file beside it: SQLite's own locks would let a second service in between two commits.
fn lock(file: &Path) -> Result<File, OpenError> {
    let unusable = |error: std::io::Error| OpenError::Unusable { file: file.to_owned(), why: error.to_string() };
    let lock = File::create(beside(file, ".lock")).map_err(unusable)?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse { file: file.to_owned() }),
        Err(TryLockError::Error(error)) => Err(unusable(error)),
    }
}

/// A new journal appears whole or not at all, so an empty file is never one that was about to be made.
async fn create(file: &Path) -> Result<(), sqlx::Error> {
    let new = beside(file, ".new");
    match fs::remove_file(&new) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    let options = options(&new).create_if_missing(true).synchronous(SqliteSynchronous::Full);
    let mut connection = SqliteConnection::connect_with(&options).await?;
    sqlx::raw_sql(SCHEMA).execute(&mut connection).await?;
    connection.close().await?;
    fs::rename(&new, file)?;
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    Ok(File::open(folder)?.sync_all()?)
}

fn recognize(file: &Path) -> Result<(), OpenError> {
    let mut head = Vec::new();
    let read = File::open(file).and_then(|opened| opened.take(MAGIC.len() as u64).read_to_end(&mut head));
    read.map_err(|error| OpenError::Unusable { file: file.to_owned(), why: error.to_string() })?;
    if head.is_empty() {
        return Err(OpenError::Damaged { file: file.to_owned(), what: "it is empty".into() });
    }
    if head != MAGIC {
        return Err(OpenError::Foreign { file: file.to_owned() });
    }
    Ok(())
}

/// SQLite reads what is missing at a file's end as zeros, which may well pass for an empty table. Where there is a log,
/// the end may still be in that.
fn notice_a_missing_end(file: &Path) -> Result<(), OpenError> {
    if fs::metadata(beside(file, "-wal")).is_ok_and(|log| log.len() > 0) {
        return Ok(());
    }
    let unusable = |error: std::io::Error| OpenError::Unusable { file: file.to_owned(), why: error.to_string() };
    let mut head = Vec::new();
    let mut opened = File::open(file).map_err(unusable)?;
    opened.by_ref().take(32).read_to_end(&mut head).map_err(unusable)?;
    let length = opened.metadata().map_err(unusable)?.len();
    // The size of the database in pages (SQLite, "Database File Format", 1.3.7).
    let pages = head.get(28..32).and_then(|bytes| <[u8; 4]>::try_from(bytes).ok()).map(u32::from_be_bytes);
    match pages {
        Some(pages) if length >= u64::from(pages) * PAGE => Ok(()),
        _ => {
            Err(OpenError::Damaged { file: file.to_owned(), what: format!("its end is missing after {length} bytes") })
        }
    }
}

/// SQLite drops a commit that was not written whole, and whoever runs the service should know that it did; commits that
/// were whole it does not drop unnoticed.
fn look_at_the_log(file: &Path) -> Result<(), OpenError> {
    let log = beside(file, "-wal");
    let found = Log::look(&log).map_err(|error| OpenError::Unusable { file: log.clone(), why: error.to_string() })?;
    match found {
        Log::Whole => {}
        Log::Torn => tracing::warn!(
            "the last commit in {} was not written whole, and is dropped; tasks go on from the one before",
            log.display()
        ),
        Log::Damaged { at } => {
            let log = log.display();
            let what = format!(
                "its log {log} is not what was written from byte {at} on, and more commits follow there; \
                 `truncate --size {at} {log}` gives them up and keeps what is before"
            );
            return Err(OpenError::Damaged { file: file.to_owned(), what });
        }
    }
    Ok(())
}

async fn check(file: &Path, pool: &SqlitePool) -> Result<(), OpenError> {
    let failed = |error: sqlx::Error| reason(file, &error);
    let damaged = |what: String| OpenError::Damaged { file: file.to_owned(), what };
    let application: i64 = sqlx::query_scalar("PRAGMA application_id").fetch_one(pool).await.map_err(failed)?;
    if application != APPLICATION {
        return Err(OpenError::Foreign { file: file.to_owned() });
    }
    let found: i64 = sqlx::query_scalar("PRAGMA user_version").fetch_one(pool).await.map_err(failed)?;
    if found > VERSION {
        return Err(OpenError::Newer { file: file.to_owned(), found, known: VERSION });
    }
    let whole: String = sqlx::query_scalar("PRAGMA quick_check(1)").fetch_one(pool).await.map_err(failed)?;
    if whole != "ok" {
        return Err(damaged(whole.replace('\n', " ")));
    }
    let gap: Option<(String, i64, i64, i64)> = sqlx::query_as(GAPS).fetch_optional(pool).await.map_err(failed)?;
    match gap {
        Some((task, wanted, count, last)) => Err(damaged(format!(
            "task {task} should have the entries 0 to {}, and has {count} up to {last}",
            wanted - 1
        ))),
        None => Ok(()),
    }
}

/// What SQLite cannot read is damaged (11, 26); what it may not read is the system's.
fn reason(file: &Path, error: &sqlx::Error) -> OpenError {
    let code = error.as_database_error().and_then(|error| error.code()).unwrap_or_default();
    let primary = code.parse::<i64>().map_or(0, |code| code & 0xff);
    let what = error.as_database_error().map_or_else(|| error.to_string(), |error| error.message().to_owned());
    if matches!(primary, 11 | 26) || what.contains("malformed") {
        return OpenError::Damaged { file: file.to_owned(), what };
    }
    OpenError::Unusable { file: file.to_owned(), why: what }
}

fn beside(file: &Path, end: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(end);
    PathBuf::from(name)
}
