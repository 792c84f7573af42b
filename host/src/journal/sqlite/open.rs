//! Opening a journal: its content is used only after all checks.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, SqliteConnection, SqlitePool};

use super::commits::Commits;
use super::file::{LockedFile, NameLock, beside};
use super::version::{SCHEMA, migrate};
use super::{Sqlite, check};
use crate::journal::OpenError;

/// Reading connections; they do not wait for the writing one.
const READERS: u32 = 4;

impl Sqlite {
    pub async fn open(file: &Path) -> Result<Self, OpenError> {
        // Resolve symbolic links: a journal may have several names, but only one service may use it.
        let named = fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
        let path = named.as_path();
        let name = NameLock::take(path)?;
        if !path.exists() {
            create(path).await?;
        }
        let locked = LockedFile::lock(path, name)?;
        check::before_opening(path, locked.file())?;
        let failed = |error: sqlx::Error| OpenError::of_sqlite(path, &error);
        let options = options(path).journal_mode(SqliteJournalMode::Wal).synchronous(SqliteSynchronous::Full);
        let write = pool(1).connect_with(options).await.map_err(failed)?;
        let version = check::opened(path, &write).await?;
        locked.keep_to_the_owner();
        migrate(path, &write, version).await?;
        let commits = Commits::read(&write).await.map_err(failed)?;
        let (read, policies) = (readers(path, READERS).await.map_err(failed)?, readers(path, 1).await.map_err(failed)?);
        let (bytes, damage) = (AtomicU64::new(0), OnceLock::new());
        let sqlite = Self { write, read, policies, bytes, commits, damage, file: locked };
        sqlite.measure().await.map_err(|error| OpenError::Unusable {
            file: path.to_owned(),
            why: error.to_string(),
            passes: true,
        })?;
        Ok(sqlite)
    }
}

fn options(file: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new().filename(file).busy_timeout(Duration::from_secs(5)).disable_statement_logging()
}

/// All connections are opened now: later, the name might refer to another file.
async fn readers(file: &Path, connections: u32) -> Result<SqlitePool, sqlx::Error> {
    let pool = pool(connections).connect_with(options(file).read_only(true)).await?;
    let mut open = Vec::new();
    for _ in 0..connections {
        open.push(pool.acquire().await?);
    }
    drop(open);
    Ok(pool)
}

/// Connections stay open as long as the journal: when the last one closes, SQLite removes the log's files, and the next
/// one creates new ones.
fn pool(connections: u32) -> SqlitePoolOptions {
    let pool = SqlitePoolOptions::new().max_connections(connections).test_before_acquire(false);
    pool.idle_timeout(None).max_lifetime(None)
}

/// Creates a journal under another name and renames it, so that an empty or incomplete file is always damage. Only its
/// owner has access from the start, with any umask; SQLite gives the log's files the same mode.
async fn create(path: &Path) -> Result<(), OpenError> {
    let log = beside(path, "-wal");
    if fs::metadata(&log).is_ok_and(|log| log.len() > 0) {
        let why =
            format!("its log {} exists, but the journal does not: put both back, or move both away", log.display());
        return Err(OpenError::Unusable { file: path.to_owned(), why, passes: false });
    }
    let new = beside(path, ".new");
    // The index of a journal that was moved away says nothing about the new one.
    remove(&beside(path, "-shm")).and_then(|()| empty(&new)).map_err(|error| OpenError::of_io(path, &error))?;
    write_schema(&new).await.map_err(|error| OpenError::of_sqlite(path, &error))?;
    appear(&new, path).map_err(|error| OpenError::of_io(path, &error))
}

fn empty(new: &Path) -> io::Result<()> {
    remove(new)?;
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(new).map(drop)
}

fn remove(file: &Path) -> io::Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

async fn write_schema(new: &Path) -> Result<(), sqlx::Error> {
    let options = options(new).synchronous(SqliteSynchronous::Full);
    let mut connection = SqliteConnection::connect_with(&options).await?;
    sqlx::raw_sql(SCHEMA).execute(&mut connection).await?;
    connection.close().await
}

fn appear(new: &Path, path: &Path) -> io::Result<()> {
    fs::rename(new, path)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}
