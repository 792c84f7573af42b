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
    use std::time::Duration;

    use super::super::Connections;
    use super::super::test_authority::Authority;
    use super::*;

    async fn reaches(tls: &Tls, url: &str) -> bool {
        let attempt = Connections::new(tls).unwrap().kept(Duration::from_secs(10));
        attempt.client.get(url).send().await.is_ok_and(|response| response.status() == 204)
    }

    #[tokio::test]
    async fn a_private_authority_and_a_clients_certificate_are_used() {
        let authority = Authority::new();
        let url = authority.serve_clients().await.url;
        let (certificate, key) = authority.issue();
        let separate = [authority.file("a.crt", &certificate.pem()), authority.file("a.key", &key.serialize_pem())];
        let both = authority.file("both.pem", &(certificate.pem() + &key.serialize_pem()));
        let trusting = || authority.trusted();
        assert!(reaches(&trusting().identified_by(&separate[0], Some(&separate[1])).unwrap(), &url).await);
        assert!(reaches(&trusting().identified_by(&both, None).unwrap(), &url).await);
        assert!(reaches(&Tls::default().without_verification().identified_by(&both, None).unwrap(), &url).await);
        assert!(!reaches(&Tls::default().identified_by(&both, None).unwrap(), &url).await, "the authority is unknown");
        assert!(!reaches(&trusting(), &url).await, "the service wants a certificate");
        let whole = trusting().identified_by(&both, None).unwrap();
        let expiry = Connections::new(&whole).unwrap().certificate_expiry(&url).await;
        assert!(expiry.is_some(), "the service's certificate is seen");
    }

    #[test]
    fn files_without_certificates_are_named() {
        let authority = Authority::new();
        let (certificate, key) = authority.issue();
        let [certificate, key] =
            [authority.file("a.crt", &certificate.pem()), authority.file("a.key", &key.serialize_pem())];
        let empty = authority.file("empty", "");
        let says = |tried: Result<Tls, TlsError>, says: &str| {
            let error = tried.unwrap_err().to_string();
            assert!(error.contains(says), "{says:?} is missing in {error}");
        };
        says(Tls::default().trusting(&empty), "empty has no certificate in PEM that can be used");
        says(Tls::default().trusting(Path::new("none")), "cannot read");
        says(Tls::default().identified_by(&certificate, None), "a.crt has no certificate in PEM with its private key");
        says(Tls::default().identified_by(&empty, Some(&key)), "a.key has no certificate");
    }
}
