//! The journal's errors, sorted by who must act.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// The journal cannot be opened. The file is unchanged.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file or its folder cannot be used.
    #[error("the journal {} cannot be opened: {why}", file.display())]
    Unusable {
        /// The journal's file.
        file: PathBuf,
        /// The operating system's message.
        why: String,
        /// Whether a retry may help: the disk is full or read-only, for example.
        passes: bool,
    },
    /// Another process has the journal open.
    #[error(
        "the journal {} is in use by another swaparoo, under this name or another: stop that one first, or give this one \
         a journal of its own",
        file.display()
    )]
    InUse {
        /// The journal's file.
        file: PathBuf,
    },
    /// The file is not a journal.
    #[error("{} is not a swaparoo journal: name another file, or move this one away", file.display())]
    Foreign {
        /// The journal's file.
        file: PathBuf,
    },
    /// A newer program wrote it.
    #[error(
        "the journal {} has version {found} and this program knows version {known}: run the newer program",
        file.display()
    )]
    Newer {
        /// The journal's file.
        file: PathBuf,
        /// The version of the file's schema.
        found: i64,
        /// The newest version that this program can read.
        known: i64,
    },
    /// The database cannot be reached or used.
    #[error("the journal's database {database} cannot be used: {why}")]
    Database {
        /// Its URL, without the password.
        database: String,
        /// The database's message.
        why: String,
        /// Whether a retry may help: it is not running, for example.
        passes: bool,
    },
    /// The database has no journal, or one of another version.
    #[error("{}", schema(database, *found, *known))]
    Schema {
        /// Its URL.
        database: String,
        /// The version of its schema, if it has one.
        found: Option<i64>,
        /// The version that this program knows.
        known: i64,
    },
    /// Data inside the file is missing or was changed.
    #[error(
        "the journal {} is damaged: {what}; restore it from a backup, or move it away and run `swaparoo move` by hand \
         for the tasks that were open (Placement still knows all allocations)",
        file.display()
    )]
    Damaged {
        /// The journal's file.
        file: PathBuf,
        /// Which check failed.
        what: String,
    },
}

impl OpenError {
    /// The operating system's error for the file, or for a file next to it.
    pub(super) fn of_io(file: &Path, error: &io::Error) -> Self {
        let passes = !matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::IsADirectory);
        Self::Unusable { file: file.to_owned(), why: error.to_string(), passes }
    }

    /// Errors that do not mean damage are errors of the operating system.
    pub(super) fn of_sqlite(file: &Path, error: &sqlx::Error) -> Self {
        let what = error.as_database_error().map_or_else(|| error.to_string(), |error| error.message().to_owned());
        if is_damage(error) {
            return Self::Damaged { file: file.to_owned(), what };
        }
        Self::Unusable { file: file.to_owned(), why: what, passes: true }
    }

    /// Whether the cause may disappear without an operator's action, so that another start is worthwhile.
    #[must_use]
    pub fn passes(&self) -> bool {
        match self {
            Self::Unusable { passes, .. } | Self::Database { passes, .. } => *passes,
            _ => false,
        }
    }
}

fn schema(database: &str, found: Option<i64>, known: i64) -> String {
    match found {
        None => format!("the database {database} has no journal: run `swaparoo db sync`"),
        Some(found) if found < known => {
            format!(
                "the journal in {database} has version {found}, and this program needs {known}: run `swaparoo db sync`"
            )
        }
        Some(found) => {
            format!(
                "the journal in {database} has version {found} and this program knows version {known}: run the newer program"
            )
        }
    }
}

/// An entry cannot be written or read.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the journal cannot be read or written: {why}")]
pub struct JournalError {
    why: String,
    kind: Kind,
}

/// What else is known of an error.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    /// Nothing was changed.
    Failed,
    /// The file is damaged.
    Damage,
    /// The change may be done or not, or may still be done.
    Unknown,
    /// Another runner has the task.
    Fenced,
    /// The task with this id has locked a consumer. Nothing was changed.
    Locked(String),
}

impl JournalError {
    /// An error with this cause.
    pub fn new(why: impl Into<String>) -> Self {
        Self { why: why.into(), kind: Kind::Failed }
    }

    /// The journal is damaged in this way.
    pub(super) fn damaged(why: impl Into<String>) -> Self {
        Self { why: why.into(), kind: Kind::Damage }
    }

    /// The database did not say whether the change is done.
    pub(super) fn unknown(why: impl Into<String>) -> Self {
        Self { why: why.into(), kind: Kind::Unknown }
    }

    /// Another runner has taken the tasks of this one.
    pub(super) fn fenced() -> Self {
        Self { why: "another runner has taken the task".into(), kind: Kind::Fenced }
    }

    /// This task must end first.
    pub(super) fn locked(task: String) -> Self {
        Self { why: format!("task {task} has locked a consumer"), kind: Kind::Locked(task) }
    }

    /// Whether the file was found to be damaged, so that nothing more may be written to it.
    #[must_use]
    pub fn is_damage(&self) -> bool {
        self.kind == Kind::Damage
    }

    /// Whether it is not known if the change was done.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        self.kind == Kind::Unknown
    }

    /// The task that must end first, if the entries were not written because of its locks.
    #[must_use]
    pub fn locked_by(&self) -> Option<&str> {
        match &self.kind {
            Kind::Locked(task) => Some(task),
            _ => None,
        }
    }

    /// Whether another runner has the task, so that this one must not do anything more.
    #[must_use]
    pub fn is_fenced(&self) -> bool {
        self.kind == Kind::Fenced
    }
}

impl From<sqlx::Error> for JournalError {
    fn from(error: sqlx::Error) -> Self {
        let kind = if is_damage(&error) { Kind::Damage } else { Kind::Failed };
        Self { why: error.to_string(), kind }
    }
}

/// SQLite's codes 11 (corrupt) and 26 (not a database) mean damage.
fn is_damage(error: &sqlx::Error) -> bool {
    let Some(error) = error.as_database_error() else { return false };
    let primary = error.code().and_then(|code| code.parse::<i64>().ok()).map_or(0, |code| code & 0xff);
    matches!(primary, 11 | 26) || error.message().contains("malformed")
}

impl From<serde_json::Error> for JournalError {
    fn from(error: serde_json::Error) -> Self {
        Self::new(format!("an entry cannot be written: {error}"))
    }
}
