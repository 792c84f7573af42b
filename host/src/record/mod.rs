//! A record: one task with its whole history as one JSON file. It holds all that is needed to decide the task again, by
//! this policy or another, here or in a browser; the effects, replies and task in it are the contract's values.

#[cfg(feature = "engine")]
mod place;

use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::authority::Authority;
use crate::contract::{CONTRACT, Exchange, Task};
use crate::sound::{self, Unsound};
#[cfg(feature = "engine")]
pub use place::Place;

/// What the file says it is.
const FORMAT: &str = "swaparoo-record/1";

/// A task and what came of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// `swaparoo-record/1`.
    pub format: String,
    /// The contract's version that the values are of.
    pub contract: String,
    /// The task's id, a UUID.
    #[schema(format = "uuid")]
    pub id: String,
    /// What was asked.
    #[schema(value_type = Object)]
    pub task: Task,
    /// Who decided.
    pub policy: PolicyName,
    /// What was asked of the outside, and what came back.
    #[schema(value_type = Vec<Object>)]
    pub history: Vec<Exchange>,
    /// When each of these exchanges was; left out where no journal was kept.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub times: Vec<Times>,
    /// How it ended, for the reader; replaying it tells the same.
    pub end: End,
}

/// A policy, by its own words and by the content of its component.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PolicyName {
    /// Such as `standard`.
    pub name: String,
    /// The policy's own version.
    pub version: String,
    /// SHA-256 of the component, in hexadecimal. Empty only in a record that the debugger's page made by rules of its own:
    /// they are no component.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    pub digest: String,
}

/// When an exchange was, in milliseconds since the task was accepted, by the clock of the service's machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Times {
    /// When its effect was sent, or was about to be.
    pub asked_ms: u64,
    /// When its reply was there.
    pub answered_ms: u64,
}

/// How a task ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum End {
    /// With this outcome of the contract.
    Finished(Value),
    /// With this failure: code, detail and data.
    Failed(Value),
}

/// Why a file is of no use as a record.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// It cannot be read.
    #[error("the record {file} cannot be read")]
    Read {
        /// Which.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is something else.
    #[error("{file} is no record; `--record FILE` of move, replace and revert makes one")]
    Form {
        /// Which.
        file: PathBuf,
        /// Where and why.
        source: serde_json::Error,
    },
    /// It is a record of another kind.
    #[error(
        "{file} is a record in the format {format:?} of the contract {contract:?}, and this program reads {FORMAT:?} of \
         {CONTRACT:?}: replay it by the version that made it"
    )]
    Version {
        /// Which.
        file: PathBuf,
        /// Its format.
        format: String,
        /// Its contract.
        contract: String,
    },
    /// It tells other times than there are exchanges.
    #[error(
        "{file} has {times} times for {history} exchanges, and is not as it was made: take `times` out to replay it"
    )]
    Times {
        /// Which.
        file: PathBuf,
        /// How many times.
        times: usize,
        /// How many exchanges.
        history: usize,
    },
    /// It names a consumer as Placement does not.
    #[error(
        "{file} is a record of the consumer {given:?}, and Placement compares UUIDs as they are written: write it in \
         lower case with dashes"
    )]
    Spelling {
        /// Which.
        file: PathBuf,
        /// The consumer, as it stands there.
        given: String,
    },
    /// Its task is one that is never accepted.
    #[error("{file} is a record of a task that is refused: {unsound}")]
    Refused {
        /// Which.
        file: PathBuf,
        /// The value that is refused.
        unsound: Unsound,
    },
    /// Something else is in its place.
    #[error("no record can be written at {file}, which is a directory or a device: name a file")]
    NoFile {
        /// Which.
        file: PathBuf,
    },
    /// There is no folder for it.
    #[error("the record {file} cannot be written: there is no folder {folder}; make it first")]
    NoFolder {
        /// Which.
        file: PathBuf,
        /// Where it was to be.
        folder: PathBuf,
    },
    /// It cannot be written.
    #[error("the record {file} cannot be written")]
    Write {
        /// Which.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// The two fields that tell whether the rest can be read.
#[derive(Deserialize)]
pub struct Header {
    format: String,
    contract: String,
}

impl Header {
    /// Whether this program reads the rest.
    ///
    /// # Errors
    /// It is of another version.
    pub fn check(self, file: &Path) -> Result<(), RecordError> {
        let Self { format, contract } = self;
        if format == FORMAT && contract == CONTRACT {
            return Ok(());
        }
        Err(RecordError::Version { file: file.to_owned(), format, contract })
    }
}

impl End {
    /// The outcome's kind, or the failure's code.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Finished(outcome) => outcome.get("kind")?.as_str(),
            Self::Failed(failure) => failure.get("code")?.as_str(),
        }
    }
}

impl Record {
    /// A new record, without times.
    #[must_use]
    pub fn new(id: String, task: Task, policy: PolicyName, history: Vec<Exchange>, end: End) -> Self {
        Self { format: FORMAT.into(), contract: CONTRACT.into(), id, task, policy, history, times: Vec::new(), end }
    }

    /// Reads a record.
    ///
    /// # Errors
    /// The file cannot be read, is no record of this format and contract, contradicts itself, or its task is never accepted.
    pub fn read(file: &Path) -> Result<Self, RecordError> {
        let bytes = std::fs::read(file).map_err(|source| RecordError::Read { file: file.to_owned(), source })?;
        Self::parse(file, &bytes)
    }

    /// Reads what is in a file of that name.
    ///
    /// # Errors
    /// It is no record of this format and contract, contradicts itself, or its task is never accepted.
    pub fn parse(file: &Path, bytes: &[u8]) -> Result<Self, RecordError> {
        let form = |source| RecordError::Form { file: file.to_owned(), source };
        let header: Header = serde_json::from_slice(bytes).map_err(form)?;
        header.check(file)?;
        let record: Self = serde_json::from_slice(bytes).map_err(form)?;
        record.check(file)?;
        Ok(record)
    }

    /// Whether it agrees with itself, names consumers as Placement does, and none twice.
    ///
    /// # Errors
    /// It does not.
    pub fn check(&self, file: &Path) -> Result<(), RecordError> {
        let (times, history) = (self.times.len(), self.history.len());
        if times > 0 && times != history {
            return Err(RecordError::Times { file: file.to_owned(), times, history });
        }
        if let Some(given) = Authority::of(&self.task).consumers().find(|consumer| !is_canonical(consumer)) {
            return Err(RecordError::Spelling { file: file.to_owned(), given: given.to_owned() });
        }
        sound::apart(&self.task).map_err(|unsound| RecordError::Refused { file: file.to_owned(), unsound })
    }
}

fn is_canonical(consumer: &str) -> bool {
    uuid::Uuid::try_parse(consumer).is_ok_and(|uuid| uuid.to_string() == consumer)
}
