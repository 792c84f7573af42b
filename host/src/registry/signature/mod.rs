//! Signatures of policies: a detached signed statement about a component, in a file next to it.
//!
//! The statement contains the component's digest, name and version, and the purpose. It is in a DSSE envelope
//! (<https://github.com/secure-systems-lab/dsse>) and signed with ed25519 keys (RFC 8032) in the formats of `openssl`,
//! so another program can keep the private key: see `swaparoo policy sign --help`.

mod check_statement;
mod envelope;
mod error;
mod key;
mod statement;
#[cfg(test)]
mod tests;

pub use check_statement::{CheckResult, CheckStatement, CheckedScenes};
pub use envelope::Envelope;
pub use error::{SignatureError, SigningKeyError};
pub use key::{PrivateKey, PublicKey};
pub use statement::Statement;

/// The beginning of a value for an error, on one line.
fn beginning(text: &str) -> String {
    const MOST: usize = 48;
    let text = text.trim();
    let shown: String = text.chars().take(MOST).collect();
    if shown.len() < text.len() { format!("{shown:?}…") } else { format!("{shown:?}") }
}
