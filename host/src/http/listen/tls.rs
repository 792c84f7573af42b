//! The certificate for TCP. It is read again when its file has changed, because a service runs longer than a
//! certificate is valid.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::error::ListenError;
use crate::secret_file::{self, SecretFileError};

/// The last usable certificate and key.
#[derive(Debug)]
pub struct Tls {
    certificate: PathBuf,
    key: PathBuf,
    good: Mutex<(Changed, Arc<ServerConfig>)>,
}

type Changed = [Option<SystemTime>; 2];

impl Tls {
    pub fn read(certificate: &Path, key: &Path) -> Result<Self, ListenError> {
        let good = Mutex::new((changed(certificate, key), server(certificate, key)?));
        Ok(Self { certificate: certificate.to_owned(), key: key.to_owned(), good })
    }

    /// The acceptor for the next connection. If the new certificate is unusable, this is logged once, and the old one
    /// stays in use.
    pub fn acceptor(&self) -> TlsAcceptor {
        let mut good = self.good.lock().unwrap_or_else(PoisonError::into_inner);
        let now = changed(&self.certificate, &self.key);
        if now != good.0 {
            good.0 = now;
            match server(&self.certificate, &self.key) {
                Ok(server) => {
                    tracing::info!(file = %self.certificate.display(), "the new certificate is in use");
                    good.1 = server;
                }
                Err(error) => tracing::error!(%error, "the new certificate is unusable; the old one stays in use"),
            }
        }
        good.1.clone().into()
    }
}

fn changed(certificate: &Path, key: &Path) -> Changed {
    [certificate, key].map(|file| fs::metadata(file).and_then(|about| about.modified()).ok())
}

fn server(certificate: &Path, key: &Path) -> Result<Arc<ServerConfig>, ListenError> {
    let bad = |name, file: &Path, why: String| ListenError::Tls { key: name, file: file.to_owned(), why };
    let bad_certificate = |why| bad("listen.tls_certificate", certificate, why);
    let chain: Vec<_> = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect)
        .map_err(|error| bad_certificate(error.to_string()))?;
    if chain.is_empty() {
        return Err(bad_certificate("it has no certificate in PEM".to_owned()));
    }
    let bad_key = |why| bad("listen.tls_key", key, why);
    let pem = secret_file::read(key, "listen.tls_key").map_err(|error| match error {
        SecretFileError::Unreadable { source, .. } => bad_key(source.to_string()),
        open @ SecretFileError::Open { .. } => ListenError::Key(open),
    })?;
    let private = PrivateKeyDer::from_pem_slice(pem.as_bytes()).map_err(|error| bad_key(error.to_string()))?;
    // TLS 1.2 and 1.3; rustls does not support older versions.
    let mut server = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| bad_certificate(error.to_string()))?
        .with_no_client_auth()
        .with_single_cert(chain, private)
        .map_err(|error| bad_certificate(format!("with the key {}: {error}", key.display())))?;
    server.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(server))
}

#[cfg(test)]
pub mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    /// Creates a certificate for `localhost` and its key in this folder.
    pub fn certificate(folder: &Path) -> (PathBuf, PathBuf) {
        let (certificate, key) = (folder.join("tls.crt"), folder.join("tls.key"));
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        fs::write(&certificate, made.cert.pem()).unwrap();
        fs::write(&key, made.signing_key.serialize_pem()).unwrap();
        permit(&key, 0o600);
        (certificate, key)
    }

    fn permit(file: &Path, mode: u32) {
        fs::set_permissions(file, PermissionsExt::from_mode(mode)).unwrap();
    }

    fn refuses(certificate: &Path, key: &Path, says: &str) {
        let error = Tls::read(certificate, key).unwrap_err().to_string();
        assert!(error.contains(says), "{error} should say {says}");
    }

    #[test]
    fn wrong_files_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let (certificate, key) = certificate(folder.path());
        refuses(Path::new("/nowhere.crt"), &key, "listen.tls_certificate /nowhere.crt cannot be used: ");
        refuses(&certificate, Path::new("/nowhere.key"), "listen.tls_key /nowhere.key cannot be used: ");
        refuses(&key, &key, "it has no certificate in PEM");
        permit(&certificate, 0o600);
        refuses(&certificate, &certificate, "listen.tls_key");
        let other = tempfile::tempdir().unwrap();
        let (_, others) = self::certificate(other.path());
        refuses(&certificate, &others, &format!("with the key {}", others.display()));
    }

    #[test]
    fn a_key_that_is_open_to_others_is_refused_and_named() {
        let folder = tempfile::tempdir().unwrap();
        let (certificate, key) = certificate(folder.path());
        permit(&key, 0o640);
        let shown = key.display();
        let says = format!("listen.tls_key {shown} are open to others (mode 640): chmod 600 {shown}");
        refuses(&certificate, &key, &says);
    }

    #[test]
    fn a_new_certificate_comes_into_force_and_a_bad_one_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let (file, key) = certificate(folder.path());
        let tls = Tls::read(&file, &key).unwrap();
        let later = |file: &Path| {
            let opened = fs::File::options().write(true).open(file).unwrap();
            opened.set_modified(SystemTime::now() + std::time::Duration::from_secs(9)).unwrap();
        };
        let first = tls.acceptor();
        assert!(Arc::ptr_eq(first.config(), tls.acceptor().config()));
        certificate(folder.path());
        later(&file);
        let second = tls.acceptor();
        assert!(!Arc::ptr_eq(first.config(), second.config()));
        fs::write(&key, "no key").unwrap();
        later(&key);
        assert!(Arc::ptr_eq(second.config(), tls.acceptor().config()));
    }
}
