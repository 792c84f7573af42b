//! Why a task has no outcome: the failure that its policy returned, or an error that the host found in the policy.

use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use crate::authority::OutOfBounds;
use crate::contract::{self, Exchange, Outcome};
use crate::engine::CallError;
use crate::evidence::Unfounded;
use crate::task::TaskEnd;
use crate::{describe, printable};

/// Why a task has no outcome.
#[derive(Debug, Clone)]
pub enum Failure {
    /// The failure that the policy returned, and its description in words.
    Policy(Box<contract::Failure>, String),
    /// The policy exceeded a limit or trapped.
    Call(CallError),
    /// The policy asked for an effect on something that the task does not name, or wrote values that the history does
    /// not show.
    OutOfBounds(OutOfBounds),
    /// The policy returned an outcome that the history does not show.
    Unfounded(Unfounded),
}

impl Failure {
    /// The failure that a policy returned after `history`; failures refer to positions in the history.
    #[must_use]
    pub fn of_policy(failure: contract::Failure, history: &[Exchange]) -> Self {
        let detail = describe::failure(&failure, history);
        Self::Policy(Box::new(failure), detail)
    }

    /// The outcome of a task, or why it has none; failures refer to positions in the history.
    pub fn of_end(end: TaskEnd, history: &[Exchange]) -> Result<Outcome, Self> {
        match end {
            TaskEnd::Finished(outcome) => Ok(outcome),
            TaskEnd::Failed(failure) => Err(Self::of_policy(failure, history)),
            TaskEnd::OutOfBounds(refused) => Err(refused.into()),
            TaskEnd::Unfounded(unfounded) => Err(unfounded.into()),
        }
    }

    /// The stable code for scripts: the name of the contract's case, or a code of the host. A failure that only its
    /// policy has is `other`, so that the number of codes is bounded; its own code is in the data.
    #[must_use]
    pub fn code(&self) -> String {
        match self {
            Self::Policy(failure, _) => failure.name().to_owned(),
            Self::Call(error) => error.code().to_owned(),
            Self::OutOfBounds(_) => "out-of-bounds".to_owned(),
            Self::Unfounded(_) => "unfounded-end".to_owned(),
        }
    }

    /// The code; of a failure that only its policy has, the policy's own one.
    #[must_use]
    pub fn own_code(&self) -> String {
        match self {
            Self::Policy(failure, _) => failure.code().to_owned(),
            _ => self.code(),
        }
    }

    /// The label in metrics: the code, and for a policy's own failure whether an operator must check.
    #[must_use]
    pub fn label(&self) -> String {
        match self {
            Self::Policy(failure, _) if matches!(**failure, contract::Failure::Other(_)) && self.needs_a_person() => {
                "other-needs-operator".to_owned()
            }
            _ => self.code(),
        }
    }

    /// One sentence in one line, for people to read.
    #[must_use]
    pub fn detail(&self) -> String {
        let detail = match self {
            Self::Policy(_, detail) => detail.clone(),
            Self::Call(error) => error.to_string(),
            Self::OutOfBounds(error) => error.to_string(),
            Self::Unfounded(error) => error.to_string(),
        };
        printable::line(&detail).into_owned()
    }

    /// Whether an operator must look at the task, because no rule can decide what is right.
    #[must_use]
    pub fn needs_a_person(&self) -> bool {
        matches!(self, Self::Policy(failure, _) if describe::needs_a_person(failure))
    }

    /// The fields of the contract's failure; null for an error that the host found.
    fn data(&self) -> Value {
        let Self::Policy(failure, _) = self else { return Value::Null };
        let mut value = serde_json::to_value(failure).unwrap_or_default();
        if let Some(fields) = value.as_object_mut() {
            fields.remove("kind");
        }
        value
    }
}

impl From<CallError> for Failure {
    fn from(error: CallError) -> Self {
        Self::Call(error)
    }
}

impl From<Unfounded> for Failure {
    fn from(error: Unfounded) -> Self {
        Self::Unfounded(error)
    }
}

impl From<OutOfBounds> for Failure {
    fn from(error: OutOfBounds) -> Self {
        Self::OutOfBounds(error)
    }
}

/// `{"code", "detail", "data"}`.
impl Serialize for Failure {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        json!({ "code": self.code(), "detail": self.detail(), "data": self.data() }).serialize(serializer)
    }
}
