//! A record: one task with its whole history in one JSON file. It contains everything that is needed to decide the task
//! again with this policy or another, here or in a browser. Its effects, replies and task are values of the contract.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::authority::Authority;
use crate::contract::{CONTRACT, Exchange, Outcome, Task, VERSION, Version};
use crate::validate::{self, ValidationError};

/// The value of the field `format`.
const FORMAT: &str = "swaparoo-record/1";

/// A task with its history and its end.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// Always `swaparoo-record/1`.
    pub format: String,
    /// The version of the contract that defines the values.
    pub contract: String,
    /// The task's id, a UUID.
    #[schema(format = "uuid")]
    pub id: String,
    /// The task, as it was submitted.
    #[schema(value_type = Object)]
    pub task: Task,
    /// The policy that decided.
    pub policy: PolicyName,
    /// The policy's settings for the task; left out if it had none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub settings: Option<Map<String, Value>>,
    /// The effects with their replies, in order.
    #[schema(value_type = Vec<Object>)]
    pub history: Vec<Exchange>,
    /// The times of these exchanges; left out if no journal was kept.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub times: Vec<Times>,
    /// What others did while the task ran; left out if nothing is known of it. A replay does not use it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub beside: Vec<Beside>,
    /// In a record of `swaparoo check`: the number of exchanges after which the wrong end could not be avoided any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unavoidable_after: Option<u64>,
    /// The end of the task, for the reader; a replay gives the same end.
    pub end: End,
}

/// A policy: its description, and the digest of its component.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PolicyName {
    /// The policy's name, such as `standard`.
    pub name: String,
    /// The policy's own version.
    pub version: String,
    /// SHA-256 of the component, in hexadecimal. Empty only in records of the debugger's page with its built-in rules.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    pub digest: String,
}

/// The times of an exchange, in milliseconds since the task was accepted, by the clock of the service's machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Times {
    /// The time just before the effect was sent.
    pub asked_ms: u64,
    /// The time when the reply arrived.
    pub answered_ms: u64,
}

/// What others did while a task ran: a user, a compute service, another task, or a delayed request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Beside {
    /// The number of the task's exchanges before it.
    pub after: u64,
    /// Who did it, in words.
    pub actor: String,
    /// What was done, in words.
    pub what: String,
}

/// The end of a task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum End {
    /// The task ended with this outcome of the contract.
    Finished(Value),
    /// The task failed with this failure: code, detail and data.
    Failed(Value),
}

/// Why a file cannot be used as a record.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The file does not contain a record.
    #[error("{file} is not a record; create one with `--record FILE` of move, replace or revert")]
    Form {
        /// The path of the file.
        file: PathBuf,
        /// The JSON error, with its place.
        source: serde_json::Error,
    },
    /// It is a record of another format or contract.
    #[error(
        "{file} is a record in the format {format:?} of the contract {contract:?}, but this program reads {FORMAT:?} \
         of {CONTRACT:?}: replay it with the version that created it"
    )]
    Version {
        /// The path of the file.
        file: PathBuf,
        /// The format in the file.
        format: String,
        /// The contract in the file.
        contract: String,
    },
    /// The number of times is not the number of exchanges.
    #[error("{file} has {times} times for {history} exchanges, so it was modified: remove `times` to replay it")]
    Times {
        /// The path of the file.
        file: PathBuf,
        /// The number of times.
        times: usize,
        /// The number of exchanges.
        history: usize,
    },
    /// It spells a consumer's UUID differently from Placement.
    #[error(
        "{file} is a record of the consumer {given:?}, but Placement compares UUIDs as they are written: write it in \
         lower case with dashes"
    )]
    Spelling {
        /// The path of the file.
        file: PathBuf,
        /// The consumer, as written in the file.
        given: String,
    },
    /// The task of the record is never accepted.
    #[error("{file} is a record of a task that is refused: {invalid}")]
    Refused {
        /// The path of the file.
        file: PathBuf,
        /// The invalid value.
        invalid: ValidationError,
    },
}

/// The two fields that decide whether this program can read the rest.
#[derive(Deserialize)]
pub struct Header {
    format: String,
    contract: String,
}

impl Header {
    /// Checks that this program can read the rest.
    ///
    /// # Errors
    /// [`RecordError::Version`] if it cannot.
    pub fn check(self, file: &Path) -> Result<(), RecordError> {
        let Self { format, contract } = self;
        let is_read = Version::parse(&contract).is_some_and(|contract| VERSION.supports(contract));
        if format == FORMAT && is_read {
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

    /// Whether it is the same end. The texts may differ, since another version may have written the record.
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
    /// A new record, without times and without what others did.
    #[must_use]
    pub fn new(id: String, task: Task, policy: PolicyName, history: Vec<Exchange>, end: End) -> Self {
        let (format, contract) = (FORMAT.into(), CONTRACT.into());
        let (settings, times, beside, unavoidable_after) = (None, Vec::new(), Vec::new(), None);
        Self { format, contract, id, task, policy, settings, history, times, beside, unavoidable_after, end }
    }

    /// Parses the content of a file; errors name the file.
    ///
    /// # Errors
    /// [`RecordError::Form`], [`RecordError::Version`], or those of [`Self::check`].
    pub fn parse(file: &Path, bytes: &[u8]) -> Result<Self, RecordError> {
        let form = |source| RecordError::Form { file: file.to_owned(), source };
        let header: Header = serde_json::from_slice(bytes).map_err(form)?;
        header.check(file)?;
        let record: Self = serde_json::from_slice(bytes).map_err(form)?;
        record.check(file)?;
        Ok(record)
    }

    /// Checks that the record is consistent, spells UUIDs as Placement does, and names two different consumers.
    ///
    /// # Errors
    /// [`RecordError::Times`] or [`RecordError::Spelling`].
    pub fn check(&self, file: &Path) -> Result<(), RecordError> {
        let (times, history) = (self.times.len(), self.history.len());
        if times > 0 && times != history {
            return Err(RecordError::Times { file: file.to_owned(), times, history });
        }
        if let Some(given) = Authority::of(&self.task).consumers().find(|consumer| !is_canonical(consumer)) {
            return Err(RecordError::Spelling { file: file.to_owned(), given: given.to_owned() });
        }
        validate::apart(&self.task).map_err(|invalid| RecordError::Refused { file: file.to_owned(), invalid })
    }
}

fn is_canonical(consumer: &str) -> bool {
    uuid::Uuid::try_parse(consumer).is_ok_and(|uuid| uuid.to_string() == consumer)
}
