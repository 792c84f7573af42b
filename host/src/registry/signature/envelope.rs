//! The envelope of a signed statement: DSSE in JSON.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::{PublicKey, SignatureError, Statement, beginning};

/// A signed statement. It must not be trusted before [`Envelope::verify`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope(dsse::Envelope);

impl Envelope {
    /// The path of the signature of a component file: `standard.wasm.sig` for `standard.wasm`.
    #[must_use]
    pub fn beside(component: &Path) -> PathBuf {
        let mut file = component.as_os_str().to_owned();
        file.push(".sig");
        file.into()
    }

    /// Reads an envelope from a file.
    ///
    /// # Errors
    /// The file cannot be read or does not contain an envelope.
    pub fn read(file: &Path) -> Result<Self, SignatureError> {
        let read = std::fs::read_to_string(file);
        let text = read.map_err(|source| SignatureError::Read { file: file.to_owned(), source })?;
        text.parse()
    }

    /// Writes the envelope to a file; replaces an existing one.
    pub fn write(&self, file: &Path) -> Result<(), SignatureError> {
        let written = std::fs::write(file, format!("{self}\n"));
        written.map_err(|source| SignatureError::Write { file: file.to_owned(), source })
    }

    /// The trusted key that has signed the statement, and the statement.
    ///
    /// # Errors
    /// No trusted key has signed it, or it is not a statement about a policy.
    pub fn verify<'a>(&self, trusted: &'a [PublicKey]) -> Result<(&'a PublicKey, Statement), SignatureError> {
        let (signer, verified) = self.verified(trusted)?;
        Ok((signer, Statement::read(&verified.payload_type, &verified.payload)?))
    }

    /// The trusted key that has signed the payload, and the payload.
    pub(super) fn verified<'a>(
        &self,
        trusted: &'a [PublicKey],
    ) -> Result<(&'a PublicKey, dsse::VerifiedPayload), SignatureError> {
        let untrusted = || SignatureError::Untrusted { trusted: trusted.to_vec() };
        let keys: Vec<&dyn dsse::Verifier> = trusted.iter().map(|key| key as &dyn dsse::Verifier).collect();
        let verified = dsse::verify(&self.0, &keys, 1).map_err(|_| untrusted())?;
        let is_signer = |key: &&PublicKey| verified.accepted_keys.contains(&key.to_string());
        let signer = trusted.iter().find(is_signer).ok_or_else(untrusted)?;
        Ok((signer, verified))
    }

    pub(super) fn sign(payload_type: &str, payload: &[u8], signer: &dyn dsse::Signer) -> Result<Self, SignatureError> {
        let signed = dsse::sign(payload_type, payload, signer);
        signed.map(Self).map_err(|error| SignatureError::Statement { why: error.to_string() })
    }

    /// The envelope as the value of an HTTP header.
    #[must_use]
    pub fn to_header(&self) -> String {
        BASE64.encode(self.to_string())
    }

    /// Reads the value of an HTTP header.
    ///
    /// # Errors
    /// [`SignatureError`] if it is not the base64 of an envelope.
    pub fn from_header(text: &str) -> Result<Self, SignatureError> {
        let decoded = BASE64.decode(text.trim()).map_err(|_| form(text, "it is not base64"))?;
        if decoded.len() == BARE {
            return Err(SignatureError::Bare);
        }
        String::from_utf8(decoded).map_err(|_| form(text, "it is not text"))?.parse()
    }
}

/// The number of bytes of a bare ed25519 signature, which contains neither version nor purpose.
const BARE: usize = 64;

fn form(text: &str, why: &str) -> SignatureError {
    SignatureError::Form { begins: beginning(text), why: why.to_owned() }
}

/// One line of JSON.
impl fmt::Display for Envelope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let json = self.0.to_json().map_err(|_| fmt::Error)?;
        f.write_str(&String::from_utf8_lossy(&json))
    }
}

impl FromStr for Envelope {
    type Err = SignatureError;

    fn from_str(text: &str) -> Result<Self, SignatureError> {
        let text = text.trim();
        if BASE64.decode(text).is_ok_and(|bytes| bytes.len() == BARE) {
            return Err(SignatureError::Bare);
        }
        dsse::Envelope::from_json(text.as_bytes()).map(Self).map_err(|error| form(text, &error.to_string()))
    }
}
