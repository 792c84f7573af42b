//! A record: one task with its whole history as one JSON file. It holds all that is needed to decide the task again, by
//! this policy or another, here or in a browser; the effects, replies and task in it are the contract's values.

use std::io::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::contract::{CONTRACT, Exchange, Task};
use crate::policy::Policy;

/// What the file says it is.
const FORMAT: &str = "swaparoo-record/1";

/// A task and what came of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// `swaparoo-record/1`.
    pub format: String,
    /// The contract's version that the values are of.
    pub contract: String,
    /// The task's id, a UUID.
    pub id: String,
    /// What was asked.
    pub task: Task,
    /// Who decided.
    pub policy: PolicyName,
    /// What was asked of the outside, and what came back.
    pub history: Vec<Exchange>,
    /// How it ended, for the reader; replaying it tells the same.
    pub end: End,
}

/// A policy, by its own words and by the content of its component.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyName {
    /// Such as `standard`.
    pub name: String,
    /// The policy's own version.
    pub version: String,
    /// SHA-256 of the component, in hexadecimal.
    pub digest: String,
}

/// How a task ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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
        source: std::io::Error,
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
        "{file} is a record in the format {format:?} of the contract {contract:?}; this program reads {FORMAT:?} of {CONTRACT:?}"
    )]
    Version {
        /// Which.
        file: PathBuf,
        /// Its format.
        format: String,
        /// Its contract.
        contract: String,
    },
    /// It cannot be written.
    #[error("the record {file} cannot be written")]
    Write {
        /// Which.
        file: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

impl PolicyName {
    /// How a policy is named.
    #[must_use]
    pub fn of(policy: &Policy) -> Self {
        let described = policy.description();
        let (name, version) = (described.name.clone(), described.version.clone());
        Self { name, version, digest: policy.digest().to_string() }
    }
}

/// The two fields that tell whether the rest can be read.
#[derive(Deserialize)]
struct Header {
    format: String,
    contract: String,
}

impl Record {
    /// A new record.
    #[must_use]
    pub fn new(id: String, task: Task, policy: PolicyName, history: Vec<Exchange>, end: End) -> Self {
        Self { format: FORMAT.into(), contract: CONTRACT.into(), id, task, policy, history, end }
    }

    /// Reads a record.
    ///
    /// # Errors
    /// The file cannot be read or is no record of this format and contract.
    pub fn read(file: &Path) -> Result<Self, RecordError> {
        let form = |source| RecordError::Form { file: file.to_owned(), source };
        let bytes = std::fs::read(file).map_err(|source| RecordError::Read { file: file.to_owned(), source })?;
        let Header { format, contract } = serde_json::from_slice(&bytes).map_err(form)?;
        if format != FORMAT || contract != CONTRACT {
            return Err(RecordError::Version { file: file.to_owned(), format, contract });
        }
        serde_json::from_slice(&bytes).map_err(form)
    }

    /// Opens the place for a record before the task begins, so that a task is not done for want of one afterwards.
    ///
    /// # Errors
    /// The folder takes no new file.
    pub fn place(file: &Path) -> Result<Place, RecordError> {
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let new = tempfile::NamedTempFile::new_in(folder);
        let new = new.map_err(|source| RecordError::Write { file: file.to_owned(), source })?;
        Ok(Place { file: file.to_owned(), new })
    }
}

/// Where a record will be.
#[derive(Debug)]
pub struct Place {
    file: PathBuf,
    new: tempfile::NamedTempFile,
}

impl Place {
    /// Writes the record, whole or not at all.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write(mut self, record: &Record) -> Result<(), RecordError> {
        let failed = |source| RecordError::Write { file: self.file.clone(), source };
        serde_json::to_writer_pretty(&mut self.new, record).map_err(|error| failed(error.into()))?;
        self.new.write_all(b"\n").and_then(|()| self.new.as_file().sync_all()).map_err(failed)?;
        self.new.persist(&self.file).map_err(|error| failed(error.error))?;
        Ok(())
    }
}
