//! The error of a conversion to the types of `moves`.

/// A value of the full set that the interface `moves` does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the interface `moves` does not have the {of} `{case}`: use a policy of the world `migration-policy`")]
pub struct NotInMoves {
    /// The type in the contract, such as `effect`.
    pub of: &'static str,
    /// The case in the contract, such as `prep-resize`.
    pub case: &'static str,
}
