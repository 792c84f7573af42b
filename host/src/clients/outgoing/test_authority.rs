//! A private authority and services with its certificates, for tests.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rcgen::{BasicConstraints, Certificate, CertificateParams, IsCa, Issuer, KeyPair};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::aws_lc_rs::default_provider;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::server::danger::ClientCertVerifier;
use tokio_rustls::rustls::server::{NoClientAuth, WebPkiClientVerifier};
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

use super::Tls;

/// A private authority, whose certificate is in a file.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: Certificate,
    folder: tempfile::TempDir,
}

/// A service that answers 204.
pub struct TlsService {
    pub url: String,
    connections: Arc<AtomicUsize>,
}

impl TlsService {
    /// The number of connections that were tried.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }
}

impl Authority {
    pub fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("ca.pem"), certificate.pem()).unwrap();
        Self { issuer: Issuer::new(params, key), certificate, folder }
    }

    /// A client's trust in this authority.
    pub fn trusted(&self) -> Tls {
        Tls::default().trusting(&self.folder.path().join("ca.pem")).unwrap()
    }

    /// A certificate for 127.0.0.1.
    pub fn issue(&self) -> (Certificate, KeyPair) {
        self.issue_for("127.0.0.1", |_| ())
    }

    /// A certificate for this name, with changes.
    pub fn issue_for(&self, name: &str, change: impl FnOnce(&mut CertificateParams)) -> (Certificate, KeyPair) {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new([name.to_owned()]).unwrap();
        change(&mut params);
        (params.signed_by(&key, &self.issuer).unwrap(), key)
    }

    pub fn file(&self, name: &str, text: &str) -> PathBuf {
        let file = self.folder.path().join(name);
        std::fs::write(&file, text).unwrap();
        file
    }

    /// A service with a certificate of this authority, which wants one of its clients, too.
    pub async fn serve_clients(&self) -> TlsService {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.der().clone()).unwrap();
        let provider = Arc::new(default_provider());
        let clients = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
        serve(self.issue(), clients).await
    }

    /// A service with this certificate.
    pub async fn serve(&self, certified: (Certificate, KeyPair)) -> TlsService {
        serve(certified, Arc::new(NoClientAuth)).await
    }
}

async fn serve((certificate, key): (Certificate, KeyPair), clients: Arc<dyn ClientCertVerifier>) -> TlsService {
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()));
    let config = config.with_safe_default_protocol_versions().unwrap().with_client_cert_verifier(clients);
    let config = config.with_single_cert(vec![certificate.der().clone()], key).unwrap();
    let (acceptor, listener) = (TlsAcceptor::from(Arc::new(config)), TcpListener::bind("127.0.0.1:0").await.unwrap());
    let url = format!("https://{}/", listener.local_addr().unwrap());
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = connections.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::Relaxed);
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let _ = stream.read(&mut [0; 4096]).await;
            let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n").await;
        }
    });
    TlsService { url, connections }
}
