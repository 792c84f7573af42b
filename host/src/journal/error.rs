//! What can go wrong with a journal, sorted by who must act.

use std::path::PathBuf;

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
    },
    /// Another process has it.
    #[error(
        "the journal {} is in use by another swaparoo: stop that one first, or give this one a journal of its own",
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
