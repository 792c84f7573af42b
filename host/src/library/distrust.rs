//! Why a policy is not trusted.

use crate::signature::{KeyError, SignatureError};

/// No trusted key vouches for a policy.
#[derive(Debug, thiserror::Error)]
pub enum Distrust {
    /// It has no signature, and needs one.
    #[error("it has no signature")]
    Unsigned,
    /// It comes with the program, and may decide only where the configuration says so.
    #[error(
        "`{0}` comes with the program, and policies.trust_built_in does not name it: add it there, or push it with a \
         signature by one of policies.trusted_keys (`swaparoo policy sign`)"
    )]
    BuiltIn(&'static str),
    /// Its signature is not one, is by no trusted key, or states something else.
    #[error(transparent)]
    Wrong(#[from] SignatureError),
}

/// What the configuration says of trust is wrong.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// A key is no public key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A name is not one of the program's own policies.
    #[error(
        "policies.trust_built_in names {0:?}, which does not come with the program: name standard, seed or nova-34"
    )]
    NotBuiltIn(String),
}
