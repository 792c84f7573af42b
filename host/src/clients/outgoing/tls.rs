//! How the certificates of other services are checked, and how this program identifies itself to them.

use std::fmt;
use std::path::{Path, PathBuf};

use reqwest::{Certificate, ClientBuilder, Identity};

/// The trust in other services' certificates, and this program's own certificate for them.
#[derive(Clone)]
pub struct Tls {
    roots: Vec<Certificate>,
    identity: Option<Identity>,
    verify: bool,
}

impl Default for Tls {
    fn default() -> Self {
        Self { roots: Vec::new(), identity: None, verify: true }
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { roots, identity, verify } = self;
        let (roots, identity) = (roots.len(), identity.is_some());
        f.debug_struct("Tls").field("roots", &roots).field("identity", &identity).field("verify", verify).finish()
    }
}

/// A file with certificates or a key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The file cannot be read.
    #[error("cannot read {}", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// The operating system's error.
        source: std::io::Error,
    },
    /// The file contains no certificate in PEM, or one that cannot be parsed.
    #[error("{} has no certificate in PEM that can be used{}", file.display(), because(why))]
    Authorities {
        /// The file.
        file: PathBuf,
        /// The parser's error; empty if there is no certificate at all.
        why: String,
    },
    /// The files contain no certificate with its private key.
    #[error("{} has no certificate in PEM with its private key: {why}", file.display())]
    Identity {
        /// The file of the key, or of both.
        file: PathBuf,
        /// The parser's error.
        why: String,
    },
}

fn because(why: &str) -> String {
    if why.is_empty() { String::new() } else { format!(": {why}") }
}

impl Tls {
    /// Accepts certificates of the authorities in this PEM file, in addition to the system's.
    ///
    /// # Errors
    /// The file cannot be read, or contains no certificate.
    pub fn trusting(self, file: &Path) -> Result<Self, TlsError> {
        let of = |why: String| TlsError::Authorities { file: file.to_owned(), why };
        let roots = Certificate::from_pem_bundle(&read(file)?).map_err(|error| of(super::root(&error)))?;
        if roots.is_empty() {
            return Err(of(String::new()));
        }
        Ok(Self { roots, ..self })
    }

    /// Shows services this certificate, in PEM; its private key is in the same file or in another one.
    ///
    /// # Errors
    /// A file cannot be read, or they contain no certificate with its key.
    pub fn identified_by(self, certificate: &Path, key: Option<&Path>) -> Result<Self, TlsError> {
        let mut pem = read(certificate)?;
        if let Some(key) = key {
            pem.push(b'\n');
            pem.extend(read(key)?);
        }
        let file = key.unwrap_or(certificate).to_owned();
        let wrong = |error: reqwest::Error| TlsError::Identity { file, why: super::root(&error) };
        Ok(Self { identity: Some(Identity::from_pem(&pem).map_err(wrong)?), ..self })
    }

    /// Accepts any certificate.
    #[must_use]
    pub fn without_verification(self) -> Self {
        Self { verify: false, ..self }
    }

    /// Applies this to a client.
    pub(super) fn apply(&self, builder: ClientBuilder) -> ClientBuilder {
        let builder = self.roots.iter().cloned().fold(builder, ClientBuilder::add_root_certificate);
        let builder = self.identity.iter().cloned().fold(builder, ClientBuilder::identity);
        builder.tls_danger_accept_invalid_certs(!self.verify)
    }
}

fn read(file: &Path) -> Result<Vec<u8>, TlsError> {
    std::fs::read(file).map_err(|source| TlsError::Unreadable { file: file.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_without_certificates_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            let file = folder.path().join(name);
            std::fs::write(&file, text).unwrap();
            file
        };
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let (certificate, key) = (file("a.crt", &made.cert.pem()), file("a.key", &made.signing_key.serialize_pem()));
        let (both, empty) = (file("both", &(made.cert.pem() + &made.signing_key.serialize_pem())), file("empty", ""));
        assert!(Tls::default().trusting(&certificate).is_ok());
        assert!(Tls::default().identified_by(&certificate, Some(&key)).is_ok());
        assert!(Tls::default().identified_by(&both, None).is_ok());
        let says = |tried: Result<Tls, TlsError>, says: &str| {
            let error = tried.unwrap_err().to_string();
            assert!(error.contains(says), "{says:?} is missing in {error}");
        };
        says(Tls::default().trusting(&empty), "empty has no certificate in PEM that can be used");
        says(Tls::default().trusting(&folder.path().join("none")), "cannot read");
        says(Tls::default().identified_by(&certificate, None), "a.crt has no certificate in PEM with its private key");
        says(Tls::default().identified_by(&empty, Some(&key)), "a.key has no certificate");
    }
}
