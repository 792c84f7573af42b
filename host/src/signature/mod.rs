//! Signatures of policies: a signed statement about a component, detached, in a file beside it.
//!
//! The statement names the component's digest, its name and version, and the purpose. It is in a DSSE envelope
//! (<https://github.com/secure-systems-lab/dsse>) and signed by ed25519 keys (RFC 8032) in the forms that `openssl` reads
//! and writes, so the private key may stay where it is kept: see `swaparoo policy sign --help`.

mod envelope;
mod error;
mod key;
mod statement;
#[cfg(test)]
mod tests;

pub use envelope::Envelope;
pub use error::{KeyError, SignatureError};
pub use key::{PrivateKey, PublicKey};
pub use statement::Statement;

/// As much of a value as an error shows, on one line.
fn beginning(text: &str) -> String {
    const MOST: usize = 48;
    let text = text.trim();
    let shown: String = text.chars().take(MOST).collect();
    if shown.len() < text.len() { format!("{shown:?}…") } else { format!("{shown:?}") }
}
