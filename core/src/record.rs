//! A record: one task with its whole history as one JSON file. It holds all that is needed to decide the task again, by
//! this policy or another, here or in a browser; the effects, replies and task in it are the contract's values.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::authority::Authority;
use crate::contract::{CONTRACT, Exchange, Outcome, Task};

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
    /// The end with an outcome.
    #[must_use]
    pub fn finished(outcome: &Outcome) -> Self {
        Self::Finished(serde_json::to_value(outcome).unwrap_or_default())
    }

    /// The end without one; the failure's JSON has its code, detail and data.
    #[must_use]
    pub fn failed(failure: &impl Serialize) -> Self {
        Self::Failed(serde_json::to_value(failure).unwrap_or_default())
    }

    /// The end of a run.
    #[must_use]
    pub fn of(end: &Result<Outcome, impl Serialize>) -> Self {
        match end {
            Ok(outcome) => Self::finished(outcome),
            Err(failure) => Self::failed(failure),
        }
    }

    /// The same end, whatever words the program that made the record had for it.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        let code_and_data = |failure: &Value| [failure.get("code").cloned(), failure.get("data").cloned()];
        match (self, other) {
            (Self::Finished(one), Self::Finished(other)) => one == other,
            (Self::Failed(one), Self::Failed(other)) => code_and_data(one) == code_and_data(other),
            _ => false,
        }
    }

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

    /// Reads what is in a file of that name.
    ///
    /// # Errors
    /// It is no record of this format and contract, contradicts itself, or names consumers as Placement does not.
    pub fn parse(file: &Path, bytes: &[u8]) -> Result<Self, RecordError> {
        let form = |source| RecordError::Form { file: file.to_owned(), source };
        let header: Header = serde_json::from_slice(bytes).map_err(form)?;
        header.check(file)?;
        let record: Self = serde_json::from_slice(bytes).map_err(form)?;
        record.check(file)?;
        Ok(record)
    }

    /// Whether it agrees with itself, and names consumers as Placement does.
    ///
    /// # Errors
    /// It does not.
    pub fn check(&self, file: &Path) -> Result<(), RecordError> {
        let (times, history) = (self.times.len(), self.history.len());
        if times > 0 && times != history {
            return Err(RecordError::Times { file: file.to_owned(), times, history });
        }
        match Authority::of(&self.task).consumers().find(|consumer| !is_canonical(consumer)) {
            Some(given) => Err(RecordError::Spelling { file: file.to_owned(), given: given.to_owned() }),
            None => Ok(()),
        }
    }
}

fn is_canonical(consumer: &str) -> bool {
    uuid::Uuid::try_parse(consumer).is_ok_and(|uuid| uuid.to_string() == consumer)
}
