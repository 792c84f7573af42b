//! The checks of a journal before its content is used.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use sqlx::SqlitePool;

use super::file::beside;
use super::index::Index;
use super::version::{APPLICATION, VERSION};
use super::wal::WalState;
use crate::journal::OpenError;

const MAGIC: &[u8; 16] = b"SQLite format 3\0";
const PAGE: u64 = 4096;

/// Selects a task whose entries have gaps, or whose number of entries is wrong.
const GAPS: &str = "SELECT tasks.id, tasks.entries, count(entries.number), coalesce(max(entries.number), -1) \
    FROM tasks LEFT JOIN entries ON entries.task = tasks.id GROUP BY tasks.id \
    HAVING count(entries.number) != tasks.entries OR coalesce(max(entries.number), -1) != tasks.entries - 1 LIMIT 1";

/// Checks the files before SQLite opens them.
///
/// # Errors
/// [`OpenError::Foreign`] if the file is not a SQLite database, [`OpenError::Damaged`] if a part of it is missing or
/// the log is damaged or shorter than it was.
pub fn before_opening(path: &Path, file: &File) -> Result<(), OpenError> {
    recognize(path, file)?;
    notice_a_missing_end(path, file)?;
    look_at_the_log(path)?;
    notice_a_shortened_log(path)
}

/// Checks the opened database, and returns the version of its schema.
///
/// # Errors
/// The database belongs to another program, has a newer version, or is damaged.
pub async fn opened(path: &Path, pool: &SqlitePool) -> Result<i64, OpenError> {
    let failed = |error: sqlx::Error| OpenError::of_sqlite(path, &error);
    let damaged = |what: String| OpenError::Damaged { file: path.to_owned(), what };
    let application: i64 = sqlx::query_scalar("PRAGMA application_id").fetch_one(pool).await.map_err(failed)?;
    if application != APPLICATION {
        return Err(OpenError::Foreign { file: path.to_owned() });
    }
    let found: i64 = sqlx::query_scalar("PRAGMA user_version").fetch_one(pool).await.map_err(failed)?;
    if found > VERSION {
        return Err(OpenError::Newer { file: path.to_owned(), found, known: VERSION });
    }
    let whole: String = sqlx::query_scalar("PRAGMA quick_check(1)").fetch_one(pool).await.map_err(failed)?;
    if whole != "ok" {
        return Err(damaged(whole.replace('\n', " ")));
    }
    let gap: Option<(String, i64, i64, i64)> = sqlx::query_as(GAPS).fetch_optional(pool).await.map_err(failed)?;
    match gap {
        Some((task, wanted, count, last)) => Err(damaged(format!(
            "task {task} should have the entries 0 to {}, but has {count}, the last one is {last}",
            wanted - 1
        ))),
        None => Ok(found),
    }
}

fn recognize(path: &Path, file: &File) -> Result<(), OpenError> {
    let head = head(file, MAGIC.len()).map_err(|error| OpenError::of_io(path, &error))?;
    if head.is_empty() {
        return Err(OpenError::Damaged { file: path.to_owned(), what: "the file is empty".into() });
    }
    if head != MAGIC {
        return Err(OpenError::Foreign { file: path.to_owned() });
    }
    Ok(())
}

/// SQLite reads missing pages at the end of a file as zeros, which can look like an empty table. If a log exists, the
/// missing pages may still be in the log, so the file is not checked.
fn notice_a_missing_end(path: &Path, file: &File) -> Result<(), OpenError> {
    if fs::metadata(beside(path, "-wal")).is_ok_and(|log| log.len() > 0) {
        return Ok(());
    }
    let failed = |error: io::Error| OpenError::of_io(path, &error);
    let (head, length) = (head(file, 32).map_err(failed)?, file.metadata().map_err(failed)?.len());
    // The size of the database in pages (SQLite, "Database File Format", 1.3.7).
    let pages = head.get(28..32).and_then(|bytes| <[u8; 4]>::try_from(bytes).ok()).map(u32::from_be_bytes);
    match pages {
        Some(pages) if length >= u64::from(pages) * PAGE => Ok(()),
        _ => Err(OpenError::Damaged {
            file: path.to_owned(),
            what: format!("the file ends too early, after {length} bytes"),
        }),
    }
}

/// The first bytes of a file, fewer if the file is shorter.
fn head(file: &File, length: usize) -> io::Result<Vec<u8>> {
    let mut head = vec![0; length];
    let mut read = 0;
    while let Some(rest) = head.get_mut(read..).filter(|rest| !rest.is_empty()) {
        match file.read_at(rest, read as u64)? {
            0 => break,
            some => read += some,
        }
    }
    head.truncate(read);
    Ok(head)
}

/// SQLite silently drops an incomplete last commit, so the operator gets a warning. It would also drop complete commits
/// after a damaged one; that is an error here.
fn look_at_the_log(path: &Path) -> Result<(), OpenError> {
    let log = beside(path, "-wal");
    match WalState::look(&log).map_err(|error| OpenError::of_io(&log, &error))? {
        WalState::Whole => Ok(()),
        WalState::Torn => {
            tracing::warn!(
                "the last commit in {} is incomplete and was dropped; tasks continue from the commit before it",
                log.display()
            );
            Ok(())
        }
        WalState::Damaged { at } => Err(OpenError::Damaged { file: path.to_owned(), what: changed(path, at) }),
    }
}

fn changed(path: &Path, at: u64) -> String {
    let [log, index] = ["-wal", "-shm"].map(|end| beside(path, end));
    let (log, index) = (log.display(), index.display());
    format!(
        "its log {log} was changed from byte {at} on, and more commits follow; \
         `truncate --size {at} {log} && rm --force {index}` discards these commits and keeps the earlier ones"
    )
}

/// A process that was killed leaves the index of the log. The index states how much was written to the log and synced, and
/// how much of that is in the database too.
fn notice_a_shortened_log(path: &Path) -> Result<(), OpenError> {
    let index = beside(path, "-shm");
    let written = match File::open(&index).and_then(|file| Index::read(&file)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(OpenError::of_io(&index, &error)),
        written => written.ok().flatten(),
    };
    let found = fs::metadata(beside(path, "-wal")).map_or(0, |log| log.len());
    match written.filter(|written| written.is_needed() && found < written.end()) {
        Some(written) => Err(OpenError::Damaged { file: path.to_owned(), what: shortened(path, found, written.end()) }),
        None => Ok(()),
    }
}

fn shortened(path: &Path, found: u64, written: u64) -> String {
    let [log, index] = ["-wal", "-shm"].map(|end| beside(path, end));
    format!(
        "its log {} has {found} bytes, and {written} were written to it: put the log back; `rm {}` gives up the commits \
         that are missing and keeps the others",
        log.display(),
        index.display()
    )
}
