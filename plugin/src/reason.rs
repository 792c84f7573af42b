//! Why a rule does what it does, as the rules say it: with a code that all policies share, or with a policy's own.

use crate::contract::{BuiltInReason, Reason};

/// A reason that only one policy has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OwnReason {
    /// The code in the contract's reason.
    pub code: &'static str,
    /// The reason in words, for people.
    pub text: &'static str,
}

/// A reason before it is written as the contract's: a rule runs over its whole history each time, and only the reasons
/// of its last step are needed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Explanation {
    /// All policies have this code.
    BuiltIn(BuiltInReason),
    /// Only one policy has it.
    Own(OwnReason),
}

impl From<BuiltInReason> for Explanation {
    fn from(reason: BuiltInReason) -> Self {
        Self::BuiltIn(reason)
    }
}

impl From<OwnReason> for Explanation {
    fn from(reason: OwnReason) -> Self {
        Self::Own(reason)
    }
}

impl From<Explanation> for Reason {
    fn from(explanation: Explanation) -> Self {
        match explanation {
            Explanation::BuiltIn(reason) => reason.into(),
            Explanation::Own(OwnReason { code, text }) => Self::with_text(code, text),
        }
    }
}
