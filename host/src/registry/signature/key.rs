//! Keys: a private key is stored in a separate file, a public key is a line in the configuration.

use std::fmt;
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePrivateKey as _, DecodePublicKey as _, EncodePrivateKey as _, KeypairBytes};
use ed25519_dalek::{Signer as _, SigningKey, VerifyingKey};
use rand::TryRngCore as _;
use serde::{Deserialize, Serialize};

use super::{SigningKeyError, beginning};
use crate::secret_file;

/// A private key for signatures, stored in a PKCS#8 PEM file.
pub struct PrivateKey(pub(super) SigningKey);

/// A public key that verifies signatures. It is written as the base64 of its 32 bytes; a PEM public key can be read
/// too.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PublicKey(pub(super) VerifyingKey);

impl PrivateKey {
    /// Creates a key from the system's random numbers.
    ///
    /// # Errors
    /// [`SigningKeyError::Random`] if the system provides no random numbers.
    pub fn generate() -> Result<Self, SigningKeyError> {
        let mut secret = [0; 32];
        let filled = rand::rngs::OsRng.try_fill_bytes(&mut secret);
        filled.map_err(|error| SigningKeyError::Random { why: error.to_string() })?;
        Ok(Self(SigningKey::from_bytes(&secret)))
    }

    /// Reads a key file, to which only its owner may have access.
    ///
    /// # Errors
    /// The file cannot be read, others have access to it, or it does not contain a private key.
    pub fn read(file: &Path) -> Result<Self, SigningKeyError> {
        let pem = secret_file::read(file, "the private key")?;
        let key = SigningKey::from_pkcs8_pem(pem.trim_start());
        key.map(Self).map_err(|error| SigningKeyError::Private { file: file.to_owned(), why: error.to_string() })
    }

    /// Writes the key to a new file that only its owner may read. An existing file is never overwritten.
    ///
    /// # Errors
    /// The file exists already or cannot be written.
    pub fn write(&self, file: &Path) -> Result<(), SigningKeyError> {
        // Without the public key: OpenSSL 3.0 reads only the form without it (RFC 5958, version 1).
        let pair = KeypairBytes { secret_key: self.0.to_bytes(), public_key: None };
        let pem = pair.to_pkcs8_pem(LineEnding::LF);
        let pem = pem.map_err(|error| SigningKeyError::Private { file: file.to_owned(), why: error.to_string() })?;
        let failed = |source: std::io::Error| match source.kind() {
            ErrorKind::AlreadyExists => SigningKeyError::Exists { file: file.to_owned() },
            _ => SigningKeyError::Write { file: file.to_owned(), source },
        };
        let mut new = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file).map_err(failed)?;
        new.write_all(pem.as_bytes()).and_then(|()| new.sync_all()).map_err(failed)
    }

    /// The public key that verifies its signatures.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }
}

impl dsse::Signer for PrivateKey {
    fn sign(&self, message: &[u8]) -> dsse::Result<Vec<u8>> {
        Ok(self.0.sign(message).to_bytes().to_vec())
    }

    fn key_id(&self) -> Option<String> {
        Some(self.public().to_string())
    }
}

impl dsse::Verifier for PublicKey {
    fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        // Strict: refuses signatures that another library might accept for other bytes.
        let signature = ed25519_dalek::Signature::from_slice(signature);
        signature.is_ok_and(|signature| self.0.verify_strict(message, &signature).is_ok())
    }

    fn key_id(&self) -> Option<String> {
        Some(self.to_string())
    }
}

impl PublicKey {
    /// Reads a key from an argument: its base64, or a file with its base64 or a PEM public key.
    ///
    /// # Errors
    /// The argument is neither a key nor a file with a key.
    pub fn given(key_or_file: &str) -> Result<Self, SigningKeyError> {
        match key_or_file.parse() {
            Ok(key) => Ok(key),
            Err(error) if !looks_like_a_file(key_or_file) => Err(error),
            Err(_) => Self::read(Path::new(key_or_file)),
        }
    }

    /// Reads the key in a file.
    ///
    /// # Errors
    /// The file cannot be read or does not contain a public key.
    pub fn read(file: &Path) -> Result<Self, SigningKeyError> {
        let read = std::fs::read_to_string(file);
        let text = read.map_err(|source| SigningKeyError::Read { file: file.to_owned(), source })?;
        // The content of the file is not shown, because it may be a private key.
        text.parse().map_err(|error| match error {
            SigningKeyError::Public { why, .. } => SigningKeyError::Public { given: file.display().to_string(), why },
            error => error,
        })
    }
}

fn looks_like_a_file(given: &str) -> bool {
    let path = Path::new(given);
    path.exists() || path.extension().is_some()
}

impl FromStr for PublicKey {
    type Err = SigningKeyError;

    fn from_str(text: &str) -> Result<Self, SigningKeyError> {
        let text = text.trim();
        let no = |why| SigningKeyError::Public { given: beginning(text), why };
        if text.starts_with("-----BEGIN PRIVATE KEY-----") {
            return Err(SigningKeyError::Public { given: "this".into(), why: "it is a private key" });
        }
        let key = if text.starts_with("-----BEGIN ") {
            VerifyingKey::from_public_key_pem(text).map_err(|_| no("it is another kind of PEM"))?
        } else {
            let bytes = BASE64.decode(text).map_err(|_| no("it is not base64"))?;
            let bytes = bytes.try_into().map_err(|_| no("it does not have 32 bytes"))?;
            VerifyingKey::from_bytes(&bytes).map_err(|_| no("it is not a point on the curve"))?
        };
        // A signature by such a key can be valid for almost any bytes.
        if key.is_weak() { Err(no("it is weak")) } else { Ok(Self(key)) }
    }
}

impl TryFrom<String> for PublicKey {
    type Error = SigningKeyError;

    fn try_from(text: String) -> Result<Self, SigningKeyError> {
        text.parse()
    }
}

impl From<PublicKey> for String {
    fn from(key: PublicKey) -> Self {
        key.to_string()
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE64.encode(self.0.as_bytes()))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({self})")
    }
}

/// Shows only the public key.
impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey(of {})", self.public())
    }
}
