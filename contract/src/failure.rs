//! What a failure says by itself.

use crate::Failure;

impl Failure {
    /// The name of the contract's case; of a failure that only its policy has, the policy's own code.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::Other(own) => &own.code,
            failure => failure.name(),
        }
    }
}
