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
        matches!(self, Self::Unusable { passes: true, .. })
    }
}

/// An entry cannot be written or read.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the journal cannot be read or written: {why}")]
pub struct JournalError {
    why: String,
    damage: bool,
}

impl JournalError {
    /// An error with this cause.
    pub fn new(why: impl Into<String>) -> Self {
        Self { why: why.into(), damage: false }
    }

    /// The journal is damaged in this way.
    pub(super) fn damaged(why: impl Into<String>) -> Self {
        Self { why: why.into(), damage: true }
    }

    /// Whether the file was found to be damaged, so that nothing more may be written to it.
    #[must_use]
    pub fn is_damage(&self) -> bool {
        self.damage
    }
}

impl From<sqlx::Error> for JournalError {
    fn from(error: sqlx::Error) -> Self {
        Self { why: error.to_string(), damage: is_damage(&error) }
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
