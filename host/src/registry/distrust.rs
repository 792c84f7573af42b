//! Why a policy is not trusted.

use crate::registry::signature::{SignatureError, SigningKeyError};

/// Why a policy is not trusted.
#[derive(Debug, thiserror::Error)]
pub enum Distrust {
    /// It needs a signature and has none.
    #[error("it has no signature")]
    Unsigned,
    /// It is a built-in policy that the configuration does not allow to decide.
    #[error(
        "`{0}` comes with the program, and policies.trust_built_in does not name it: add it there, or push it with a \
         signature by one of policies.trusted_keys (`swaparoo policy sign`)"
    )]
    BuiltIn(&'static str),
    /// The signature is malformed, made with an untrusted key, or states something else.
    #[error(transparent)]
    Wrong(#[from] SignatureError),
}

/// An error in the configuration's keys `policies.trusted_keys` or `policies.trust_built_in`.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// A trusted key is not a public key.
    #[error("policies.trusted_keys")]
    Key(#[from] SigningKeyError),
    /// The name is not a built-in policy.
    #[error(
        "policies.trust_built_in names {0:?}, which does not come with the program: name standard, seed or nova-34"
    )]
    NotBuiltIn(String),
}
