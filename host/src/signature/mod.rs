//! Signatures of policies: ed25519 over a component file's bytes as they are, detached, in a file beside it.
//!
//! Keys and signatures are those of RFC 8032 in the forms that `openssl` reads and writes, so a component may be signed
//! wherever the private key is kept: `openssl pkeyutl -sign -rawin` does as well. (Here the 64 bytes are in base64.)

mod error;
mod key;
#[cfg(test)]
mod tests;

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

pub use error::{KeyError, SignatureError};
pub use key::{PrivateKey, PublicKey};

/// A signature. It is written as the base64 of its 64 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signature(ed25519_dalek::Signature);

impl Signature {
    /// Where the signature of a component file is looked for: `standard.wasm.sig` for `standard.wasm`.
    #[must_use]
    pub fn beside(component: &Path) -> PathBuf {
        let mut file = component.as_os_str().to_owned();
        file.push(".sig");
        file.into()
    }

    /// Reads the signature in a file.
    ///
    /// # Errors
    /// It cannot be read, or is no signature.
    pub fn read(file: &Path) -> Result<Self, SignatureError> {
        let read = std::fs::read_to_string(file);
        let text = read.map_err(|source| SignatureError::Read { file: file.to_owned(), source })?;
        text.parse()
    }

    /// Writes it to a file, in the place of an older one.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write(&self, file: &Path) -> Result<(), SignatureError> {
        let written = std::fs::write(file, format!("{self}\n"));
        written.map_err(|source| SignatureError::Write { file: file.to_owned(), source })
    }

    /// Which of the trusted keys has signed these bytes.
    ///
    /// # Errors
    /// None of them has.
    pub fn verify<'a>(&self, component: &[u8], trusted: &'a [PublicKey]) -> Result<&'a PublicKey, SignatureError> {
        // Strict: a signature that another library might read as valid for other bytes is not valid here.
        let signer = trusted.iter().find(|key| key.0.verify_strict(component, &self.0).is_ok());
        signer.ok_or_else(|| SignatureError::Untrusted { trusted: trusted.to_vec() })
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE64.encode(self.0.to_bytes()))
    }
}

impl FromStr for Signature {
    type Err = SignatureError;

    fn from_str(text: &str) -> Result<Self, SignatureError> {
        let form = || SignatureError::Form { begins: beginning(text) };
        let bytes = BASE64.decode(text.trim()).map_err(|_| form())?;
        ed25519_dalek::Signature::from_slice(&bytes).map(Self).map_err(|_| form())
    }
}

/// As much of a value as an error shows, on one line.
fn beginning(text: &str) -> String {
    const MOST: usize = 48;
    let text = text.trim();
    let shown: String = text.chars().take(MOST).collect();
    if shown.len() < text.len() { format!("{shown:?}…") } else { format!("{shown:?}") }
}
