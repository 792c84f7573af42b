//! What can go wrong with a journal, sorted by who must act.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// A journal that cannot be opened. Nothing in it was changed.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file or its folder cannot be used.
    #[error("the journal {} cannot be opened: {why}", file.display())]
    Unusable {
        /// Which.
        file: PathBuf,
        /// In the system's words.
        why: String,
        /// Whether that may pass by itself: a disk is full, or cannot be written to.
        passes: bool,
    },
    /// Another process has it.
    #[error(
        "the journal {} is in use by another swaparoo, under this name or another: stop that one first, or give this one \
         a journal of its own",
        file.display()
    )]
    InUse {
        /// Which.
        file: PathBuf,
    },
    /// It is no journal.
    #[error("{} is not a journal of swaparoo's: name another file, or move this one away", file.display())]
    Foreign {
        /// Which.
        file: PathBuf,
    },
    /// A newer program wrote it.
    #[error(
        "the journal {} has version {found} and this program knows version {known}: run the newer program",
        file.display()
    )]
    Newer {
        /// Which.
        file: PathBuf,
        /// Its version.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// Something in the middle is missing or not as it was written.
    #[error(
        "the journal {} is damaged: {what}; restore it from a backup, or move it away and run `swaparoo move` by hand \
         for the tasks that were open (whoever holds what, Placement still knows)",
        file.display()
    )]
    Damaged {
        /// Which.
        file: PathBuf,
        /// What is wrong.
        what: String,
    },
}

impl OpenError {
    /// What the system says of the file, or of one beside it.
    pub(super) fn of_io(file: &Path, error: &io::Error) -> Self {
        let passes = !matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::IsADirectory);
        Self::Unusable { file: file.to_owned(), why: error.to_string(), passes }
    }

    /// What SQLite cannot read is damaged (11, 26); what it may not read is the system's.
    pub(super) fn of_sqlite(file: &Path, error: &sqlx::Error) -> Self {
        let code = error.as_database_error().and_then(|error| error.code()).unwrap_or_default();
        let primary = code.parse::<i64>().map_or(0, |code| code & 0xff);
        let what = error.as_database_error().map_or_else(|| error.to_string(), |error| error.message().to_owned());
        if matches!(primary, 11 | 26) || what.contains("malformed") {
            return Self::Damaged { file: file.to_owned(), what };
        }
        Self::Unusable { file: file.to_owned(), why: what, passes: true }
    }

    /// Whether it may pass without anybody's doing, so that another start is worth a try.
    #[must_use]
    pub fn passes(&self) -> bool {
        matches!(self, Self::Unusable { passes: true, .. })
    }
}

/// A journal that does not take or give an entry.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the journal does not answer: {0}")]
pub struct JournalError(pub String);

impl From<sqlx::Error> for JournalError {
    fn from(error: sqlx::Error) -> Self {
        Self(error.to_string())
    }
}

impl From<serde_json::Error> for JournalError {
    fn from(error: serde_json::Error) -> Self {
        Self(format!("an entry cannot be written: {error}"))
    }
}
