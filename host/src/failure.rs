//! Why a task has no outcome: what its policy said, or what the host says of its policy.

use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use crate::authority::OutOfBounds;
use crate::contract::{self, Exchange};
use crate::evidence::Unfounded;
use crate::policy::CallError;
use crate::{printable, words};

/// Why a task has no outcome.
#[derive(Debug, Clone)]
pub enum Failure {
    /// The policy's own word, and the same for people.
    Policy(Box<contract::Failure>, String),
    /// The policy broke a limit, or down.
    Call(CallError),
    /// The policy asked for what its task does not name, or wrote what its history does not show.
    OutOfBounds(OutOfBounds),
    /// The policy claimed an end that its history does not show.
    Unfounded(Unfounded),
}

impl Failure {
    /// What a policy says at the end of `history`; its failures name places there.
    #[must_use]
    pub fn said(failure: contract::Failure, history: &[Exchange]) -> Self {
        let detail = words::failure(&failure, history);
        Self::Policy(Box::new(failure), detail)
    }

    /// The stable code that scripts look at: the contract's case, or the host's own.
    #[must_use]
    pub fn code(&self) -> String {
        match self {
            Self::Policy(failure, _) => failure.name().to_owned(),
            Self::Call(error) => error.code().to_owned(),
            Self::OutOfBounds(_) => "out-of-bounds".to_owned(),
            Self::Unfounded(_) => "unfounded-end".to_owned(),
        }
    }

    /// One sentence for people, in one line.
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

    /// Nobody but a person can tell what is right now.
    #[must_use]
    pub fn needs_a_person(&self) -> bool {
        matches!(self, Self::Policy(failure, _) if words::needs_a_person(failure.name()))
    }

    /// The contract's value with its data; null for a failure of the host's.
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
